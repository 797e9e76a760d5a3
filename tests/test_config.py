"""A recipe that does not fit is answered with the key, in one line."""

from pathlib import Path

import msgspec
import pytest

from etude.config import read_toml
from etude.errors import ConfigError


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: float = 1.0


class Recipe(msgspec.Struct, forbid_unknown_fields=True):
    limit: int
    limits: Limits = Limits()


def test_a_recipe_is_read_into_its_type(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("limit = 3\n[limits]\nseconds = 2.5\n")
    assert read_toml(tmp_path / "r.toml", Recipe) == Recipe(limit=3, limits=Limits(seconds=2.5))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"limit = ", "r.toml: not TOML: "),
        (b"\xff", "r.toml: not UTF-8 at byte 0"),
        (b"limit = 'x'", "Expected `int`, got `str` - at `$.limit`"),
        (b"lmit = 1", "unknown field `lmit`; did you mean 'limit'?"),
        (b"zzz = 1", "unknown field `zzz` (known: limit, limits)"),
        (b"limit = 1\n[limits]\nhours = 1", "unknown field `hours` - at `$.limits`"),
    ],
)
def test_a_recipe_that_does_not_fit_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_toml(tmp_path / "r.toml", Recipe)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*nowhere.toml: No such file"):
        read_toml(tmp_path / "nowhere.toml", Recipe)
