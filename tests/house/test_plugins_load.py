"""Every plug-in of every kind loads, or says which extra it needs."""

import ast
import importlib
from pathlib import Path

import pytest

import etude
from etude.errors import ConfigError
from etude.plugins import Kind, Spec

HOUSE = Path(etude.__file__).parent


def _called(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def kinds() -> dict[str, Kind[Spec]]:
    """Every `Kind` that a package of the house makes, by the package's name."""
    found: dict[str, Kind[Spec]] = {}
    for path in sorted(HOUSE.rglob("__init__.py")):
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        ]
        if any(isinstance(call.func, ast.Name) and call.func.id == "Kind" for call in calls):
            name = ".".join(["etude", *path.parent.relative_to(HOUSE).parts])
            made = vars(importlib.import_module(name)).values()
            found |= {kind.package: kind for kind in made if isinstance(kind, Kind)}
    return found


KINDS = kinds()
PLUGINS = [(package, name) for package, kind in KINDS.items() for name in kind.names()]


def test_there_are_kinds_and_each_names_its_own_package() -> None:
    assert {"etude.sandbox", "etude.stages.swe.bugs"} <= KINDS.keys()
    for package, kind in KINDS.items():
        assert importlib.import_module(package).__doc__
        assert kind.base.__doc__


@pytest.mark.parametrize(("package", "name"), PLUGINS)
def test_a_plug_in_loads_or_says_what_it_needs(package: str, name: str) -> None:
    kind = KINDS[package]
    try:
        plugin = kind.load(name)
    except ConfigError as error:
        assert "pip install" in str(error)  # noqa: PT017 - loading is the other good outcome
    else:
        assert issubclass(plugin, kind.base)
        assert plugin.__doc__


@pytest.mark.parametrize("package", KINDS)
def test_a_misspelt_plug_in_is_answered_with_what_is_known(package: str) -> None:
    kind = KINDS[package]
    name = kind.names()[0]
    with pytest.raises(ConfigError, match=f"did you mean '{name}'"):
        kind.load(f"{name}x")
