"""Toolchain: how to find, install and test a project of one language."""

from abc import abstractmethod
from pathlib import Path

import msgspec

from etude.plugins import Spec
from etude.sandbox import Sandbox


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are in a project's tree, as far as its files tell."""

    name: str
    version: str
    summary: str = ""
    homepage: str = ""
    licence: str = ""
    source_roots: tuple[str, ...]
    test_paths: tuple[str, ...]
    n_source_lines: int = 0


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A project installed with everything its tests need."""

    layout: Layout
    interpreter: str
    lock: tuple[str, ...]
    plugins: tuple[str, ...]
    """Modules of test-runner plug-ins to load by name."""
    settings: tuple[str, ...]
    """Settings of the test runner that are kept from the project's own."""
    args: tuple[str, ...]
    notes: tuple[str, ...]


class Toolchain(Spec, frozen=True, kw_only=True):
    """Finds, installs and readies for testing."""

    @abstractmethod
    def layout(self, tree: Path) -> Layout:
        """Find the project's source and tests.

        Raises:
            ConfigError: There is no source or no test.
        """
        raise NotImplementedError

    @abstractmethod
    async def install(self, tree: Path, env: Path, layout: Layout, sandbox: Sandbox) -> Installed:
        """Install the project and what its tests need into the folder `env`.

        Downloads on this machine; whatever runs code of the project or of its dependencies does so
        in a box without network. `tree` may gain built files.

        Raises:
            TaskError: It cannot be installed; the message says why.
            SandboxError: The box failed.
        """
        raise NotImplementedError
