"""What a caller asks to run, as a program and its arguments."""

from collections.abc import Sequence

from etude.errors import SandboxError


def words_of(command: str | Sequence[str]) -> list[str]:
    """Return the program and arguments of a command; a line goes to a shell.

    Raises:
        SandboxError: There is no program, or a zero byte, which no command line can hold.
    """
    words = ["/bin/bash", "-c", command] if isinstance(command, str) else list(command)
    if not words or any("\0" in word for word in words):
        raise SandboxError(f"{command!r} cannot be run: it is empty or has a zero byte")
    return words
