"""Reviewing what was written: the list of what waits, and one page for each version."""

from typing import cast, get_args

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.web.asking import Ask, Screen
from etude.web.database import Transaction
from etude.web.markdown import markdown
from etude.web.queue.turn import in_turn
from etude.web.writing import drafts, reviewing, writings
from etude.web.writing.differences import Piece, transcript, word_diff
from etude.web.writing.reviewing import Decision, Shelf
from etude.web.writing.writings import Comments, Review, Verdict, Writing

_PATH = "/projects/{project}/review"
_SHELVES: tuple[Shelf, ...] = get_args(Shelf)
_MISSING = "there is no such page"


def _list(ask: Ask) -> Response:
    shelf = cast("Shelf", ask.form.text("shelf", "waiting"))
    if shelf not in _SHELVES:
        return ask.refuse(404, _MISSING)
    with ask.db.read() as tx:
        lines = reviewing.listed(tx, ask.project.id, ask.account.id, shelf)
        counts = reviewing.counts(tx, ask.project.id)
    return ask.page("review_list.html", shelf=shelf, lines=lines, counts=counts)


class _Version(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history of a piece of work."""

    writing: Writing
    review: Review | None
    by: str
    """Whoever made it: the writer, or the reviewer who corrected it."""


def _show(ask: Ask) -> Response:
    with ask.db.read() as tx:
        writing = writings.by_id(tx, ask.project.id, ask.part("writing"))
    return _page(ask, writing)


def _page(ask: Ask, writing: Writing | None, *, status: int = 200, wrong: str = "") -> Response:
    if writing is None:
        return ask.refuse(404, _MISSING)
    if writing.account_id == ask.account.id:
        return ask.refuse(403, "you wrote this: someone else reviews it")
    with ask.db.read() as tx:
        versions = writings.versions(tx, writing.assignment_id)
        reviews = writings.reviews_of(tx, writing.assignment_id)
        waiting = reviewing.counts(tx, ask.project.id)["waiting"]
        can_give_up = reviewing.can_give_up(tx, writing)
    made = writing.demonstration()
    review = reviews.get(writing.id)
    history = [
        _Version(
            writing=one,
            review=reviews.get(one.id),
            by=one.demonstration().tags.get("corrected_by", one.writer),
        )
        for one in versions
    ]
    return ask.page(
        "review.html",
        status=status,
        wrong=wrong,
        writing=writing,
        made=made,
        n_prompt=len(made.messages) - reviewing.n_written(made),
        asks_back=[int(t) for t in made.tags.get("clarifications", "").split(",") if t.isdecimal()],
        names={call.id: call.name for message in made.messages for call in message.calls},
        review=review,
        told_back=review.said() if review else None,
        history=history,
        diffs=_diffs(made, versions, writing),
        markdown=markdown,
        waiting=waiting,
        can_give_up=can_give_up,
        sent=ask.form,
    )


def _diffs(
    made: Demonstration, versions: list[Writing], writing: Writing
) -> list[tuple[str, list[Piece]]]:
    n_prompt = len(made.messages) - reviewing.n_written(made)
    written = transcript(made.messages[n_prompt:])
    shown = []
    if made.draft:
        source = made.tags.get("draft_source", "") or "the model"
        title = f"Changes to the draft of {source}"
        shown.append((title, word_diff(transcript(made.draft), written)))
    before = [one for one in versions if one.version < writing.version]
    if before:
        last = before[-1].demonstration()
        n_before = len(last.messages) - reviewing.n_written(last)
        title = f"Changes to version {before[-1].version}"
        shown.append((title, word_diff(transcript(last.messages[n_before:]), written)))
    return shown


def _decide(ask: Ask) -> Response:
    with ask.db.read() as tx:
        writing = writings.by_id(tx, ask.project.id, ask.part("writing"))
    if writing is None:
        return ask.refuse(404, _MISSING)
    if writing.account_id == ask.account.id:
        return ask.refuse(403, "you wrote this: someone else reviews it")
    try:
        decision = _decision(ask, writing.demonstration())

        def decide(tx: Transaction) -> str:
            reviewing.decide(tx, ask.project, ask.account, writing, decision, ask.now)
            return reviewing.next_waiting(tx, ask.project.id, ask.account.id)

        following = in_turn(ask.db, decide)
    except ConfigError as error:
        with ask.db.read() as tx:
            fresh = writings.by_id(tx, ask.project.id, writing.id)
        return _page(ask, fresh, status=422, wrong=str(error))
    done = {"accepted": "Accepted.", "sent_back": "Sent back.", "rejected": "Rejected."}
    where = f"/projects/{ask.project.id}/review"
    said = done[decision.verdict]
    if not following:
        return ask.go(where, f"{said} Nothing else waits for you.")
    return ask.go(f"{where}/{following}", f"{said} This is the next one.")


def _decision(ask: Ask, made: Demonstration) -> Decision:
    verdict = ask.form.text("verdict")
    if verdict not in get_args(Verdict):
        raise ConfigError("choose: accept, send back or reject")
    places = range(len(made.messages))
    comments = Comments(
        general=drafts.clean(ask.form.text("general")).strip(),
        turns={
            str(place): text
            for place in places
            if (text := drafts.clean(ask.form.text(f"comment-{place}")).strip())
        },
    )
    corrected = {
        place: drafts.clean(ask.form.text(f"text-{place}"))
        for place in places
        if f"text-{place}" in ask.form.fields
    }
    if verdict != "accepted" and _differs(made, corrected):
        raise ConfigError(
            "your corrections are kept only when you accept; write them as comments to send back"
        )
    return Decision(verdict=cast("Verdict", verdict), comments=comments, corrected=corrected)


def _differs(made: Demonstration, texts: dict[int, str]) -> bool:
    return any(
        text.strip() != made.messages[place].content.strip() for place, text in texts.items()
    )


def _give_up(ask: Ask) -> Response:
    with ask.db.read() as tx:
        writing = writings.by_id(tx, ask.project.id, ask.part("writing"))
    if writing is None:
        return ask.refuse(404, _MISSING)
    in_turn(ask.db, lambda tx: reviewing.give_up_on(tx, ask.project, ask.account, writing, ask.now))
    return ask.go(f"/projects/{ask.project.id}/review", "The item goes to someone else.")


SCREENS = (
    Screen(path=_PATH, answer=_list, needs=("lead", "reviewer")),
    Screen(path=f"{_PATH}/{{writing}}", answer=_show, needs=("lead", "reviewer")),
    Screen(
        path=f"{_PATH}/{{writing}}",
        answer=_decide,
        needs=("lead", "reviewer"),
        method="POST",
        max_body=drafts.MAX_BODY,
    ),
    Screen(path=f"{_PATH}/{{writing}}/give-up", answer=_give_up, needs=("lead",), method="POST"),
)
