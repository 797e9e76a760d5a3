"""Training: one recipe becomes one run. The door to this room."""

import math
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import torch

from etude import __version__
from etude.config import read_toml
from etude.errors import ConfigError
from etude.train.ingredients import Pantry
from etude.train.job import Job, Outcome, Probe, Tell
from etude.train.loops import Loop, loops
from etude.train.manifest import METRICS, NAME, PAGE, Machine, RunManifest
from etude.train.metrics import MetricLog, write_metrics
from etude.train.models import device_of, offline
from etude.train.page import write_page
from etude.train.run import Run
from etude.train.workshop import Plan, Workshop

_PACKAGES = (
    "torch", "transformers", "tokenizers", "trl", "peft", "datasets", "accelerate", "numpy",
)  # fmt: skip


def read_recipe(loop: str, path: Path, changes: Mapping[str, object] | None = None) -> Loop:
    """Return the recipe in a TOML file for one loop.

    Args:
        loop: Name of the loop.
        path: The file.
        changes: Settings that are other than in the file; `model.path` is `path` of `[model]`.

    Raises:
        ConfigError: There is no such loop, or the file or a change does not fit it.
    """
    kind = loops.load(loop)
    recipe = read_toml(path, kind)
    if not changes:
        return recipe
    table = msgspec.to_builtins(recipe)
    for name, value in changes.items():
        *outer, last = name.split(".")
        inner = table
        for key in outer:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if not isinstance(inner, dict):
            raise ConfigError(f"{loop} has no setting {name!r}")
        inner[last] = value
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as cause:
        raise ConfigError(f"{loop}: {cause}") from cause


def train(
    recipe: Loop,
    out: Path,
    *,
    tell: Tell = lambda what, done, total: None,
    probe: Probe | None = None,
) -> Run:
    """Train as a recipe says, into the folder `out`; go on where a run was stopped.

    Args:
        recipe: A loop with its settings.
        out: Folder to make. If it holds this very run, that is returned.
        tell: Told what is being done, and how far it is.
        probe: Asked before the training, whenever held-out data are measured, and after it.

    Raises:
        ConfigError: Something that was asked for cannot be, or `out` holds something else.
            What is wrong with a recipe or its data is found before anything is trained.
        RecordError: A data set is damaged.
    """
    with offline(), Workshop(out) as shop:
        tell("preparing", 0, 0)
        pantry = Pantry(recipe.needs(), shop.folder / "world")
        plan = _plan(recipe, pantry)
        if (out / NAME).exists():
            return _finished(out, plan)
        shop.begin(plan)
        job = Job(
            pantry=pantry,
            draft=shop.draft,
            work=shop.folder,
            log=MetricLog(shop.folder / "metrics.jsonl"),
            tell=tell,
            probe=probe,
        )
        with _threads(recipe.threads):
            outcome = recipe.run(job)
            manifest = _manifest(recipe, plan, outcome)
        metrics = job.log.read()
        write_metrics(shop.draft / METRICS, metrics)
        write_page(shop.draft / PAGE, manifest, metrics)
        shop.finish(manifest)
    return Run.open(out)


def _plan(recipe: Loop, pantry: Pantry) -> Plan:
    return Plan(
        loop=type(recipe).__module__.rpartition(".")[2],
        recipe=msgspec.json.encode(recipe, order="deterministic").decode(),
        code_version=__version__,
        ingredients=pantry.ingredients,
    )


def _finished(out: Path, plan: Plan) -> Run:
    """Return the run that is there already, if it is this one."""
    run = Run.open(out)
    made = run.manifest
    if (made.loop, made.recipe, made.ingredients) != (plan.loop, plan.recipe, plan.ingredients):
        raise ConfigError(f"{out} holds a run of other settings or data; name a new folder")
    return run


@contextmanager
def _threads(n: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _manifest(recipe: Loop, plan: Plan, outcome: Outcome) -> RunManifest:
    device = device_of(recipe.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return RunManifest(
        loop=plan.loop,
        recipe=plan.recipe,
        code_version=plan.code_version,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        ingredients=plan.ingredients,
        seed=recipe.seed,
        packages={name: version(name) for name in _PACKAGES},
        machine=Machine(
            system=platform.system(),
            processor=platform.machine(),
            n_cores=os.cpu_count() or 1,
            n_threads=torch.get_num_threads(),
            device=name,
        ),
        n_steps=outcome.n_steps,
        ended=outcome.ended,
        figures={name: one for name, one in outcome.figures.items() if math.isfinite(one.value)},
        samples=outcome.samples,
        reliability=outcome.reliability,
    )
