"""`etude web`: a real server process, from its first line to Ctrl-C."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from etude.cli import main

ETUDE = [sys.executable, "-c", "from etude.cli import main; main()", "web"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A server that answers, and the lines it has printed so far."""
    process = subprocess.Popen(
        [*ETUDE, "--home", str(home), "--port", str(free_port()), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Stop with"):
                break
        yield process, lines
    finally:
        process.kill()
        process.communicate()


def test_the_first_start_prints_a_link_that_lets_an_administrator_in(tmp_path: Path) -> None:
    with served(tmp_path / "home") as (process, lines):
        assert re.match(r"Etude is at http://127\.0\.0\.1:\d+ ", lines[0])
        with urllib.request.urlopen(lines[2].strip(), timeout=20) as answer:  # noqa: S310 - ours
            page = answer.read().decode()
        assert "Welcome to Etude" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*ETUDE, "--home", str(tmp_path / "home"), "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"127.0.0.1:{port}" in done.stderr


def test_a_link_for_an_administrator_can_be_had_again(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["web", "--home", str(tmp_path / "home"), "--admin", "ann@example.org"]
    )
    assert done.exit_code == 0, done.output
    assert re.fullmatch(r"http://127\.0\.0\.1:8600/invitations/[\w-]{20,}\n", done.output)


def test_what_is_wrong_with_the_request_is_said_before_anything_is_served(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    (tmp_path / "models.toml").write_text('[models.small]\nuse = "opnai"\nname = "x"\n')
    for options, words in (
        (["--database", "mysql://host/name"], "postgresql://USER@HOST/NAME"),
        (["--database", "postgresql://127.0.0.1:1/none"], "does not answer"),
        (["--models", str(tmp_path / "models.toml")], "did you mean 'openai'"),
        (["--models", str(tmp_path / "none.toml")], "cannot read"),
        (["--admin", "nobody"], "no e-mail address"),
    ):
        done = CliRunner().invoke(main, ["web", "--home", home, *options])
        assert done.exit_code == 2, done.output
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        if words not in ("does not answer", "no e-mail address"):
            assert not (tmp_path / "home").exists(), "nothing is made for a wrong request"
        shutil.rmtree(home, ignore_errors=True)
