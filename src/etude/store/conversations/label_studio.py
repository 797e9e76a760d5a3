"""Label Studio: tasks with annotations; pairwise and ranked answers, texts, scores and spans."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import ClassVar

from etude.records import Candidate, Comparison, Demonstration, Message, Origin, Rating, Span
from etude.store._chat import UnfitError, Wire, as_wire, read_messages
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row
from etude.store.conversations._votes import answer_names, assistant, compared, groups

_TIES = ("tie", "equal", "both good", "both_good")
_BAD = ("both bad", "both_bad", "neither")


class LabelStudioLayout(Layout, frozen=True, kw_only=True):
    """Reads the JSON export. Every annotation stays a rating, or a demonstration, of its own."""

    fields: ClassVar[tuple[str, ...]] = ("data", "annotations")
    prompt: str = "prompt"
    """Name in `data` of what was asked, as text or as a chat."""
    answers: tuple[str, ...] = ()
    """Names in `data` of the answers, the left one first; empty means those called `answer1`,
    `text2` and the like. The items of a ranker are found under `items`."""

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return what a task holds: a comparison and its ratings, or demonstrations."""
        data = as_wire(row.fields.get("data"))
        prompt = _chat(data.get(self.prompt), "user", self.prompt)
        annotations = [a for a in _list(row.fields.get("annotations")) if isinstance(a, dict)]
        names, shown = self._shown(data)
        if len(shown) < 2:
            return [*_demonstrations(row, origin, prompt, annotations)]
        comparison, places = compared(prompt, shown, origin)
        by_name = dict(zip(names, places, strict=True))
        ratings = [
            _rating(f"{comparison.id}-{row.id}-{number}", comparison, by_name, annotation)
            for number, annotation in enumerate(annotations, start=1)
        ]
        return [comparison, *ratings]

    def _shown(self, data: Wire) -> tuple[list[str], list[Candidate]]:
        items = data.get("items")
        if isinstance(items, list):
            tables = [as_wire(item) for item in items]
            names = [str(table.get("id")) for table in tables]
            bodies = [table.get("body", table.get("text")) for table in tables]
            sources = [str(table.get("source") or "") for table in tables]
        else:
            names = list(self.answers) or answer_names(list(data))
            bodies = [data.get(name) for name in names]
            sources = [str(data.get(f"{name}_source") or "") for name in names]
        if len(set(names)) < len(names):
            raise UnfitError("two answers have the same id")
        return names, [
            Candidate(messages=_chat(body, "assistant", name), source=source)
            for name, body, source in zip(names, bodies, sources, strict=True)
        ]


def _rating(
    id_: str, comparison: Comparison, places: Mapping[str, int], annotation: Wire
) -> Rating:
    results = [r for r in _list(annotation.get("result")) if isinstance(r, dict)]
    ranking: tuple[tuple[int, ...], ...] = ()
    bad = False
    if not annotation.get("was_cancelled"):
        for result in results:
            found, is_bad = _verdict(result, places)
            ranking, bad = ranking or found, bad or is_bad
    seconds = annotation.get("lead_time")
    return Rating(
        id=id_,
        comparison_id=comparison.id,
        rater=_who(annotation),
        order=tuple(places.values()),
        # Whoever prefers one of two bad answers has still told which one.
        verdict="ranked" if ranking else "both_bad" if bad else "cannot_judge",
        ranking=ranking,
        scores=_scores(results, places),
        spans=tuple(_spans(results, places, comparison)),
        rationale="\n".join(_texts(results)),
        purpose="gold" if annotation.get("ground_truth") is True else "work",
        created=str(annotation.get("created_at") or ""),
        duration_s=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )


def _verdict(result: Wire, places: Mapping[str, int]) -> tuple[tuple[tuple[int, ...], ...], bool]:
    value = result.get("value")
    table = value if isinstance(value, dict) else {}
    names = list(places)
    if result.get("type") == "pairwise":
        left, right = places[names[0]], places[names[1]]
        sides = {"left": ((left,), (right,)), "right": ((right,), (left,))}
        return sides.get(str(table.get("selected")), ()), False
    if result.get("type") == "ranker":
        return _ranked(table.get("ranker"), places), False
    said = {str(choice).lower() for choice in _list(table.get("choices"))}
    if said & set(_TIES):
        return (tuple(sorted(places.values())),), False
    return (), bool(said & set(_BAD))


def _ranked(value: object, places: Mapping[str, int]) -> tuple[tuple[int, ...], ...]:
    """Return the order of a ranker: one list, or the first of its buckets."""
    listed = next(iter(value.values()), None) if isinstance(value, dict) else value
    names = [str(name) for name in _list(listed)]
    if set(names) != set(places) or len(names) != len(places):
        return ()
    return groups({places[name]: float(rank) for rank, name in enumerate(names)})


def _scores(results: list[Wire], places: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for result in results:
        value, name = result.get("value"), str(result.get("to_name"))
        rating = value.get("rating") if isinstance(value, dict) else None
        if name in places and isinstance(rating, int):
            criterion = str(result.get("from_name")).removesuffix(name).rstrip("_-")
            found[criterion][places[name]] = rating
    return {
        criterion: tuple(given[place] for place in sorted(given))
        for criterion, given in found.items()
        if len(given) == len(places)
    }


def _spans(
    results: list[Wire], places: Mapping[str, int], comparison: Comparison
) -> Iterator[Span]:
    for result in results:
        value, name = result.get("value"), str(result.get("to_name"))
        table = value if isinstance(value, dict) else {}
        start, end = table.get("start"), table.get("end")
        if name not in places or not isinstance(start, int) or not isinstance(end, int):
            continue
        answer = comparison.candidates[places[name]]
        if 0 <= start <= end <= sum(len(message.content) for message in answer.messages):
            for label in _list(table.get("labels")):
                yield Span(candidate=places[name], start=start, end=end, label=str(label))


def _demonstrations(
    row: Row, origin: Origin, prompt: tuple[Message, ...], annotations: list[Wire]
) -> list[Demonstration]:
    written = []
    for annotation in annotations:
        results = [r for r in _list(annotation.get("result")) if isinstance(r, dict)]
        text = "\n".join(_texts(results))
        if text.strip() and not annotation.get("was_cancelled"):
            written.append((annotation, text))
    if not written:
        raise UnfitError("fewer than two answers, and nobody wrote one")
    return [
        Demonstration(
            id=f"{row.id}-{number}" if len(written) > 1 else row.id,
            origin=origin,
            messages=(*prompt, *assistant(text)),
            writer=_who(annotation),
        )
        for number, (annotation, text) in enumerate(written, start=1)
    ]


def _texts(results: list[Wire]) -> list[str]:
    texts: list[str] = []
    for result in results:
        value = result.get("value")
        if result.get("type") == "textarea" and isinstance(value, dict):
            said = value.get("text")
            texts += [str(one) for one in (said if isinstance(said, list) else [said]) if one]
    return texts


def _who(annotation: Wire) -> str:
    """Return a pseudonym: the number of whoever annotated, never an address."""
    by = annotation.get("completed_by")
    who = by.get("id") if isinstance(by, dict) else by
    return str(who) if isinstance(who, int | str) and str(who) else "unknown"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _chat(value: object, role: str, what: str) -> tuple[Message, ...]:
    if isinstance(value, str):
        if not value.strip():
            raise UnfitError(f"{what} is empty")
        return (Message(role="user", content=value),) if role == "user" else assistant(value)
    return read_messages(value, what)
