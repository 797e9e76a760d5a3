"""Training of proxies: each is named by the digest of what decides it, and trained once."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch

from etude.errors import ConfigError
from etude.store import Dataset
from etude.store.manifest import digest_file
from etude.train.loops.pretrain import PretrainLoop
from etude.train.manifest import NAME as RUN
from etude.train.run import Run
from etude.train.training import train
from etude.value.proxies.texts import content_digest

Tell = Callable[[str, int, int], None]
Settings = dict[str, object]
"""Settings of `pretrain` that a recipe gives."""
_PLACES = ("data", "held_out", "cloze")
_CADENCES = ("log_every", "eval_every", "save_every")


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What a proxy is made from."""

    data: Path
    held_out: Path
    vocabulary: Path
    """File of the tokenizer that all proxies share."""
    cloze: Path | None = None


class Proxy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trained proxy and what it came to."""

    arm: str
    seed: int
    tokens: int
    digest: str
    """Name of its folder: two proxies that are made alike are the same one."""
    figures: dict[str, float]
    curve: tuple[tuple[int, float], ...]
    """Bits a byte of all that is held out, over the steps."""


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let torch use so many threads while the block runs; 0 leaves it to torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(n or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_proxy(settings: Settings) -> PretrainLoop:
    """Return the settings of a proxy, checked.

    Raises:
        ConfigError: A setting is unknown or does not fit.
    """
    try:
        return msgspec.convert({**settings, "data": ()}, PretrainLoop)
    except msgspec.ValidationError as cause:
        raise ConfigError(f"proxy: {cause}") from cause


def proxy_recipe(settings: Settings, material: Material, tokens: int, seed: int) -> PretrainLoop:
    """Return the recipe of one proxy, which reads so many tokens.

    Raises:
        ConfigError: A setting is unknown or does not fit.
    """
    base = check_proxy(settings)
    steps = max(1, round(tokens / (base.batch * base.length)))
    vocabulary = base.vocabulary
    if not base.model.path:
        vocabulary = msgspec.structs.replace(vocabulary, path=str(material.vocabulary))
    return msgspec.structs.replace(
        base,
        data=(str(material.data),),
        held_out=(str(material.held_out),),
        cloze=str(material.cloze) if material.cloze else "",
        vocabulary=vocabulary,
        steps=steps,
        seed=seed,
        eval_every=base.eval_every if "eval_every" in settings else max(1, steps // 3),
    )


def digest_of(recipe: PretrainLoop, material: Material) -> str:
    """Return a name for what a recipe makes of its data, wherever that lies."""
    placeless = msgspec.to_builtins(recipe)
    for place in (*_PLACES, *_CADENCES):
        del placeless[place]
    placeless["vocabulary"]["path"] = ""
    said = [
        content_digest(Dataset.open(material.data)),
        content_digest(Dataset.open(material.held_out)),
        digest_file(material.vocabulary) if not recipe.model.path else "",
        digest_file(material.cloze) if material.cloze else "",
        placeless,
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:20]


def train_proxy(
    recipe: PretrainLoop, material: Material, folder: Path, tell: Tell
) -> tuple[str, Run]:
    """Train a proxy below `folder`, go on with it, or return it where it is finished.

    Raises:
        ConfigError: The recipe or its data cannot be trained with, or another process is at it.
        RecordError: A data set is damaged.
    """
    digest = digest_of(recipe, material)
    path = folder / digest
    if (path / RUN).exists():
        return digest, Run.open(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return digest, train(recipe, path, tell=tell)


def measured(run: Run, arm: str, tokens: int, digest: str, seed: int) -> Proxy:
    """Return what a proxy came to."""
    return Proxy(
        arm=arm,
        seed=seed,
        tokens=tokens,
        digest=digest,
        figures={name: one.value for name, one in run.manifest.figures.items()},
        curve=tuple(run.curve("bits_per_byte/all", "held_out")),
    )
