"""What the workers of the grader `reasoning_gym` run: the package's own scorers and generators.

The package is imported here only, which takes seconds and warns. Some of its scorers hand what was
answered to `eval`, others to a parser that does; here the first read literals, and the others get
nothing but formulas.
"""

import ast
import cmath
import importlib
import math
import operator
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from random import Random
from typing import Any

import msgspec
from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import CURRICULA, DATASETS, create_curriculum, create_dataset

from etude.errors import GradeError, TaskError, blame

SEED = 1
SIZE = 500
TOP_LEVEL = 5
WITHOUT = {"composite"}
"""Registered, but no data set of its own: it mixes others."""
RIGHT_KEYS = ("example_answer", "possible_answer", "example_correct_answer")
"""Where an entry without an answer may hold one that is right."""
MAX_ANSWER_CHARS = 30_000
"""Of the answer to a problem that is made; who answers must fit it into the end of a response."""

_READ_AS_LITERALS = (
    "algorithmic.string_insertion", "algorithmic.spiral_matrix", "algorithmic.binary_matrix",
    "algorithmic.number_sorting", "games.n_queens",
)  # fmt: skip
"""Modules that evaluate an answer where a literal is meant."""
_COMPUTED = ("arithmetic.bitwise_arithmetic",)
"""Modules that evaluate the problem, which is arithmetic on integers."""
_FORMULAS = {
    "simple_integration", "intermediate_integration", "polynomial_multiplication", "countdown",
    "puzzle24",
}  # fmt: skip
"""Data sets whose scorers give the answer to a parser that runs it as Python."""
_NAMES = {
    "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "asinh", "acosh", "atanh", "exp", "log", "ln", "sqrt", "pi", "Abs", "erf", "Si", "Ci", "Ei",
    "Li", "li",
}  # fmt: skip
_NAME = re.compile(r"[^\W\d]\w*+")
_FORMULA = re.compile(r"(?:[\w\s+\-*/^(),|]|(?<=\d)\.(?=\d)|(?<!\w)\.(?=\d)|(?<=\d)\.(?!\w))*+")
_OPERATORS: dict[type[ast.AST], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """An answer to be scored, in several readings."""

    data: str
    """As `Reference.data` holds it."""
    answers: list[str]


class Scored(msgspec.Struct):
    """What the scorer made of an answer."""

    score: float = 0.0
    note: str = ""
    fault: str = ""
    """Why there is no score; empty when there is one."""


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """A problem to be made. Without a name, the names of all data sets are what is asked for."""

    dataset: str = ""
    level: int = 1
    seed: str = ""


class Made(msgspec.Struct):
    """A problem of one of the data sets."""

    question: str = ""
    answer: str = ""
    right: str = ""
    """Some right answer, where there is none that counts as the answer."""
    data: str = ""
    fault: str = ""


class Listed(msgspec.Struct):
    """One data set."""

    name: str
    topic: str
    levels: int


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """What `Reference.data` holds."""

    dataset: str
    entry: str
    """The entry as a Python literal: scorers tell tuples from lists, and keys may be numbers."""
    level: int = 1


def score(payload: bytes) -> bytes:
    """Score an `Asked`; give a `Scored`. Both are JSON."""
    asked = msgspec.json.decode(payload, type=Asked)
    try:
        dataset, entry, name = _read_entry(asked.data)
    except GradeError as error:
        return msgspec.json.encode(Scored(fault=str(error)))
    return msgspec.json.encode(
        max(
            (_score(dataset, entry, name, a) for a in asked.answers),
            key=lambda scored: scored.score,
        )
    )


def make(payload: bytes) -> bytes:
    """Make the problem that an `Order` asks for, and give a `Made`; or list what there is. JSON."""
    order = msgspec.json.decode(payload, type=Order)
    if not order.dataset:
        return msgspec.json.encode(_list())
    try:
        with blame(TaskError, f"{order.dataset} of reasoning-gym at level {order.level}"):
            return msgspec.json.encode(_made(order))
    except TaskError as error:
        return msgspec.json.encode(Made(fault=str(error)))


def _list() -> list[Listed]:
    return [
        Listed(
            name=name,
            topic=cls.__module__.split(".")[1],
            levels=TOP_LEVEL if name in CURRICULA else 1,
        )
        for name, (cls, _) in sorted(DATASETS.items())
        if name not in WITHOUT
    ]


@lru_cache(maxsize=64)
def _dataset(name: str, level: int) -> ProceduralDataset:
    """Return a data set at a level, or at the hardest one below it that it can be made at."""
    if name not in CURRICULA:
        return create_dataset(name, seed=SEED, size=SIZE)
    for lower in range(level, 0, -1):
        curriculum = create_curriculum(name)
        curriculum.set_global_level(lower - 1)
        with suppress(TaskError), blame(TaskError, f"level {lower}"):
            config: object = curriculum.generate_configuration({"seed": SEED, "size": SIZE})
            made: ProceduralDataset = DATASETS[name][0](config)
            return made
    return create_dataset(name, seed=SEED, size=SIZE)  # no level of its curriculum fits its rules


def _made(order: Order) -> Made:
    rng = Random(order.seed)
    dataset = _dataset(order.dataset, order.level)
    # Most make entry `i` from `seed + i`, some choose from a list of `size` when they are made.
    dataset.seed = rng.getrandbits(31)
    entry = _plain(dataset[rng.randrange(SIZE)])
    answer, right = entry["answer"], ""
    if answer is None:
        found = next((entry["metadata"][k] for k in RIGHT_KEYS if k in entry["metadata"]), "")
        right = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    if len(answer or "") > MAX_ANSWER_CHARS:
        raise TaskError(f"its answer has more than {MAX_ANSWER_CHARS} characters")
    if "Integral(" in (answer or ""):
        raise TaskError("its answer is the question, not integrated")
    data = _Entry(dataset=order.dataset, entry=repr(entry), level=order.level)
    return Made(
        question=entry["question"],
        answer=answer or "",
        right=right,
        data=msgspec.json.encode(data).decode(),
    )


def _plain(value: Any) -> Any:
    """Return a value with nothing in it that a Python literal cannot say."""
    if isinstance(value, dict):
        return {_plain(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        kind = set if isinstance(value, frozenset) else type(value)
        return (tuple if hasattr(value, "_fields") else kind)(_plain(held) for held in value)
    value = value.item() if hasattr(value, "dtype") else value
    whole = value is None or isinstance(value, bool | int | bytes)
    finite = isinstance(value, float | complex) and cmath.isfinite(value)
    return value if whole or finite else str(value)


@lru_cache(maxsize=256)
def _read_entry(data: str) -> tuple[ProceduralDataset, dict[str, Any], str]:
    with blame(GradeError, "the reference holds no entry of reasoning-gym"):
        held = msgspec.json.decode(data, type=_Entry)
        entry = ast.literal_eval(held.entry)
        if held.dataset not in DATASETS or held.dataset in WITHOUT:
            raise GradeError(f"reasoning-gym has no data set {held.dataset!r}")
        if not isinstance(entry["metadata"], dict) or "answer" not in entry:
            raise GradeError("the reference's entry has no metadata or no answer")
        return _dataset(held.dataset, held.level), entry, held.dataset


def _score(dataset: ProceduralDataset, entry: dict[str, Any], name: str, answer: str) -> Scored:
    if name in _FORMULAS and not _is_formula(answer):
        return Scored(note="not a formula")
    try:
        with blame(GradeError, "its scorer failed"):
            paid = float(dataset.score_answer(answer, entry))
    except GradeError as error:
        return Scored(note=str(error)[:200])
    return Scored(score=paid if math.isfinite(paid) else 0.0)


def _is_formula(text: str) -> bool:
    """Whether there is nothing in a text but numbers, variables, operators and known functions."""
    if len(text) > 20_000 or not _FORMULA.fullmatch(text):
        return False
    return all(len(name) == 1 or name in _NAMES for name in _NAME.findall(text))


def _computed(text: str) -> int:
    """Return the value of arithmetic on integers."""
    return _value(ast.parse(text.strip(), mode="eval").body)


def _value(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return ~_value(inner)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left), _value(right))
    raise ValueError("more than arithmetic on integers")


def _guard() -> None:
    """Have the package read what it would run."""
    for modules, reader in ((_READ_AS_LITERALS, ast.literal_eval), (_COMPUTED, _computed)):
        for module in modules:
            vars(importlib.import_module(f"reasoning_gym.{module}"))["eval"] = reader
    sys.set_int_max_str_digits(4300)


_guard()
