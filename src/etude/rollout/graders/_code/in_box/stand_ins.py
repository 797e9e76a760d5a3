"""What a test sees in place of the program: names that ask the program's process.

Nothing but plain values comes back, so no object of the program's can answer a comparison. What is
not plain stays there and is known here by its number; it can be called, have its attributes read
and set, be handed back, and refuses all else.
"""
# ruff: noqa: BLE001, S102  # tests may raise anything

from __future__ import annotations

import builtins

from .program import receive, send
from .values import PlainError, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, NoReturn


class HandOverError(Exception):
    """A test hands over what is no plain value: the test does not fit, whatever the program is."""


class GoneError(BaseException):
    """The program ended, or says what cannot be understood."""


class Line:
    """Questions to the program's process, and its answers."""

    def __init__(self, ask: int, answers: int, value_bytes: int) -> None:
        self.n_asked = 0
        self.gone = ""
        """Why there is no answer any more; whatever a test makes of that, it has not passed."""
        self.raised: list[Exception] = []
        """What the program raised."""
        self._ask = ask
        self._answers = answers
        self._limit_bytes = value_bytes + 1000

    def request(
        self, doing: str, target: str, given: str, named: str = "{}"
    ) -> tuple[Any, list[tuple[int, Any]]]:
        """Return what the program's process says a call gave, and the arguments it changed.

        Raises:
            GoneError: There is no answer.
            Exception: What the call raised, as an exception of Python's own.
        """
        self.n_asked += 1
        text = f"({self.n_asked}, {doing!r}, {target}, {given}, {named})"
        send(self._ask, text.encode("utf-8", "surrogatepass"))
        answer = receive(self._answers, self._limit_bytes)
        number, _, said = (answer or b"").partition(b" ")
        if number != b"%d" % self.n_asked:
            raise self._lost(_why_gone(answer))
        letter, said = said[:1], said[1:]
        if letter == b"V":
            return self._value(said)
        if letter == b"R":
            self.raised.append(self._exception(said.decode("utf-8", "replace")))
            raise self.raised[-1]
        if letter == b"M":
            raise self._lost(f"does not define {target[:100]}")
        raise self._lost(said.decode("utf-8", "replace")[:200])

    def _lost(self, why: str) -> GoneError:
        self.gone = why or "says nothing"
        return GoneError(self.gone)

    def _value(self, said: bytes) -> tuple[Any, list[tuple[int, Any]]]:
        try:
            answer: Any = unpack(said, lambda number: Held(self, f"held[{number:d}]"), iter)
        except PlainError as error:
            raise self._lost(f"the value {error}") from None
        try:
            result, pairs = answer
            changed = [(number, now) for number, now in pairs]
        except (TypeError, ValueError):
            raise self._lost("the value is malformed") from None
        return result, changed

    def _exception(self, said: str) -> Exception:
        names, _, message = said.partition(":")
        for name in names.split(","):
            found = getattr(builtins, name, None)
            if isinstance(found, type) and issubclass(found, Exception):
                try:
                    return found(message)
                except TypeError:  # needs more than a message; the next one is more general
                    continue
        raise self._lost(f"ended with {names.partition(',')[0][:60]}")


def _why_gone(answer: bytes | None) -> str:
    if answer is not None and answer[:1] == b"L":
        return f"raises {answer[1:].decode('utf-8', 'replace')[:100]} when it is loaded"
    return "the program ended, or was killed"


class Held:
    """Stands for an object or a name of the program's."""

    __slots__ = ("_line", "_source")
    _line: Line
    _source: str

    def __init__(self, line: Line, source: str) -> None:
        object.__setattr__(self, "_line", line)
        object.__setattr__(self, "_source", source)

    def __call__(self, *given: object, **named: object) -> Any:
        arguments = to_source(given), to_source(named)
        result, changed = self._line.request("call", self._source, *arguments)
        # Only of what works in place, and so gives nothing: a program that changes what its result
        # is compared with would be right whatever it says.
        for number, now in changed if result is None else ():
            _change(self._line, given, number, now)
        return result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._line.request("get", self._source, repr(name))[0]

    def __setattr__(self, name: str, value: object) -> None:
        self._line.request("set", self._source, repr(name), to_source(value))

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("this is an object of the program's, of no plain type")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __len__ = __iter__ = __contains__ = _refuse
    __hash__ = __repr__ = __str__ = __format__ = _refuse
    __delattr__ = __dir__ = _refuse
    __reduce__ = __reduce_ex__ = _refuse


def _change(line: Line, given: tuple[Any, ...], number: Any, now: Any) -> None:
    """Bring an argument to what the call made of it."""
    if type(number) is not int or not 0 <= number < len(given):
        raise line._lost("the value is malformed")
    was = given[number]
    if type(was) is not type(now) or type(was) not in (list, dict, set, bytearray):
        raise line._lost("the value is malformed")
    if isinstance(was, list | bytearray):
        was[:] = now
    else:
        was.clear()
        was.update(now)


def to_source(value: Any) -> str:
    """Return a plain value as Python would write it.

    Raises:
        HandOverError: It is not plain.
    """
    kind = type(value)
    if kind is Held:
        return str(value._source)
    if kind in (list, tuple, set, frozenset):
        inside = "".join(f"{to_source(item)}, " for item in value)
        return f"{kind.__name__}(({inside}))" if kind in (set, frozenset) else _in(kind, inside)
    if isinstance(value, dict):
        pairs = (f"{to_source(key)}: {to_source(item)}, " for key, item in value.items())
        return "{" + "".join(pairs) + "}"
    if kind is int:
        return hex(value)
    if value is None or kind in (bool, float, str, bytes, bytearray, complex, range):
        return repr(value)
    if kind is _ITERATOR:
        return f"iter({to_source(list(value))})"
    # Of Python's own there are no two, so the name stands for the type or function itself.
    name = getattr(value, "__name__", "")
    if isinstance(name, str) and name and getattr(builtins, name, None) is value:
        return name
    raise HandOverError(f"hands the program a {kind.__name__}, which is no plain value")


_ITERATOR: type[Any] = type(iter([]))
"""Of the type that iterators of the program have here; taken from, they can be handed back."""


def _in(kind: type[Any], inside: str) -> str:
    return f"[{inside}]" if kind is list else f"({inside})"


def examine(
    line: Line, kind: str, codes: tuple[str, str], names: list[str], seed: int
) -> tuple[str, str]:
    """Run one test; return `pass`, `fail` or `broken`, and why.

    A test that fails before it has asked the program for anything is broken, and so is one that
    passes without.
    """
    try:
        compiled = [compile(code, "test.py", "exec", dont_inherit=True) for code in codes]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return "broken", f"cannot be compiled: {error}"
    try:
        if kind == "property":
            _property(line, compiled, names[0], seed)
        else:
            _unit(line, compiled, names)
    except HandOverError as error:
        return "broken", str(error)
    except BaseException as error:
        if line.gone:
            return "fail", line.gone
        return "broken" if _own_fault(error, line) else "fail", _told(error)
    if line.gone:
        return "fail", line.gone
    return ("pass", "") if line.n_asked else ("broken", "passes without calling the program")


def _own_fault(error: BaseException, line: Line) -> bool:
    """Return whether a test failed by itself, whatever the program does."""
    if not line.n_asked:
        return True
    known = any(error is one for one in line.raised)
    return isinstance(error, NameError | ImportError) and not known


def _told(error: BaseException) -> str:
    name = type(error).__name__
    # The message of an assertion may hold what is wanted.
    return "an assertion does not hold" if name == "AssertionError" else f"raises {name}"


def _unit(line: Line, compiled: list[CodeType], names: list[str]) -> None:
    space: dict[str, Any] = {name: Held(line, repr(name)) for name in names}
    space["__name__"] = "test"
    for code in compiled:
        exec(code, space)


def _property(line: Line, compiled: list[CodeType], name: str, seed: int) -> None:
    space: dict[str, Any] = {"__name__": "test"}
    for code in compiled:
        exec(code, space)
    rng = __import__("random").Random(seed)
    for drawn in space["inputs"](rng):
        arguments = drawn if isinstance(drawn, tuple) else (drawn,)
        result, _ = line.request("call", repr(name), to_source(arguments))
        if not space["holds"](arguments, result):
            raise AssertionError
