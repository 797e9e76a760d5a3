"""noise: learn labels of which a share is wrong, and say what that costs. The door to this room."""

import hashlib
from itertools import product
from pathlib import Path

import msgspec

from etude.config import read_toml
from etude.value.experiment import check_folder, write_result
from etude.value.noise.examples import Prepared, draw_examples, prepare, with_noise
from etude.value.noise.labeller import Learned, School, learn
from etude.value.noise.outcome import NoiseFound, judge_noise
from etude.value.noise.page import render_page
from etude.value.noise.recipe import NoiseRecipe
from etude.value.proxies.texts import chance_of
from etude.value.proxies.training import Tell, check_proxy, proxy_recipe, threads, train_proxy

RESULT = "noise.json"
_SEED = 0
"""All labellers begin from one model that has read."""


def read_recipe(path: Path) -> NoiseRecipe:
    """Return the recipe in a TOML file.

    Raises:
        ConfigError: It cannot be read or does not fit.
    """
    return read_toml(path, NoiseRecipe)


def mislabel(
    recipe: NoiseRecipe, out: Path, *, tell: Tell = lambda what, done, total: None
) -> NoiseFound:
    """Learn labels with several shares of wrong ones, in the folder `out`; go on where it stopped.

    Every labeller is trained once: more shares, seeds or amounts below the largest one add to what
    is there.

    Args:
        recipe: The experiment.
        out: Folder to make.
        tell: Told what is being done, and how far it is.

    Raises:
        ConfigError: Something that was asked for cannot be, or `out` holds something else.
        RecordError: A data set is damaged.
    """
    proxy = check_proxy(recipe.proxy)
    check_folder(out, ("data", "base", "labellers", RESULT))
    place = out.resolve()
    prepared = prepare(recipe, place, tell)
    settings = proxy_recipe(recipe.proxy, prepared.reading, recipe.tokens, _SEED)

    def told(what: str, done: int, total: int) -> None:
        tell(f"reading, before any label: {what}", done, total)

    base, run = train_proxy(settings, prepared.reading, place / "base", told)
    school = School(
        base=run,
        labels=prepared.labels,
        tests=prepared.held_out,
        learning=recipe.learning,
        device=proxy.device,
    )
    wanted = list(product(sorted(recipe.amounts), range(recipe.seeds), sorted(recipe.noises)))
    learned = []
    for number, (amount, seed, noise) in enumerate(wanted):
        said = f"amount {amount:,}, {noise:.0%} wrong, seed {seed}"
        tell(f"labeller {number + 1} of {len(wanted)} ({said})", number, len(wanted))
        with threads(proxy.threads):
            learned.append(_labeller(school, place, prepared, (recipe, base, noise, amount, seed)))
    found = judge_noise(
        NoiseFound(
            recipe=recipe,
            labels=prepared.labels,
            n_pool=len(prepared.pool),
            n_held_out=len(prepared.held_out),
            base=base,
            learned=tuple(learned),
            costs=(),
            laws=(),
        )
    )
    write_result(out, RESULT, found, render_page(found))
    return found


def _labeller(
    school: School,
    place: Path,
    prepared: Prepared,
    kind: tuple[NoiseRecipe, str, float, int, int],
) -> Learned:
    recipe, base, noise, amount, seed = kind
    said = [
        base, prepared.digest, prepared.labels, recipe.learning, noise, amount, seed,
        recipe.data_seed,
    ]  # fmt: skip
    digest = hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:20]
    chance = chance_of(str(seed), recipe.data_seed)
    drawn = draw_examples(prepared.pool, amount, chance)
    given = with_noise(drawn, noise, len(prepared.labels), chance)
    blank = Learned(
        noise=noise,
        amount=amount,
        seed=seed,
        digest=digest,
        n_wrong=sum(one.label != label for one, label in zip(drawn, given, strict=True)),
        loss=0.0,
        error=0.0,
        epoch=0,
        curve=(),
    )
    return learn(school, place / "labellers" / digest, drawn, given, blank)
