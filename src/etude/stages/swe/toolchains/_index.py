"""Resolve and download distributions with uv, wheels only: nothing that is downloaded is run."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uv
from packaging.requirements import InvalidRequirement, Requirement

from etude.errors import TaskError


def resolve(requirements: Sequence[str], python: str) -> tuple[str, ...]:
    """Return every distribution that the requirements lead to, as `name==version`.

    Raises:
        TaskError: They cannot all be had as wheels, contradict each other, or name an address.
    """
    with tempfile.TemporaryDirectory(prefix="etude-") as folder:
        wanted = Path(folder) / "requirements.in"
        wanted.write_text("\n".join(map(_plain, requirements)) + "\n")
        words = ["pip", "compile", str(wanted), "--python-version", python, "--no-header"]
        words += ["--no-annotate", "--no-emit-index-url", "--no-build", "--no-strip-markers"]
        done = _uv(words, folder)
    if done.returncode != 0:
        raise TaskError(_reason(done.stderr))
    lines = (line.split(";")[0].strip() for line in done.stdout.splitlines())
    return tuple(sorted(line for line in lines if re.match(r"[A-Za-z0-9]", line)))


def _plain(line: str) -> str:
    """Return a requirement that a stranger's project states, made safe to hand to the resolver.

    Raises:
        TaskError: It is none, such as an option, or it names an address to fetch from.
    """
    try:
        requirement = Requirement(line)
    except InvalidRequirement as cause:
        raise TaskError(f"{line[:100]!r} is not a requirement") from cause
    if requirement.url:
        raise TaskError(f"{requirement.name} is to come from an address, which is never fetched")
    return str(requirement)


def resolve_what_can_be(
    firm: Sequence[str], wished: Sequence[str], python: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Resolve `firm` requirements with as many of the `wished` as go together.

    Returns:
        The lock, and notes on what was changed or left out.

    Raises:
        TaskError: Not even the firm ones resolve.
    """
    try:
        return resolve([*firm, *wished], python), ()
    except TaskError as first:
        if not wished:
            raise
        reason = str(first)
    loose = [_name(line) for line in wished]
    try:
        return resolve([*firm, *loose], python), (
            f"test requirements taken without their version limits: {reason}",
        )
    except TaskError:
        pass
    kept: list[str] = []
    notes = []
    for line in loose:
        try:
            resolve([*firm, *kept, line], python)
        except TaskError as error:
            notes.append(f"test requirement {line} left out: {error}")
        else:
            kept.append(line)
    return resolve([*firm, *kept], python), tuple(notes)


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+(\[[^\]]*\])?", requirement)
    return found[0] if found else requirement


def install(lock: Sequence[str], target: Path, python: str) -> tuple[str, ...]:
    """Unpack the wheels of `lock` below `target`; return those that are published without one.

    Raises:
        TaskError: A distribution cannot be downloaded.
    """
    rest = list(lock)
    without: list[str] = []
    while rest:
        with tempfile.TemporaryDirectory(prefix="etude-") as folder:
            pinned = Path(folder) / "lock.txt"
            pinned.write_text("\n".join(rest) + "\n")
            words = ["pip", "install", "--target", str(target), "--no-deps", "--no-build", "-r"]
            words += [str(pinned), "--python-version", python, "--link-mode", "copy"]
            done = _uv(words, folder)
        if done.returncode == 0:
            return tuple(without)
        blamed = [
            r for r in rest if re.search(rf"\b{re.escape(r.partition('==')[0])}\b", done.stderr)
        ]
        if not blamed or "uild" not in done.stderr:
            raise TaskError(_reason(done.stderr))
        without += blamed
        rest = [r for r in rest if r not in blamed]
    target.mkdir(parents=True, exist_ok=True)
    return tuple(without)


def _uv(words: Sequence[str], folder: str) -> subprocess.CompletedProcess[str]:
    # Started in an empty folder and without settings files, so that a project's own cannot steer.
    return subprocess.run(
        [uv.find_uv_bin(), "--no-config", "--quiet", "--color", "never", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def _reason(stderr: str) -> str:
    text = re.sub(r"[^\x20-\x7e]+", " ", stderr)
    text = re.sub(r"\s+", " ", text).strip()
    found = re.search(r"(Because .*?)(?: hint:|$)", text)
    return (found[1] if found else text)[:400] or "uv failed without a word"
