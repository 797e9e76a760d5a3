"""A trial: mixtures of a corpus's own domains are tried by proxy, and the best one is learned."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import texts
from etude.stages.corpus.mixing.groups import groups, sizes
from etude.stages.corpus.mixing.learn import Learned, learn
from etude.stages.corpus.mixing.proxy import Proxy, run_proxies
from etude.stages.corpus.mixing.runs import Runs, design


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a mixture is learned from a corpus."""

    by: str = "domain"
    """What makes a domain; see `groups`."""
    n_runs: int = 32
    """Mixtures that are tried; a small multiple of the number of domains."""
    held_out_bytes: int = 300_000
    """Text of each domain that is kept to measure with."""
    pool_bytes: int = 4_000_000
    """Text of each domain that runs may draw from."""
    budget: float = 0
    """Size in bytes that the real run will read; needed with `max_epochs`."""
    max_epochs: float = 0
    """No domain may be read more often in the real run; 0 means no cap."""
    proxy: Proxy = Proxy()
    """Of each run."""
    seed: int = 0


class TrialOutcome(NamedTuple):
    """What a trial found."""

    sizes: dict[str, float]
    """Bytes of each domain of the corpus."""
    runs: Runs
    learned: Learned


def run_trial(documents: Iterable[pa.RecordBatch], settings: Trial | None = None) -> TrialOutcome:
    """Try mixtures of the domains of a corpus and learn the best one.

    Every domain is a task as well: what is made small is the mean loss over all of them.

    Raises:
        ConfigError: There are fewer than two domains, or one has too little text to hold any out.
    """
    settings = settings or Trial()
    pools: dict[str, _Pool] = {}
    for batch in documents:
        values = texts(batch)
        names, amounts = groups(batch, settings.by), sizes(batch, "bytes")
        ids = batch.column("id").to_pylist()
        for row, (name, row_id) in enumerate(zip(names.to_pylist(), ids, strict=True)):
            pool = pools.setdefault(name, _Pool(settings))
            pool.add(row_id, values[row], float(amounts[row]))
    if len(pools) < 2:
        raise ConfigError(f"a mixture needs two domains or more, and there is {len(pools)}")
    for name, pool in pools.items():
        if not pool.held_out or not pool.read:
            raise ConfigError(f"{name or 'the nameless domain'!r} has too little text to try")
    pools = dict(sorted(pools.items()))
    available = {name: pool.size for name, pool in pools.items()}
    mixtures = design(
        available,
        settings.n_runs,
        settings.seed,
        budget=settings.budget,
        max_epochs=settings.max_epochs,
    )
    runs = run_proxies(
        {name: pa.array(pool.read, pa.string()) for name, pool in pools.items()},
        {name: pa.array(pool.held_out, pa.string()) for name, pool in pools.items()},
        np.asarray(mixtures),
        settings.proxy,
    )
    learned = learn(runs, available, budget=settings.budget, max_epochs=settings.max_epochs)
    return TrialOutcome(available, runs, learned)


class _Pool:
    """The documents of one domain, as far as they are needed."""

    def __init__(self, settings: Trial) -> None:
        self.settings = settings
        self.size = 0.0
        self.held_out: list[str] = []
        self.read: list[str] = []
        self._sizes = [0.0, 0.0]

    def add(self, row_id: str, text: pa.StringScalar, size: float) -> None:
        """Take one document in; which side it is on depends on its id alone."""
        self.size += size
        word = f"held out\0{self.settings.seed}\0{row_id}".encode()
        side = 0 if hashlib.blake2b(word, digest_size=1).digest()[0] < 51 else 1
        limit = (self.settings.held_out_bytes, self.settings.pool_bytes)[side]
        if size and self._sizes[side] < limit:
            (self.held_out, self.read)[side].append(text.as_py())
            self._sizes[side] += size
