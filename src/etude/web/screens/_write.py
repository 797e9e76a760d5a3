"""What the screens of the Write page share: how a piece of work is shown."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask
from etude.web.markdown import markdown
from etude.web.queue.assignment import Nothing
from etude.web.templates import render
from etude.web.writing import checking, handing_in, writings
from etude.web.writing.checking import WHOLE, Told
from etude.web.writing.differences import Piece, transcript, word_diff
from etude.web.writing.drafts import Draft, Turn, read_form, to_messages
from etude.web.writing.work import Work, held, with_start

UNTIMED_S = 300.0
"""Time counted at most between two saves where no script tells how much of it was work."""

SKIPS = (
    "I do not know enough about this",
    "The prompt is unclear or broken",
    "It asks for something that I will not write",
    "It holds private data",
)


def sent(ask: Ask) -> tuple[Work, Draft]:
    """Return the work that a form is about, and the draft in it.

    Raises:
        ConfigError: It is not theirs, was handed in, or is too large.
    """
    draft = read_form(ask.form)
    with ask.db.read() as tx:
        work = held(tx, ask.project, ask.account, ask.form.text("work"))
        ground = with_start(tx, work.ground, work.assignment.id, work.item, draft.started)
    return msgspec.structs.replace(work, ground=ground), draft


def active_s(ask: Ask) -> float:
    """Return the seconds of activity that a form tells of."""
    text = ask.form.text("active_s")
    return float(min(int(text), 86_400)) if text.isdecimal() and len(text) < 7 else UNTIMED_S


def found(ask: Ask, work: Work, draft: Draft) -> tuple[list[Told], str]:
    """Return what the checks find, or why they cannot be run."""
    try:
        return checking.check(work.ground, draft, ask.project.settings), ""
    except ConfigError as error:
        return [], f"The checks of this project cannot be run: {error}"


def by_place(told: list[Told], n_turns: int) -> dict[int, list[Told]]:
    """Return findings by the turn that they stand beside."""
    places: dict[int, list[Told]] = {place: [] for place in range(WHOLE, n_turns)}
    for one in told:
        places.setdefault(one.place, []).append(one)
    return places


def begun(draft: Draft, work: Work) -> Draft:
    """Return a draft with a first turn to write in."""
    if draft.turns:
        return draft
    asked = work.ground.prompt and work.ground.prompt[-1].role in ("user", "tool")
    return msgspec.structs.replace(draft, turns=(Turn(role="assistant" if asked else "user"),))


def page(
    ask: Ask,
    work: Work,
    draft: Draft,
    *,
    status: int = 200,
    wrong: str = "",
    refused: list[Told] | None = None,
) -> Response:
    """Answer with the page of one piece of work; `refused` keeps it from being handed in."""
    draft = begun(draft, work)
    told, broken = found(ask, work, draft)
    with ask.db.read() as tx:
        taken_back = handing_in.to_undo(tx, ask.project, ask.account, ask.now)
        n_back = writings.n_sent_back(tx, ask.project.id, ask.account.id)
    fresh = work.before is None and not any(turn.content or turn.calls for turn in draft.turns)
    return ask.page(
        "write.html",
        status=status,
        wrong=wrong,
        broken=[text for text in (work.broken_tools, broken) if text],
        work=work,
        fresh=fresh,
        refused=refused or [],
        unticked=[] if refused is None else checking.unticked(draft, ask.project.settings),
        unsaved=status == 409,
        models=models_of(ask),
        skips=SKIPS,
        settings=ask.project.settings,
        undo=taken_back,
        n_back=n_back,
        markdown=markdown,
        diffs=diffs(work, draft),
        # Before the first word, all that could be said is that nothing is there.
        **turns_values(work, draft, [] if fresh and not refused else told),
    )


def empty_page(ask: Ask, nothing: Nothing) -> Response:
    """Answer with the page where there is nothing to write."""
    with ask.db.read() as tx:
        taken_back = handing_in.to_undo(tx, ask.project, ask.account, ask.now)
    return ask.page(
        "write_nothing.html",
        nothing=nothing,
        undo=taken_back,
        settings=ask.project.settings,
    )


def turns_values(work: Work, draft: Draft, told: list[Told]) -> dict[str, object]:
    """Return what the template of the turns takes."""
    comments: dict[int, str] = {}
    beside: list[str] = []
    n_prompt = len(work.ground.prompt)
    said = work.review.said() if work.review and work.before else None
    if said is not None:
        for place, text in said.turns.items():
            turn = int(place) - n_prompt if place.isdecimal() else WHOLE
            if 0 <= turn < len(draft.turns):
                comments[turn] = text
            else:
                beside.append(text)
    return {
        "draft": draft,
        "n_prompt": n_prompt,
        "tools": {tool.name: tool for tool in work.ground.tools},
        "names": {call.id: call.name for turn in draft.turns for call in turn.calls},
        "answered": {turn.call_id for turn in draft.turns if turn.role == "tool"},
        "told_at": by_place(told, len(draft.turns)),
        "comments": comments,
        "beside": beside,
        "told_back": said,
    }


def diffs(work: Work, draft: Draft) -> list[tuple[str, list[Piece]]]:
    """Return what was changed: of the model's draft, and of the version before."""
    written = transcript(to_messages(draft.turns))
    shown = []
    if work.ground.begun_from:
        source = work.ground.source or "the model"
        before = transcript(work.ground.begun_from)
        shown.append((f"Changes to the draft of {source}", word_diff(before, written)))
    if work.before is not None and work.before.state in ("sent_back", "withdrawn"):
        made = work.before.demonstration()
        before = transcript(made.messages[len(work.ground.prompt) :])
        title = f"Changes to version {work.before.version}"
        shown.append((title, word_diff(before, written)))
    return shown


def turns_html(work: Work, draft: Draft, told: list[Told]) -> str:
    """Return the turns alone, for scripts."""
    return render("write_turns.html", **turns_values(work, draft, told))


def models_of(ask: Ask) -> list[str]:
    """Return the models that a draft may be sampled from."""
    return [name for name in ask.project.settings.models if name in ask.home.models]
