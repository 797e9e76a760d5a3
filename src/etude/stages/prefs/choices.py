"""Choice: one answer chosen over another, as single ratings or aggregated preferences have it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from etude.errors import ConfigError, RecordError
from etude.records import Comparison, Message, Preference, Rating
from etude.stages.prefs.habits import AGREES
from etude.store import Dataset

SHOWN_FIRST = "shown_first"
"""Tag of a preference that says which answer its rater saw first: `chosen` or `rejected`."""
WEIGHT = "weight"
"""Tag of a preference that says how much it counts; 1 where there is none."""
_SIDES = {"chosen": 1, "rejected": -1}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer chosen over another."""

    id: str
    group: str
    """Choices of one group are not independent: the fact of a probe, else the comparison that was
    rated, else the prompt."""
    prompt: str
    chosen: str
    rejected: str
    first: int = 0
    """1 when the chosen answer was shown first, -1 when the other was, 0 when nobody knows."""
    agrees: int = 0
    """1 when the chosen answer is tagged as agreeing with the user, -1 when the other is."""
    weight: float = 1.0
    chosen_source: str = ""
    rejected_source: str = ""
    rater: str = ""
    """Pseudonym; empty when several ratings were put together."""


class ChoiceSet(NamedTuple):
    """The choices of a data set, and what gave none."""

    choices: list[Choice]
    n_ties: int
    """Pairs of answers that were called equally good."""
    n_without_verdict: int
    """Ratings that ranked nothing."""


def read_choices(
    dataset: Dataset, table: Literal["auto", "preferences", "ratings"] = "auto"
) -> ChoiceSet:
    """Return the choices of a data set.

    Args:
        dataset: Holds preferences, or comparisons with ratings.
        table: Where from; `auto` takes preferences where they are the main table or no ratings
            are there, since only ratings know what was shown first.

    Raises:
        ConfigError: It holds neither.
        RecordError: It is damaged, or a rating does not fit its comparison.
    """
    there = dataset.tables()
    rated = "ratings" in there and "comparisons" in there
    if table == "auto":
        aggregated = dataset.manifest.main_table == "preferences" or not rated
        table = "preferences" if aggregated and "preferences" in there else "ratings"
    if table == "preferences" and "preferences" in there:
        return ChoiceSet([choice_of(row) for row in dataset.rows("preferences", Preference)], 0, 0)
    if table == "ratings" and rated:
        comparisons = {row.id: row for row in dataset.rows("comparisons", Comparison)}
        return choices_of_ratings(comparisons, dataset.rows("ratings", Rating))
    wanted = "preferences" if table == "preferences" else "comparisons with ratings"
    raise ConfigError(f"{dataset.path}: holds no {wanted} (it has: {', '.join(there) or 'none'})")


def choice_of(preference: Preference) -> Choice:
    """Return what a preference says of its two answers.

    Raises:
        RecordError: Its `weight` tag is no number from 0 on.
    """
    prompt = text_of(preference.prompt)
    return Choice(
        id=preference.id,
        group=preference.tags.get("fact") or prompt,
        prompt=prompt,
        chosen=text_of(preference.chosen),
        rejected=text_of(preference.rejected),
        first=_SIDES.get(preference.tags.get(SHOWN_FIRST, ""), 0),
        agrees=_SIDES.get(preference.tags.get(AGREES, ""), 0),
        weight=_weight(preference),
        chosen_source=preference.chosen_source,
        rejected_source=preference.rejected_source,
    )


def choices_of_ratings(
    comparisons: Mapping[str, Comparison], ratings: Iterator[Rating]
) -> ChoiceSet:
    """Return every two answers of which a rater ranked one above the other.

    Repeats are no new choices, and adjudications were made in knowledge of the others: both are
    left out.

    Raises:
        RecordError: A rating is of no known comparison, or ranks answers that it lacks.
    """
    choices: list[Choice] = []
    n_ties = n_without_verdict = 0
    for rating in ratings:
        comparison = comparisons.get(rating.comparison_id)
        if comparison is None:
            raise RecordError(f"rating {rating.id}: no comparison {rating.comparison_id!r}")
        if rating.purpose in ("repeat", "adjudication"):
            continue
        if rating.verdict != "ranked":
            n_without_verdict += 1
            continue
        _check(rating, len(comparison.candidates))
        choices += _choices_of(rating, comparison)
        n_ties += sum(len(group) * (len(group) - 1) // 2 for group in rating.ranking)
    return ChoiceSet(choices, n_ties, n_without_verdict)


def text_of(messages: Sequence[Message]) -> str:
    """Return what messages say, without who says it."""
    return "\n\n".join(message.content for message in messages)


def _choices_of(rating: Rating, comparison: Comparison) -> Iterator[Choice]:
    prompt = text_of(comparison.prompt)
    texts = [text_of(candidate.messages) for candidate in comparison.candidates]
    for place, group in enumerate(rating.ranking):
        worse = [one for later in rating.ranking[place + 1 :] for one in later]
        for better in group:
            for other in worse:
                yield Choice(
                    id=f"{rating.id}/{better}-{other}",
                    group=comparison.tags.get("fact") or comparison.id,
                    prompt=prompt,
                    chosen=texts[better],
                    rejected=texts[other],
                    first=_first(rating, better, other),
                    agrees=_agrees(comparison, better, other),
                    chosen_source=comparison.candidates[better].source,
                    rejected_source=comparison.candidates[other].source,
                    rater=rating.rater,
                )


def _first(rating: Rating, better: int, other: int) -> int:
    if better not in rating.order or other not in rating.order:
        return 0
    return 1 if rating.order.index(better) < rating.order.index(other) else -1


def _agrees(comparison: Comparison, better: int, other: int) -> int:
    named = {place.strip() for place in comparison.tags.get(AGREES, "").split(",")}
    return int(str(better) in named) - int(str(other) in named)


def _check(rating: Rating, n: int) -> None:
    ranked = [one for group in rating.ranking for one in group]
    if len(set(ranked)) != len(ranked) or not set(ranked) <= set(range(n)):
        raise RecordError(f"rating {rating.id}: ranks {ranked}, but its comparison has {n} answers")


def _weight(preference: Preference) -> float:
    text = preference.tags.get(WEIGHT, "1")
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0.0 <= weight < float("inf"):
        raise RecordError(f"preference {preference.id}: its weight {text!r} is no number from 0 on")
    return weight
