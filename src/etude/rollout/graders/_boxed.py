r"""What stands in the last `\boxed{…}` of a response, read as plain text."""

import re

_BOX = "\\boxed{"
_BRACE = re.compile(r"[{}]")
_TEXT = re.compile(r"\\(?:text|texttt|textbf|mathrm|mbox|mathtt)\{(.*)\}", re.DOTALL)
_ESCAPED = re.compile(r"\\([#$%&_{}])")


def boxed(response: str) -> str | None:
    """Return what stands in the last box, or `None` where none is closed."""
    start = response.rfind(_BOX)
    if start < 0:
        return None
    start += len(_BOX)
    depth = 1
    for brace in _BRACE.finditer(response, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return response[start : brace.start()]
    return None


def present(answer: str) -> str:
    """Return the smallest response that gives `answer`."""
    return f"{_BOX}{answer}}}"


def readings(answer: str) -> list[str]:
    r"""Return what a box may mean as plain text: as it is, without spaces, `\text` or escapes."""
    stripped = answer.strip()
    inner = _TEXT.fullmatch(stripped)
    plain = inner[1].strip() if inner else stripped
    dollars = plain[1:-1] if len(plain) > 2 and plain[0] == plain[-1] == "$" else plain
    return list(dict.fromkeys([answer, stripped, plain, _ESCAPED.sub(r"\1", dollars)]))
