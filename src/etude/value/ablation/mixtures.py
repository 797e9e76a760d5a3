"""Mixtures: proxies on different shares of the domains of one arm, and the shares that are best."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.mixing import Runs, design
from etude.store import Dataset
from etude.value.ablation.outcome import MAIN
from etude.value.ablation.prepare import Preparation
from etude.value.ablation.recipe import Mixtures
from etude.value.proxies.texts import Sources, chance_of, content_digest, write_documents
from etude.value.proxies.training import Tell, proxy_recipe, train_proxy
from etude.value.statistics.mixture import BestMixture, best_mixture

_TASK = "bits_per_byte/"
_SEED = 0
"""All runs begin with the same weights: only the mixture differs."""


def learn_mixture(
    wanted: Mixtures, preparation: Preparation, proxies: Path, tell: Tell
) -> tuple[Runs, BestMixture]:
    """Train a proxy on each mixture; return what they came to and the mixture that is best.

    Raises:
        ConfigError: The arm has fewer than two domains, or there are too few runs.
    """
    recipe = preparation.recipe
    arm = Dataset.open(preparation.material(wanted.arm, _SEED).data)
    by_domain = _by_domain(arm, recipe.data_seed)
    if len(by_domain) < 2:
        raise ConfigError(f"mixtures: the arm {wanted.arm} has a single domain")
    sizes = {name: float(sum(map(_size, texts))) for name, texts in by_domain.items()}
    mixtures = design(sizes, wanted.runs, recipe.data_seed)
    losses: list[list[float]] = []
    tasks: list[str] = []
    for number, weights in enumerate(mixtures):
        shares = dict(zip(sizes, weights.tolist(), strict=True))
        held = write_documents(
            preparation.folder / "mixtures" / f"{wanted.arm}-{number:03}",
            _mixed(by_domain, shares, sum(sizes.values())),
            None,
            Sources(
                made_for="mixture",
                parents=(content_digest(arm),),
                settings=msgspec.json.encode(shares).decode(),
            ),
        )
        material = msgspec.structs.replace(preparation.material(wanted.arm, _SEED), data=held.path)
        settings = proxy_recipe(recipe.proxy, material, recipe.tokens, _SEED)

        def told(what: str, done: int, total: int, number: int = number) -> None:
            tell(f"mixture {number + 1} of {len(mixtures)}: {what}", done, total)

        _, run = train_proxy(settings, material, proxies, told)
        figures = {name: one.value for name, one in run.manifest.figures.items()}
        tasks = [name for name in sorted(figures) if name.startswith(_TASK) and name != MAIN]
        losses.append([figures[name] for name in tasks])
    runs = Runs(
        tuple(sizes),
        tuple(name.removeprefix(_TASK) for name in tasks),
        mixtures,
        np.array(losses),
    )
    return runs, best_mixture(
        runs, against=sizes, form=wanted.form, level=recipe.level, seed=recipe.data_seed
    )


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
