"""NeMo Gym: a resources server that verifies, its rows, and the cases that test it."""

import re
from importlib import resources
from pathlib import Path
from typing import ClassVar

import msgspec

from etude.errors import ConfigError
from etude.records import Problem, Reference
from etude.store.dataset import Dataset
from etude.store.formats._base import Format
from etude.store.formats._problems import read_problems

_N_EXAMPLES = 5


class NemoGymFormat(Format, frozen=True, kw_only=True):
    """Writes a folder to lay into `resources_servers/`, for NeMo Gym 0.7."""

    records: ClassVar[tuple[str, ...]] = ("problem",)
    server: str = "etude_problems"
    """Name of the server, and of the folder below `resources_servers/`; a lower-case identifier."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: The server's name is none.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.server):
            raise ConfigError(f"{self.server!r} cannot be the name of a server")

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the server, its data, and the cases of its test."""
        for name in ("data", "configs", "tests"):
            (folder / name).mkdir()
        examples: list[tuple[Problem, Reference, bytes]] = []
        with (folder / "data" / "train.jsonl").open("wb") as file:
            for problem, reference in read_problems(dataset):
                row = msgspec.json.encode(_row(problem, reference)) + b"\n"
                file.write(row)
                if len(examples) < _N_EXAMPLES:
                    examples.append((problem, reference, row))
        if not examples:
            raise ConfigError(f"{dataset.path}: holds no problem to ship")
        (folder / "data" / "example.jsonl").write_bytes(b"".join(row for *_, row in examples))
        (folder / "tests" / "__init__.py").write_text("")
        texts = resources.files(f"{__package__}._texts")
        for name, source in (
            ("app.py", "nemo_app.txt"),
            ("task_data.py", "nemo_task_data.txt"),
            ("requirements.txt", "nemo_requirements.txt"),
            ("README.md", "nemo_readme.md"),
            (f"configs/{self.server}.yaml", "nemo_config.txt"),
            ("tests/test_app.py", "nemo_test.txt"),
        ):
            text = texts.joinpath(source).read_text("utf-8").replace("{server}", self.server)
            text = text.replace("{digest}", dataset.manifest.digest)
            (folder / name).write_text(text, "utf-8")


def _row(problem: Problem, reference: Reference) -> dict[str, object]:
    message = {"role": "user", "content": problem.prompt}
    return {
        "responses_create_params": {"input": [message]},
        "reference": msgspec.json.encode(reference).decode(),
        "problem_id": problem.id,
        "topic": problem.topic,
        "family": problem.family,
        "level": problem.level,
        "bin": problem.tags.get("bin", ""),
    }
