"""verifiers: a package with a taskset, which its trainers load by name."""

import re
from importlib import resources
from pathlib import Path
from typing import ClassVar

import msgspec

from etude.errors import ConfigError
from etude.store.dataset import Dataset
from etude.store.formats._base import Format
from etude.store.formats._problems import read_problems


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """One problem as the model may see it."""

    id: str
    prompt: str
    topic: str
    family: str
    level: int
    bin: str


class VerifiersFormat(Format, frozen=True, kw_only=True):
    """Writes a distribution whose package holds one `Taskset`, for verifiers 0.4 and later."""

    records: ClassVar[tuple[str, ...]] = ("problem",)
    package: str = "etude_problems"
    """Name of the package, by which trainers load it; a lower-case identifier."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: The package's name is none.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.package):
            raise ConfigError(f"{self.package!r} cannot be the name of a package")

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the distribution: its project file, the taskset, and the problems."""
        package = folder / self.package
        package.mkdir()
        with (
            (package / "problems.jsonl").open("wb") as seen,
            (package / "references.jsonl").open("wb") as hidden,
        ):
            for problem, reference in read_problems(dataset):
                row = _Row(
                    id=problem.id,
                    prompt=problem.prompt,
                    topic=problem.topic,
                    family=problem.family,
                    level=problem.level,
                    bin=problem.tags.get("bin", ""),
                )
                seen.write(msgspec.json.encode(row) + b"\n")
                hidden.write(msgspec.json.encode(reference) + b"\n")
        texts = resources.files(f"{__package__}._texts")
        for name, source in (
            ("pyproject.toml", "verifiers_project.txt"),
            ("README.md", "verifiers_readme.md"),
            (f"{self.package}/__init__.py", "verifiers_init.txt"),
            (f"{self.package}/taskset.py", "verifiers_taskset.txt"),
        ):
            text = texts.joinpath(source).read_text("utf-8")
            text = text.replace("{package}", self.package)
            text = text.replace("{digest}", dataset.manifest.digest)
            (folder / name).write_text(text, "utf-8")
