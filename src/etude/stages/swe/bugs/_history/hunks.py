"""Hunks: the stretches in which an older source differs, found again in the healthy tree.

A change between two old versions is taken back in today's tree, as reverting a commit does: a hunk
whose lines, with one more on either side, stand there unchanged can be taken back; others cannot.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import PurePosixPath

import msgspec

from etude.records import TextFile
from etude.stages.swe.bugs._definitions import definitions, parse

Tree = Mapping[str, str]
"""Text of files by path."""
_ALIKE = 0.6
"""Share of a file's lines that a renamed one still has."""
_MAX_LINES = 20_000
_MAX_PAIRS = 4_000_000


class Hunk(msgspec.Struct, frozen=True, array_like=True):
    """Lines of a healthy file, and what stood there before."""

    path: str
    start: int
    """First line of the healthy file that is replaced, counted from 0."""
    end: int
    """Line behind the last; equal to `start` where lines were taken away since."""
    old: tuple[str, ...]
    """Lines that stood there, without line ends."""

    @property
    def n_lines(self) -> int:
        """Lines taken out and put in."""
        return self.end - self.start + len(self.old)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What people changed at one time, as far as it can be taken back in the healthy tree."""

    label: str
    """Which change it was, such as `4.2.1 -> 4.2.2`."""
    hunks: tuple[Hunk, ...]
    added: tuple[str, ...] = ()
    """Healthy files that were not there before."""
    n_lost: int = 0
    """Hunks that cannot be taken back because later changes lie over them."""
    entries: tuple[str, ...] = ()
    """What was written about it, each point by itself."""
    beside: tuple[TextFile, ...] = ()
    """Changelogs of the healthy tree without what was written about it."""


def change_between(old: Tree, new: Tree, healthy: Tree, label: str) -> Change:
    """Return what led from `old` to `new`, where the healthy files still have it.

    Files are matched by path, then by the end of their path, then by what they hold. A file that
    `new` added stays as it is, and one that `new` took away stays away.
    """
    from_old, from_new = _partners(healthy, old), _partners(healthy, new)
    found: list[Hunk] = []
    n_lost = 0
    for path in sorted(healthy):
        if path not in from_old or path not in from_new:
            continue
        before, after = from_old[path].split("\n"), from_new[path].split("\n")
        today = healthy[path].split("\n")
        if before == after or max(len(before), len(after), len(today)) > _MAX_LINES:
            continue
        hunks, n_missing = _mapped(path, before, after, today)
        found += hunks
        n_lost += n_missing
    added = [path for path in sorted(healthy) if path in from_new and path not in from_old]
    return Change(label=label, hunks=tuple(found), added=tuple(added), n_lost=n_lost)


def _mapped(
    path: str, before: Sequence[str], after: Sequence[str], today: Sequence[str]
) -> tuple[list[Hunk], int]:
    """Return the hunks of one file where they lie today, and how many are lost.

    Where one hunk of a function is lost, its others are no use: half of what was done there would
    be taken back, which nobody ever wrote.
    """
    at = _positions(after, today)
    tree = parse("\n".join(after))
    inside = scopes(tree) if tree else []
    mapped: list[tuple[str, Hunk | None]] = []
    for tag, i, j, k, m in _matcher(before, after).get_opcodes():
        if tag != "equal":
            scope = scope_of(Hunk(path, k, m, ()), inside)
            start = _start(at, k, m)
            hunk = None if start is None else Hunk(path, start, start + m - k, tuple(before[i:j]))
            mapped.append((scope.name if scope else "", hunk))
    torn = {name for name, hunk in mapped if hunk is None and name}
    found = [hunk for name, hunk in mapped if hunk is not None and name not in torn]
    return found, len(mapped) - len(found)


def _matcher(before: Sequence[str], after: Sequence[str]) -> SequenceMatcher[str]:
    """Compare lines closely, unless so many are the same that it would take for ever."""
    n_before, n_after = Counter(before), Counter(after)
    n_pairs = sum(n * n_after[line] for line, n in n_before.items())
    return SequenceMatcher(None, before, after, autojunk=n_pairs > _MAX_PAIRS)


def _positions(lines: Sequence[str], today: Sequence[str]) -> list[int | None]:
    """Return where each line stands today; `None` where it does not."""
    if lines == today:
        return list(range(len(lines)))
    at: list[int | None] = [None] * len(lines)
    for block in _matcher(lines, today).get_matching_blocks():
        for offset in range(block.size):
            at[block.a + offset] = block.b + offset
    return at


def _start(at: Sequence[int | None], first: int, end: int) -> int | None:
    """Return where lines `first` to `end` and one more on either side stand today, unbroken."""
    low = max(first - 1, 0)
    places = at[low : end + 1]
    if not places or places[0] is None:
        return None
    if any(place != places[0] + offset for offset, place in enumerate(places)):
        return None
    return places[0] + first - low


def _partners(healthy: Tree, other: Tree) -> dict[str, str]:
    """Return for each healthy path the text of the file that it was in another tree."""
    found = {path: other[path] for path in healthy if path in other}
    free = {path: text for path, text in sorted(other.items()) if path not in healthy}
    for path in sorted(set(healthy) - set(found)):
        partner = _same_end(path, free) or _alike(healthy[path], path, free)
        if partner:
            found[path] = free.pop(partner)
    return found


def _same_end(path: str, free: Iterable[str]) -> str:
    """Return the one path that ends as this one does: package and module, or all below `src`."""
    parts = PurePosixPath(path).parts
    fits = [p for p in free if _n_same(PurePosixPath(p).parts, parts) >= min(2, len(parts))]
    return fits[0] if len(fits) == 1 else ""


def _n_same(left: Sequence[str], right: Sequence[str]) -> int:
    n = 0
    while n < min(len(left), len(right)) and left[-1 - n] == right[-1 - n]:
        n += 1
    return n


def _alike(text: str, path: str, free: Tree) -> str:
    """Return the file that holds most of the same lines under another name."""
    lines = {line for line in text.split("\n") if line.strip()}
    best, best_share = "", _ALIKE
    for name, other in free.items():
        if PurePosixPath(name).suffix != PurePosixPath(path).suffix:
            continue
        others = {line for line in other.split("\n") if line.strip()}
        share = len(lines & others) / max(1, len(lines), len(others))
        if share > best_share:
            best, best_share = name, share
    return best


def take_back(healthy: Tree, hunks: Iterable[Hunk]) -> dict[str, str]:
    """Return the files in which the hunks lie, with them taken back."""
    by_path: dict[str, list[Hunk]] = {}
    for hunk in hunks:
        by_path.setdefault(hunk.path, []).append(hunk)
    texts = {}
    for path, inside in by_path.items():
        lines = healthy[path].split("\n")
        for hunk in sorted(inside, key=lambda h: (h.start, h.end), reverse=True):
            lines[hunk.start : hunk.end] = hunk.old
        texts[path] = "\n".join(lines)
    return texts


def without_documentation(tree: ast.Module) -> str:
    """Return what a module does, whatever its comments and docstrings say; empty when too deep."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and _is_docstring(body[:1]):
            body[:1] = [ast.Pass()]
    try:
        return ast.dump(tree)
    except RecursionError:
        return ""


def _is_docstring(first: Sequence[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for node in first
    )


def cosmetic(healthy: Tree, hunks: Sequence[Hunk]) -> set[int]:
    """Return the numbers of the hunks that change only comments, docstrings or layout."""
    found, bare = set[int](), dict[str, str]()
    for number, hunk in enumerate(hunks):
        lines = [*healthy[hunk.path].split("\n")[hunk.start : hunk.end], *hunk.old]
        if all(not line.strip() or line.lstrip().startswith("#") for line in lines):
            found.add(number)
            continue
        if hunk.path not in bare:
            bare[hunk.path] = without_documentation(ast.parse(healthy[hunk.path]))
        tree = parse(take_back(healthy, [hunk])[hunk.path])
        if tree is not None and bare[hunk.path] == without_documentation(tree) != "":
            found.add(number)
    return found


class Scope(msgspec.Struct, frozen=True):
    """A function or class, and its lines counted from 0."""

    name: str
    first: int
    end: int
    is_function: bool


def scopes(tree: ast.Module) -> list[Scope]:
    """Return the functions and classes of a module, outer ones first."""
    found = []
    for name, node in definitions(tree):
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
        is_function = not isinstance(node, ast.ClassDef)
        found.append(Scope(name, first, node.end_lineno or node.lineno, is_function))
    return sorted(found, key=lambda scope: (scope.first, -scope.end))


def scope_of(hunk: Hunk, inside: Collection[Scope], *, functions: bool = True) -> Scope | None:
    """Return the innermost function, or any scope, that holds a hunk whole."""
    fits = [
        scope
        for scope in inside
        if (scope.is_function or not functions)
        and scope.first <= hunk.start
        and max(hunk.end, hunk.start + 1) <= scope.end
    ]
    return fits[-1] if fits else None
