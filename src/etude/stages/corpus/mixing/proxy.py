"""The proxy that runs anywhere: a small language model of word n-grams for each mixture.

It says how a mixture changes what is learned of each domain's words, within seconds and on one
core. It says nothing about skills that only large networks have: for those, runs of a real trainer
go into the same table (`Runs`).
"""

from collections.abc import Iterator, Mapping

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.learned import LanguageTrainer, LanguageTraining
from etude.stages.corpus.mixing.resample import chances
from etude.stages.corpus.mixing.runs import Runs

Numbers = npt.NDArray[np.float64]


class Proxy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one small run is made."""

    budget_bytes: int = 1_000_000
    """Text that each run reads."""
    model: LanguageTraining = LanguageTraining(
        order=3, min_counts=(1,), fold_digits=True, check_share=0
    )
    seed: int = 0
    """Of the documents that are drawn, and of their order."""


def run_proxies(
    texts: Mapping[str, pa.Array],
    held_out: Mapping[str, pa.Array],
    weights: npt.ArrayLike,
    settings: Proxy | None = None,
) -> Runs:
    """Train one small model for each mixture and measure it on every task.

    Args:
        texts: Documents of each domain to learn from.
        held_out: Documents of each task to measure with; no document of `texts` among them.
        weights: Mixtures [runs, domains], domains in the order of `texts`.
        settings: Of each run.

    Returns:
        The runs; the loss of a task is what a byte of it costs, in bits.

    Raises:
        ConfigError: Mixtures do not fit the domains, or a domain or task holds no text.
    """
    settings = settings or Proxy()
    mixtures = np.atleast_2d(np.asarray(weights, dtype=float))
    if mixtures.shape[1] != len(texts):
        raise ConfigError(
            f"mixtures are of {mixtures.shape[1]} domains, and there are {len(texts)}"
        )
    for name, values in (*texts.items(), *held_out.items()):
        if not int(Texts.of(values).sizes().sum()):
            raise ConfigError(f"{name!r} holds no text")
    drawn = {name: _drawn(values, name, settings.seed) for name, values in texts.items()}
    losses = [list(_run(drawn, held_out, row, settings)) for row in mixtures]
    return Runs(tuple(texts), tuple(held_out), mixtures, np.array(losses))


def _run(
    texts: Mapping[str, pa.Array],
    held_out: Mapping[str, pa.Array],
    mixture: Numbers,
    settings: Proxy,
) -> Iterator[float]:
    trainer = LanguageTrainer(settings.model)
    for values, weight in zip(texts.values(), mixture, strict=True):
        for part in _take(values, weight * settings.budget_bytes):
            trainer.add(part)
    model = trainer.finish()
    for values in held_out.values():
        yield model.bits_per_byte(values)


def _drawn(values: pa.Array, name: str, seed: int) -> pa.Array:
    """Return the documents in an order by chance."""
    ids = pa.array([f"{name} {number}" for number in range(len(values))])
    return values.take(pa.array(np.argsort(chances(ids, seed), kind="stable")))


def _take(values: pa.Array, size: float) -> Iterator[pa.Array]:
    """Yield documents until `size` bytes are read, from the beginning again where they end.

    The last one is cut, so that runs are alike in size whatever the sizes of documents.
    """
    ends = np.cumsum(Texts.of(values).sizes())
    whole, rest = divmod(size, float(ends[-1]))
    for _ in range(int(whole)):
        yield values
    n = int(np.searchsorted(ends, rest, side="right"))
    yield values.slice(0, n)
    left = int(rest - (ends[n - 1] if n else 0))
    if left and n < len(values):
        yield pa.array([values[n].as_buffer().to_pybytes()[:left]], type=pa.binary())
