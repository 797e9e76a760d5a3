"""Mixtures: proxies on different shares of the domains of one arm, and the shares that are best."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.mixing import Runs, design
from etude.store import Dataset
from etude.value.ablation.outcome import MAIN, Confirmed
from etude.value.ablation.prepare import Preparation
from etude.value.ablation.recipe import Mixtures
from etude.value.proxies.texts import Sources, chance_of, content_digest, write_documents
from etude.value.proxies.training import Tell, proxy_recipe, train_proxy
from etude.value.statistics.difference import paired
from etude.value.statistics.mixture import BestMixture, best_mixture

_TASK = "bits_per_byte/"
_SEED = 0
"""All runs begin with the same weights and read of the same documents: only the mixture differs."""


class Learned(NamedTuple):
    """What the mixtures came to."""

    runs: Runs
    best: BestMixture
    confirmed: Confirmed | None


def learn_mixture(wanted: Mixtures, preparation: Preparation, proxies: Path, tell: Tell) -> Learned:
    """Train a proxy on each mixture; return what they came to and the mixture that is best.

    Raises:
        ConfigError: The arm has fewer than two domains, or there are too few runs.
    """
    recipe = preparation.recipe
    kitchen = _Kitchen(preparation, wanted.arm, proxies)
    sizes = kitchen.sizes(_SEED)
    if len(sizes) < 2:
        raise ConfigError(f"mixtures: the arm {wanted.arm} has a single domain")
    mixtures = design(sizes, wanted.runs, recipe.data_seed)
    found: list[dict[str, float]] = []
    for number, weights in enumerate(mixtures):
        shares = dict(zip(sizes, weights.tolist(), strict=True))
        said = f"mixture {number + 1} of {len(mixtures)}"
        found.append(kitchen.losses(shares, _SEED, _telling(tell, said)))
    tasks = tuple(found[0])
    runs = Runs(
        tuple(sizes), tasks, mixtures, np.array([[one[task] for task in tasks] for one in found])
    )
    best = best_mixture(
        runs, against=sizes, form=wanted.form, level=recipe.level, seed=recipe.data_seed
    )
    return Learned(runs, best, _confirm(wanted.confirm, kitchen, best, sizes, tell))


def _confirm(
    n_seeds: int, kitchen: "_Kitchen", best: BestMixture, sizes: dict[str, float], tell: Tell
) -> Confirmed | None:
    """Train proxies on the best mixture and on shares by size, each seed with text of its own."""
    if not n_seeds:
        return None
    total = sum(sizes.values())
    kinds = {
        "best": {name: share.value for name, share in best.weights.items()},
        "by-size": {name: size / total for name, size in sizes.items()},
    }
    means: dict[str, list[float]] = {kind: [] for kind in kinds}
    # The seed that all mixtures were tried with has chosen the best one, and may not judge it.
    for seed in range(_SEED + 1, _SEED + 1 + n_seeds):
        for kind, shares in kinds.items():
            said = f"mixture {kind}, seed {seed}"
            losses = kitchen.losses(shares, seed, _telling(tell, said))
            means[kind].append(sum(losses.values()) / len(losses))
    recipe = kitchen.preparation.recipe
    return Confirmed(
        value=sum(means["best"]) / n_seeds,
        by_size=sum(means["by-size"]) / n_seeds,
        difference=paired(
            means["by-size"], means["best"], level=recipe.level, seed=recipe.data_seed
        ),
    )


def _telling(tell: Tell, said: str) -> Tell:
    return lambda what, done, total: tell(f"{said}: {what}", done, total)


class _Kitchen:
    """Mixes the domains of an arm and trains proxies on what comes out."""

    def __init__(self, preparation: Preparation, arm: str, proxies: Path) -> None:
        self.preparation = preparation
        self._arm = arm
        self._proxies = proxies
        self._texts: dict[int, dict[str, list[Document]]] = {}

    def sizes(self, seed: int) -> dict[str, float]:
        """Return the bytes of each domain of the arm."""
        return {name: float(sum(map(_size, texts))) for name, texts in self._of(seed).items()}

    def losses(self, shares: dict[str, float], seed: int, tell: Tell) -> dict[str, float]:
        """Return the loss on each domain of the proxy that reads a mixture."""
        preparation = self.preparation
        material = preparation.material(self._arm, seed)
        said = msgspec.json.encode(shares)
        name = hashlib.sha256(said).hexdigest()[:16]
        held = write_documents(
            preparation.folder / "mixtures" / f"{self._arm}-{seed}-{name}",
            _mixed(self._of(seed), shares, sum(self.sizes(seed).values())),
            None,
            Sources(
                made_for="mixture",
                parents=(content_digest(Dataset.open(material.data)),),
                settings=said.decode(),
            ),
        )
        material = msgspec.structs.replace(material, data=held.path)
        recipe = preparation.recipe
        settings = proxy_recipe(recipe.proxy, material, recipe.tokens, seed)
        _, run = train_proxy(settings, material, self._proxies, tell)
        figures = {name: one.value for name, one in run.manifest.figures.items()}
        return {
            name.removeprefix(_TASK): figures[name]
            for name in sorted(figures)
            if name.startswith(_TASK) and name != MAIN
        }

    def _of(self, seed: int) -> dict[str, list[Document]]:
        if seed not in self._texts:
            self.preparation.arm(self._arm, seed)
            held = Dataset.open(self.preparation.material(self._arm, seed).data)
            self._texts[seed] = _by_domain(held, self.preparation.recipe.data_seed)
        return self._texts[seed]


def _by_domain(held: Dataset, seed: int) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for document in held.documents():
        found[document.domain].append(document)
    for texts in found.values():
        texts.sort(key=lambda one: (chance_of(one.id, seed), one.id))
    return dict(sorted(found.items()))


def _mixed(
    by_domain: dict[str, list[Document]], shares: dict[str, float], n_bytes: float
) -> Iterator[Document]:
    """Yield so much of each domain, from its beginning again where it ends; the last one is cut."""
    for name, texts in by_domain.items():
        room = round(shares[name] * n_bytes)
        times = 0
        while room > 0:
            for document in texts:
                if room <= 0:
                    break
                text = document.text[:room]
                room -= len(text.encode("utf-8", "replace"))
                key = f"{document.id}~{times}" if times else document.id
                yield msgspec.structs.replace(document, id=key, text=text)
            times += 1


def _size(document: Document) -> int:
    return len(document.text.encode("utf-8", "replace"))
