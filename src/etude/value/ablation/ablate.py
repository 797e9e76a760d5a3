"""ablate: train the proxies of a comparison and say what they tell. The door to this room."""

from pathlib import Path

import msgspec

from etude.config import read_toml
from etude.store import write_whole
from etude.value.ablation.mixtures import learn_mixture
from etude.value.ablation.outcome import Ablation, compare
from etude.value.ablation.page import render_page
from etude.value.ablation.prepare import Preparation
from etude.value.ablation.recipe import AblateRecipe
from etude.value.experiment import check_folder, write_result
from etude.value.proxies.training import (
    Proxy,
    Tell,
    check_proxy,
    measured,
    proxy_recipe,
    train_proxy,
)

RESULT = "ablation.json"
RUNS = "runs.parquet"
"""Mixtures that were tried and their losses, as `etude corpus learn-weights --from-runs` reads."""
MIXTURE = "mixture.toml"
"""The best mixture, as a step of the recipe of a corpus."""


def read_recipe(path: Path) -> AblateRecipe:
    """Return the recipe in a TOML file.

    Raises:
        ConfigError: It cannot be read or does not fit.
    """
    return read_toml(path, AblateRecipe)


def ablate(
    recipe: AblateRecipe, out: Path, *, tell: Tell = lambda what, done, total: None
) -> Ablation:
    """Compare texts as a recipe says, in the folder `out`; go on where it was stopped.

    Every proxy is trained once: a longer list of seeds or amounts trains only what is missing.

    Args:
        recipe: What is compared, and how.
        out: Folder to make.
        tell: Told what is being done, and how far it is.

    Raises:
        ConfigError: Something that was asked for cannot be, or `out` holds something else.
        RecordError: A data set is damaged.
    """
    recipe = recipe.resolved()
    check_proxy(recipe.proxy)
    check_folder(out, ("data", "proxies", RESULT, RUNS, MIXTURE))
    preparation = Preparation(recipe, out.resolve() / "data", tell)
    prepared = preparation.run()
    wanted = [
        (arm, tokens, seed)
        for tokens in sorted({*recipe.amounts, recipe.tokens}, reverse=True)
        for seed in range(recipe.seeds)
        for arm in recipe.arms
    ]
    proxies: list[Proxy] = []
    texts = [preparation.arm(arm, seed) for seed in range(recipe.seeds) for arm in recipe.arms]
    for number, (arm, tokens, seed) in enumerate(wanted):
        material = preparation.material(arm, seed)
        settings = proxy_recipe(recipe.proxy, material, tokens, seed)
        name = f"proxy {number + 1} of {len(wanted)} ({arm}, {tokens:,} tokens, seed {seed})"

        def told(what: str, done: int, total: int, name: str = name) -> None:
            tell(f"{name}: {what}", done, total)

        digest, run = train_proxy(settings, material, out.resolve() / "proxies", told)
        proxies.append(measured(run, arm, tokens, digest, seed))
    found = compare(recipe, prepared, texts, proxies)
    if recipe.mixtures is not None:
        learned = learn_mixture(recipe.mixtures, preparation, out.resolve() / "proxies", tell)
        learned.runs.save(out / RUNS)
        write_whole(out / MIXTURE, learned.best.corpus_step().encode())
        found = msgspec.structs.replace(found, mixture=learned.best, confirmed=learned.confirmed)
    write_result(out, RESULT, found, render_page(found))
    return found
