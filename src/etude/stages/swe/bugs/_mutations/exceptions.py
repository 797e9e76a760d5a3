"""The wrong exception: raised, or waited for."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit

_RAISED = {
    "ValueError": "TypeError",
    "TypeError": "ValueError",
    "KeyError": "IndexError",
    "IndexError": "KeyError",
    "LookupError": "ValueError",
    "AttributeError": "TypeError",
    "RuntimeError": "ValueError",
    "StopIteration": "RuntimeError",
    "OSError": "RuntimeError",
    "OverflowError": "ValueError",
    "AssertionError": "RuntimeError",
}
_CAUGHT = {
    "ValueError": "TypeError",
    "TypeError": "ValueError",
    "KeyError": "IndexError",
    "IndexError": "KeyError",
    "AttributeError": "KeyError",
    "LookupError": "KeyError",
    "OSError": "FileNotFoundError",
    "UnicodeDecodeError": "UnicodeEncodeError",
    "UnicodeEncodeError": "UnicodeDecodeError",
    "UnicodeError": "UnicodeEncodeError",
    "Exception": "ValueError",
    "ArithmeticError": "OverflowError",
    "StopIteration": "IndexError",
}


def exception_type(function: Function) -> Iterator[Edit]:
    """Raise another exception than callers wait for, or catch too few or the wrong ones."""
    source = function.source
    for node in function.each(cst.Raise):
        raised = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        if isinstance(raised, cst.Name):
            for other in _other_raised(function, raised.value):
                yield Edit(*source.span(raised), other)
    for handler in function.each(cst.ExceptHandler):
        caught = handler.type
        if isinstance(caught, cst.Name) and caught.value in _CAUGHT:
            yield Edit(*source.span(caught), _CAUGHT[caught.value])
        elif isinstance(caught, cst.Tuple) and len(caught.elements) > 1:
            for kept in (caught.elements[0], caught.elements[-1]):
                yield Edit(*source.outer(caught), source.code(kept.value))


def _other_raised(function: Function, name: str) -> list[str]:
    if name in _RAISED:
        return [_RAISED[name]]
    classes = {last_name(n.exc): None for n in function.each(cst.Raise) if n.exc is not None}
    return [other for other in classes if other[:1].isupper() and other != name][:1]
