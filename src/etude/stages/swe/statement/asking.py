"""Ask for a feature: for what is declared and not written, or not there at all.

What is asked for is told in full, with its signature and its docstring: whoever builds it has to
know what it shall be called. How it is built is not told.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

import msgspec

from etude.records import Codebase
from etude.stages.swe.statement.markdown import block, inline
from etude.stages.swe.statement.names import is_private
from etude.stages.swe.statement.phrases import Detail, Voice, describe, lengthen
from etude.stages.swe.statement.symptom import Symptom

_NAMED = 6
_MAX_DOC_CHARS = 2400
Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A function that shall do something."""

    state: Literal["unwritten", "absent"]
    """Declared, and raising `NotImplementedError`; or not there."""
    name: str
    """Qualified, such as `Session.get`."""
    path: str
    text: str
    """Signature and docstring, as code."""


class Request(NamedTuple):
    """A text, and the part of it that has to name what is asked for."""

    text: str
    given: tuple[str, ...]


def find_wanted(healthy: Mapping[str, str], broken: Mapping[str, str]) -> tuple[Wanted, ...]:
    """Return the functions that the healthy files have and the broken ones lack or only declare.

    Those that are absent count where they are public and have a docstring.
    """
    found = []
    for path in sorted(broken):
        before, after = _functions(healthy.get(path, "")), _functions(broken[path])
        for name, node in before.items():
            now = after.get(name)
            text = _declared(node)
            if now is None:
                public = not any(is_private(part) for part in name.split("."))
                if public and ast.get_docstring(node):
                    found.append(Wanted(state="absent", name=name, path=path, text=text))
            elif _is_unwritten(now) and not _is_unwritten(node):
                found.append(Wanted(state="unwritten", name=name, path=path, text=text))
    return tuple(found)


def requests(
    codebase: Codebase,
    wanted: Sequence[Wanted],
    symptoms: Sequence[tuple[Symptom, Detail]],
    min_words: int,
    voice: Voice,
) -> Iterator[Request]:
    """Yield texts that ask for what is wanted: with an example of each symptom, then with none.

    Args:
        codebase: What the request is made to.
        wanted: What is asked for; all of one state.
        symptoms: What failing tests show, and how much of each to tell, in order of trial.
        min_words: Least length.
        voice: Who asks.
    """
    absent = [w for w in wanted if w.state == "absent"]
    head = (
        _for_absent(codebase, absent, voice) if absent else _for_unwritten(codebase, wanted, voice)
    )
    lead = voice.pick("code", ("For example:", "An example of what it should do:", "Such as:"))
    for symptom, detail in symptoms:
        example = describe(symptom, detail, voice)
        if example and (symptom.code or symptom.expected):
            text = "\n\n".join([head.text, lead, *example])
            yield Request(lengthen(f"{text}\n", min_words, voice, _FILLERS), head.given)
    if not absent or any(_is_about(symptom, absent) for symptom, _ in symptoms):
        yield Request(lengthen(f"{head.text}\n", min_words, voice, _FILLERS), head.given)


def _is_about(symptom: Symptom, absent: Sequence[Wanted]) -> bool:
    """Whether a test failed on what is absent itself, which the request tells all about."""
    return any(f"'{one.name.rpartition('.')[2]}'" in symptom.actual for one in absent)


_FILLERS = (
    "What else calls it should find it working as described.",
    "It should fit in with how the rest of the project does such things.",
    "Nothing of what works today should behave otherwise afterwards.",
    "Please do not change what it is called or which arguments it takes.",
)


def _for_absent(codebase: Codebase, absent: Sequence[Wanted], voice: Voice) -> Request:
    names = _listed([inline(w.name) for w in absent])
    title = voice.pick("title", (f"Add {names}", f"{names} would be useful", f"Please add {names}"))
    parts = [f"# {title}"]
    given = []
    for number, one in enumerate(absent):
        place = inline(module_of(codebase, one.path))
        owner = one.name.rpartition(".")[0]
        where = f"class {inline(owner)} in {place}" if owner else f"module {place}"
        start = (
            f"{codebase.name} {codebase.version} does not have" if not number else "Nor is there"
        )
        name = inline(one.name.rpartition(".")[2])
        parts.append(f"{start} {name}, which I would like to find in {where}:")
        parts.append(block(one.text, "python"))
        given += [where, parts[-1], *_mentions(one.name)]
    parts.append(
        voice.pick(
            "layout",
            (
                "Where the project itself has use for it, it should use it as well.",
                "Whatever in the project depends on such a thing should then work too.",
                "This includes what other parts of the project would do with it.",
            ),
        )
    )
    return Request("\n\n".join(parts), tuple(given))


def _for_unwritten(codebase: Codebase, wanted: Sequence[Wanted], voice: Voice) -> Request:
    owners = {w.name.rpartition(".")[0] for w in wanted}
    owner = owners.pop() if len(owners) == 1 else ""
    many = len(wanted) > 1
    subject = inline(owner if many and owner else wanted[0].name)
    title = voice.pick(
        "title",
        (f"Implement {subject}", f"{subject} is not implemented", f"Please write {subject}"),
    )
    names = [inline(w.name.rpartition(".")[2]) for w in wanted]
    place = module_of(codebase, wanted[0].path)
    where = f"in {inline(place)} of {codebase.name} {codebase.version}"
    if many:
        shown = _listed(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
        what = f"The methods of {subject} {where} are declared, but not written yet: {shown}."
        raises = "All they do is to raise `NotImplementedError`."
    else:
        what = f"{subject} {where} is declared, but not written yet."
        raises = "All it does is to raise `NotImplementedError`."
    documented = any('"""' in w.text or "'''" in w.text for w in wanted)
    what_for = " The docstring says what it is for." if documented and not many else ""
    what_for = " The docstrings say what is due." if documented and many else what_for
    text = f"# {title}\n\n{what} {raises}{what_for}"
    return Request(text, (where, *(m for w in wanted for m in _mentions(w.name))))


def _mentions(name: str) -> tuple[str, ...]:
    return (inline(name), inline(name.rpartition(".")[2]))


def module_of(codebase: Codebase, path: str) -> str:
    """Return the dotted name under which a source file is imported."""
    file = PurePosixPath(path)
    for root in codebase.source_roots:
        above = PurePosixPath(root).parent
        if file.is_relative_to(above):
            file = file.relative_to(above)
            break
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _functions(text: str) -> dict[str, Definition]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return {}
    return dict(_within(tree))


def _within(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Yield the functions that a module and its classes have, those under an `if` as well."""
    pending: list[tuple[ast.AST, tuple[str, ...]]] = [(tree, ())]
    while pending:
        node, names = pending.pop()
        if isinstance(node, Definition):
            yield ".".join((*names, node.name)), node
        elif isinstance(node, ast.Module | ast.ClassDef | ast.If | ast.Try):
            inside = (*names, node.name) if isinstance(node, ast.ClassDef) else names
            pending += [(child, inside) for child in reversed(list(ast.iter_child_nodes(node)))]


def _is_unwritten(node: Definition) -> bool:
    last = node.body[-1]
    if len(node.body) > 1 + (ast.get_docstring(node) is not None):
        return False
    return (
        isinstance(last, ast.Raise)
        and last.exc is not None
        and (ast.unparse(last.exc).partition("(")[0] == "NotImplementedError")
    )


def _declared(node: Definition) -> str:
    """Return the head and the docstring of a function, laid out anew."""
    body: list[ast.stmt] = [ast.Expr(ast.Constant(...))]
    shell = type(node)(**{**{f: getattr(node, f) for f in node._fields}, "body": body})
    head = ast.unparse(ast.fix_missing_locations(shell)).removesuffix("...").rstrip()
    doc = (ast.get_docstring(node) or "")[:_MAX_DOC_CHARS]
    if not doc:
        return f"{head}\n    ..."
    quotes = "'''" if '"""' in doc else '"""'
    lines = "\n".join(f"    {line}".rstrip() for line in doc.split("\n"))
    closing = f"\n    {quotes}" if "\n" in doc else quotes
    prefix = "r" if "\\" in doc else ""
    return f"{head}\n    {prefix}{quotes}{lines.strip()}{closing}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
