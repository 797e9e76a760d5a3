"""Runs a report's script in a box and tells which lines of the workspace it reaches.

Started as a program by the box's own Python: arguments are the workspace and the script. Writes
`path:line` to descriptor 3. Every statement runs, whatever became of the one before it.
"""

import ast
import os
import signal
import sys
from types import CodeType, FrameType
from typing import Any

_MAX_LINES = 200_000
_STATEMENT_S = 5
"""Seconds one statement of the script may take: some symptoms are endless loops."""


def main() -> None:
    """Run the script and report."""
    root, script = os.path.realpath(sys.argv[1]) + os.sep, sys.argv[2]
    seen: set[tuple[str, int]] = set()
    names: dict[CodeType, str] = {}

    def trace(frame: FrameType, _event: str, _argument: object) -> Any:
        code = frame.f_code
        if code not in names:
            path = os.path.realpath(code.co_filename)
            inside = path.startswith(root) and code.co_name != "<module>"
            names[code] = path[len(root) :] if inside else ""
        if not names[code]:
            return None
        if len(seen) < _MAX_LINES:
            seen.add((names[code], frame.f_lineno))
        return trace

    signal.signal(signal.SIGALRM, signal.default_int_handler)
    space: dict[str, object] = {"__name__": "__main__"}
    for statement in ast.parse(script).body:
        # What runs while modules load shows nothing of the symptom.
        loading = isinstance(statement, ast.Import | ast.ImportFrom)
        program = compile(ast.Module([statement], []), "<report>", "exec")
        signal.alarm(_STATEMENT_S)
        sys.settrace(None if loading else trace)
        try:
            exec(program, space)  # noqa: S102
        except BaseException:  # noqa: BLE001, S110
            pass
        finally:
            sys.settrace(None)
            signal.alarm(0)
    with os.fdopen(3, "w") as out:
        out.writelines(f"{path}:{line}\n" for path, line in sorted(seen))


if __name__ == "__main__":
    main()
