"""TRL: problems with the reward function that GRPOTrainer calls; demonstrations; preferences."""

from importlib import resources
from pathlib import Path
from typing import ClassVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from etude.store.dataset import Dataset
from etude.store.formats._base import Format
from etude.store.formats._problems import read_problems
from etude.store.formats._trl_conversations import write_demonstrations, write_preferences

_SCHEMA = pa.schema(
    [
        ("prompt", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("reference", pa.string()),
        ("answer", pa.string()),
        ("solution", pa.string()),
        ("problem_id", pa.string()),
        ("topic", pa.string()),
        ("family", pa.string()),
        ("level", pa.int32()),
        ("bin", pa.string()),
        ("licence", pa.string()),
    ]
)
_ROWS_AT_ONCE = 1000


class TrlFormat(Format, frozen=True, kw_only=True):
    """Writes `train.parquet`, for problems `reward.py`, and a page that says how to use them."""

    records: ClassVar[tuple[str, ...]] = ("problem", "demonstration", "preference")
    system: str = ""
    """Put before each problem as the system's message; empty for none."""
    unpaired: bool = False
    """Each answer of a preference in a row of its own, with a label, as KTO needs it."""

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows, and for problems the reward function."""
        if dataset.manifest.record == "demonstration":
            write_demonstrations(dataset, folder)
        elif dataset.manifest.record == "preference":
            write_preferences(dataset, folder, unpaired=self.unpaired)
        else:
            self._write_problems(dataset, folder)

    def _write_problems(self, dataset: Dataset, folder: Path) -> None:
        with pq.ParquetWriter(folder / "train.parquet", _SCHEMA, compression="zstd") as writer:
            rows: list[dict[str, object]] = []
            for problem, reference in read_problems(dataset):
                messages = [{"role": "user", "content": problem.prompt}]
                if self.system:
                    messages.insert(0, {"role": "system", "content": self.system})
                rows.append(
                    {
                        "prompt": messages,
                        "reference": msgspec.json.encode(reference).decode(),
                        "answer": reference.answer,
                        "solution": reference.solution,
                        "problem_id": problem.id,
                        "topic": problem.topic,
                        "family": problem.family,
                        "level": problem.level,
                        "bin": problem.tags.get("bin", ""),
                        "licence": problem.origin.licence,
                    }
                )
                if len(rows) == _ROWS_AT_ONCE:
                    writer.write_table(pa.Table.from_pylist(rows, _SCHEMA))
                    rows.clear()
            writer.write_table(pa.Table.from_pylist(rows, _SCHEMA))
        texts = resources.files(f"{__package__}._texts")
        for name, source in (("reward.py", "trl_reward.txt"), ("README.md", "trl_readme.md")):
            text = texts.joinpath(source).read_text("utf-8")
            (folder / name).write_text(text.replace("{digest}", dataset.manifest.digest), "utf-8")
