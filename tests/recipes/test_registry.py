"""The list of registry packages can be fetched by anyone, and what lies there already is kept."""

import re
from pathlib import Path

from recipes.registry.fetch import FETCHERS, LIST, Fetched, Group, State, Wanted, groups

WANTED = Wanted(name="alpha", version="1.0")


def held(
    out: Path, version: str = "1.0", registry: str = "pypi", path: str = "a.tar.gz"
) -> Fetched:
    (out / path).write_bytes(b"data")
    return Fetched(
        registry=registry,
        name="alpha",
        version=version,
        domain="code",
        licence="MIT",
        path=path,
        size_bytes=4,
        sha256="0",
    )


def test_the_list_names_each_package_once_in_registries_that_are_known() -> None:
    named = [(group.registry, one.name) for group in groups() for one in group.packages]
    assert len(named) == len(set(named)) > 300
    assert {registry for registry, _ in named} == set(FETCHERS)


def test_the_list_names_no_host_and_pins_what_registries_keep() -> None:
    assert re.search(r"https?:|\.org|\.com", LIST.read_text()) is None
    for group in groups():
        assert group.registry != "debian" or group.suite
        assert all(one.version for one in group.packages)


def test_a_package_that_lies_there_whole_is_not_fetched_again(tmp_path: Path) -> None:
    State(tmp_path).add(held(tmp_path))
    assert State(tmp_path).has("pypi", WANTED)
    assert not State(tmp_path).has("npm", WANTED)
    (tmp_path / "a.tar.gz").write_bytes(b"cut")
    assert not State(tmp_path).has("pypi", WANTED)


def test_another_version_than_the_pinned_one_is_fetched_but_debian_moves_on(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.add(held(tmp_path, version="0.9"))
    state.add(held(tmp_path, version="0.9", registry="debian", path="a.deb"))
    assert not state.has("pypi", WANTED)
    assert state.has("debian", WANTED)


def test_a_newer_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.add(held(tmp_path, version="0.9", path="old.tar.gz"))
    state.add(held(tmp_path))
    assert not (tmp_path / "old.tar.gz").exists()
    assert list(State(tmp_path).known) == [("pypi", "alpha")]


def test_what_the_list_has_no_longer_is_removed(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.add(held(tmp_path))
    listed = Wanted(name="alpha", version="1.0", licence="0BSD")
    state.keep_only([Group(registry="pypi", domain="code", packages=(listed,))])
    assert [one.licence for one in State(tmp_path).known.values()] == ["0BSD"]
    state.keep_only([Group(registry="pypi", domain="code", packages=())])
    assert State(tmp_path).known == {}
    assert not (tmp_path / "a.tar.gz").exists()
