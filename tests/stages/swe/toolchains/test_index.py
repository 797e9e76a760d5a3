"""What a stranger's project asks for is no instruction to the resolver."""

import zipfile
from pathlib import Path

import pytest

from etude.errors import TaskError
from etude.stages.swe.toolchains._environment import unpack_wheel
from etude.stages.swe.toolchains._index import install, resolve, resolve_what_can_be


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index-url=elsewhere",
        "-r /etc/passwd",
        "-e .",
        "six @ file:///tmp/six.whl",
        "six @ https://example.org/six.whl",
        "six\n--index-url=elsewhere",
        "../six",
    ],
)
def test_options_and_addresses_never_reach_the_resolver(line: str) -> None:
    with pytest.raises(TaskError, match=r"not a requirement|never fetched"):
        resolve(["iniconfig", line], "3.11")


@pytest.mark.net
def test_wheels_are_resolved_and_unpacked_without_being_run(tmp_path: Path) -> None:
    lock = resolve(["iniconfig==2.0.0"], "3.11")
    assert lock == ("iniconfig==2.0.0",)
    assert install(lock, tmp_path / "site", "3.11") == ()
    assert (tmp_path / "site" / "iniconfig" / "__init__.py").is_file()


@pytest.mark.net
def test_wishes_that_do_not_go_together_are_left_out_and_named() -> None:
    lock, notes = resolve_what_can_be(
        ["iniconfig==2.0.0"], ["iniconfig>=2.1", "etude-no-such-project-0", "six"], "3.11"
    )
    assert "iniconfig==2.0.0" in lock
    assert any(line.startswith("six==") for line in lock)
    assert len(notes) == 1
    assert "etude-no-such-project-0" in notes[0]


@pytest.mark.parametrize("name", ["../escape.py", "/tmp/escape.py", "a/../../escape.py"])
def test_a_wheel_that_reaches_outside_is_refused(name: str, tmp_path: Path) -> None:
    wheel = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as bundle:
        bundle.writestr(name, "x")
    with pytest.raises(TaskError, match="unsafe path"):
        unpack_wheel(wheel, tmp_path / "site")
