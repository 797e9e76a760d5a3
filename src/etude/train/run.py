"""Run: a finished training run in a folder, read. Nothing here writes."""

from pathlib import Path
from typing import Self

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.store.manifest import digest_file
from etude.train.manifest import METRICS, MODEL, PAGE, RunManifest, read_manifest
from etude.train.metrics import Metric, read_metrics
from etude.train.models import load_judge, load_model


class Run:
    """One finished run."""

    def __init__(self, path: Path, manifest: RunManifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the run in the folder `path`.

        Raises:
            ConfigError: It is not there, is not finished, or was written by a newer Etude.
        """
        return cls(path, read_manifest(path))

    @property
    def model_path(self) -> Path:
        """Folder of the model and its tokenizer, as transformers reads it."""
        return self.path / MODEL

    @property
    def page(self) -> Path:
        """The report."""
        return self.path / PAGE

    def metrics(self) -> list[Metric]:
        """Return every number that was measured, in order.

        Raises:
            RecordError: The file is damaged.
        """
        return read_metrics(self.path / METRICS)

    def curve(self, name: str, split: str) -> list[tuple[int, float]]:
        """Return one metric as steps and values; empty when it was never measured."""
        rows = self.metrics()
        return [(row.step, row.value) for row in rows if (row.name, row.split) == (name, split)]

    def model(self) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
        """Return the trained model, ready to be asked, and its tokenizer.

        Raises:
            ConfigError: It cannot be read.
        """
        if self.manifest.loop == "reward":
            return load_judge(self.path)
        return load_model(self.path)

    def verify(self) -> list[str]:
        """Read every byte and return what is not as it was written, a line each."""
        problems = []
        for file in self.manifest.files:
            path = self.path / file.name
            if not path.is_file():
                problems.append(f"{file.name}: missing")
            elif digest_file(path) != file.sha256:
                problems.append(f"{file.name}: its content is not what was written")
        return problems
