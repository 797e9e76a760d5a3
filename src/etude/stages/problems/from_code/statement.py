"""Say what a function is to do, from everything but its body and its tests."""

import ast
import re
from collections.abc import Iterator

from etude.rollout.graders.codebase import fenced
from etude.rollout.splicing import body_after_docstring, body_lines
from etude.stages.problems.from_code.excerpt import excerpt, names_used
from etude.stages.problems.from_code.functions import Candidate
from etude.stages.problems.from_code.project import CallSite, Project

MAX_CHARS = 16_000
"""A statement that would be longer is none."""
MAX_SITES = 4
MAX_TEXTS = 16
TEXT_CHARS = 100


class Unclear(Exception):  # noqa: N818  an ordinary answer: many functions say too little
    """No fair statement can be made; the message says why."""


def write_statement(candidate: Candidate, project: Project) -> str:
    """Return what is asked of whoever writes the function.

    Raises:
        Unclear: Nothing says what it does, its code stands elsewhere too, or it would be too long.
    """
    sites = project.call_sites(candidate.file.path, candidate.name)
    if ast.get_docstring(candidate.found.node) is None and not sites:
        raise Unclear("nothing says what it does")
    shown = excerpt(candidate)
    card = project.prepared.codebase
    kind = "method" if candidate.found.parents else "function"
    about = f" ({card.summary.strip().rstrip('.')})" if card.summary.strip() else ""
    parts = [
        f"Write the body of the {kind} `{candidate.name}` in `{candidate.file.path}` of the Python "
        f"project {project.title}{about}. Below is its file"
        + (", or what matters of it," if len(candidate.file.text) > len(shown) + 500 else "")
        + " with `...` in place of the body.",
        fenced(shown.rstrip("\n")),
        *_details(candidate),
        *_usage(project, sites, shown),
        f"The function is put back into the project, which is otherwise unchanged, under Python "
        f"{_version(card.interpreter)}; tests of the project judge it there.",
    ]
    statement = "\n\n".join(parts)
    if len(statement) > MAX_CHARS:
        raise Unclear("its surroundings are too long")
    if _bare(_body(candidate)) in _bare(statement):
        raise Unclear("its code stands elsewhere too")
    return statement


def _version(interpreter: str) -> str:
    return ".".join(interpreter.rpartition("-")[2].split(".")[:2])


def _body(candidate: Candidate) -> str:
    return candidate.file.between(*body_lines(candidate.found.node))


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _details(candidate: Candidate) -> Iterator[str]:
    """Yield what cannot be guessed: messages of errors, texts, and names from elsewhere."""
    body = body_after_docstring(candidate.found.node)
    raised: dict[str, None] = {}
    in_raises: set[ast.AST] = set()
    for node in (n for s in body for n in ast.walk(s)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            in_raises.update(ast.walk(node))
            raised[_short(ast.unparse(node.exc), 240)] = None
    if raised:
        yield "It raises, where something is wrong:\n\n" + _listed(raised)
    texts = dict.fromkeys(
        _short(repr(node.value), TEXT_CHARS)
        for s in body
        for node in ast.walk(s)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, (str, bytes))
        and node not in in_raises
        and len(node.value) > 1
    )
    if texts:
        yield "Texts that the original holds: " + _in_line([*texts][:MAX_TEXTS])
    known = sorted(names_used(candidate.found.node) & _bound_at_top(candidate))
    if known:
        yield "Of the names of its file and class, the original uses: " + _in_line(known)


def _bound_at_top(candidate: Candidate) -> set[str]:
    """Return the names that the file's top and the classes around the function define."""
    found = set()
    bodies = [candidate.file.tree.body, *(c.body for c in candidate.found.parents)]
    for statement in (s for body in bodies for s in body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(statement.name)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found - {candidate.found.node.name}


def _usage(project: Project, sites: list[CallSite], shown: str) -> Iterator[str]:
    """Yield how the project itself calls the function."""
    examples: dict[str, None] = {}
    for site in sites:
        code = _dedent(project.files[site.path].between(site.first_line, site.last_line))
        if _bare(code) in _bare(shown):
            continue
        inside = f", in {site.inside}" if site.inside else ""
        examples[f"# {site.path}{inside}\n{code}"] = None
        if len(examples) >= MAX_SITES:
            break
    if examples:
        yield "The project itself calls it so:\n\n" + fenced("\n\n".join(examples))


def _dedent(code: str) -> str:
    first = code[: len(code) - len(code.lstrip())]
    return "\n".join(line.removeprefix(first).rstrip() for line in code.splitlines())


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _mark(text: str) -> str:
    """Return text as code within a line."""
    runs = [len(run) for run in re.findall(r"`+", text)]
    mark = "`" * (1 + max(runs, default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{mark}{pad}{text}{pad}{mark}"


def _listed(items: dict[str, None]) -> str:
    return "\n".join(f"- {_mark(item)}" for item in items)


def _in_line(items: list[str]) -> str:
    return ", ".join(_mark(item) for item in items) + "."
