"""Examples: good and bad ones beside the guidelines, each with why."""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction, new_id
from etude.web.people import audit

MAX_EXAMPLES = 100


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example."""

    id: str
    good: bool
    title: str
    text: str
    """Markdown."""
    why: str
    """Markdown."""


class NewExample(msgspec.Struct, frozen=True, kw_only=True):
    """What an example is to say."""

    good: bool
    title: str
    text: str
    why: str = ""


def of_project(tx: Transaction, project_id: str) -> list[Example]:
    """Return the examples of a project, in order."""
    return tx.all(
        Example,
        "SELECT id, good, title, text, why FROM examples WHERE project_id = :project"
        " ORDER BY place, id",
        project=project_id,
    )


def _fit(new: NewExample) -> NewExample:
    title = new.title.strip()[:200]
    if not title or not new.text.strip():
        raise ConfigError("an example needs a title and a text")
    return NewExample(good=new.good, title=title, text=new.text[:50_000], why=new.why[:10_000])


def add(tx: Transaction, project_id: str, new: NewExample, *, by: str, now: float) -> str:
    """Add an example after the others; return its id.

    Raises:
        ConfigError: It has no title or no text, or there are too many.
    """
    fit = _fit(new)
    n = int(tx.number("SELECT COUNT(*) FROM examples WHERE project_id = :p", p=project_id))
    if n >= MAX_EXAMPLES:
        raise ConfigError(f"there are {n} examples already; nobody reads more")
    last = tx.number("SELECT MAX(place) FROM examples WHERE project_id = :p", p=project_id)
    example_id = new_id()
    tx.run(
        "INSERT INTO examples (id, project_id, place, good, title, text, why)"
        " VALUES (:id, :project, :place, :good, :title, :text, :why)",
        id=example_id,
        project=project_id,
        place=int(last) + 1,
        good=int(fit.good),
        title=fit.title,
        text=fit.text,
        why=fit.why,
    )
    _note(tx, "example.add", project_id, fit.title, by, now)
    return example_id


def change(
    tx: Transaction, project_id: str, example_id: str, new: NewExample, *, by: str, now: float
) -> bool:
    """Change an example; `False` where the project has no such one.

    Raises:
        ConfigError: It has no title or no text.
    """
    fit = _fit(new)
    found = tx.run(
        "UPDATE examples SET good = :good, title = :title, text = :text, why = :why"
        " WHERE id = :id AND project_id = :project",
        id=example_id,
        project=project_id,
        good=int(fit.good),
        title=fit.title,
        text=fit.text,
        why=fit.why,
    )
    if found:
        _note(tx, "example.change", project_id, fit.title, by, now)
    return bool(found)


def remove(tx: Transaction, project_id: str, example_id: str, *, by: str, now: float) -> bool:
    """Remove an example; `False` where the project has no such one."""
    titles = tx.texts(
        "SELECT title FROM examples WHERE id = :id AND project_id = :project",
        id=example_id,
        project=project_id,
    )
    if titles:
        tx.run("DELETE FROM examples WHERE id = :id", id=example_id)
        _note(tx, "example.remove", project_id, titles[0], by, now)
    return bool(titles)


def move_up(tx: Transaction, project_id: str, example_id: str) -> bool:
    """Put an example before the one it follows; `False` where the project has no such one."""
    ids = [example.id for example in of_project(tx, project_id)]
    if example_id not in ids:
        return False
    at = ids.index(example_id)
    ids.insert(max(0, at - 1), ids.pop(at))
    for place, each in enumerate(ids, 1):
        tx.run("UPDATE examples SET place = :place WHERE id = :id", place=place, id=each)
    return True


def _note(tx: Transaction, action: str, project_id: str, title: str, by: str, now: float) -> None:
    audit.note(tx, action, now=now, account_id=by, project_id=project_id, subject=title)
