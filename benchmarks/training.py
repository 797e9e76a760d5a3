"""Tokens per second: `etude train pretrain` beside a plain PyTorch loop and transformers' Trainer.

    .venv/bin/python benchmarks/training.py [--rounds 5] [--steps 50]

The model of `recipes/train-pretrain.toml`, the same weights to begin with, the same rows of a token
set of `etude corpus pack` in the same order, the same AdamW and learning rates; on one thread, then
on two. The three run in turn, each round begins with another. Ours goes through its Python door and
is timed from one of its lines of the log to the last; the others have their data in memory and are
timed over the same steps; the plain loop is as nanochat's: forward, backward, clip, step, and it
writes nothing. On a shared machine CPU seconds are the honest figure: those of the clock hold what
others took. All three tell their losses, and those of ours and of the plain loop must agree to
1e-4, or they did not do the same work.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback
from transformers import TrainingArguments as Arguments

from etude.stages.corpus.tokens.bpe import BpeSettings, train_tokenizer
from etude.stages.corpus.tokens.packing import PackSettings, pack
from etude.train.loops.pretrain import PretrainLoop
from etude.train.metrics import SPEED
from etude.train.models import build_model, offline
from etude.train.reading.rows import Order, ShardRows
from etude.train.training import read_recipe, train
from etude.train.vocabulary import read_vocabulary
from etude.train.world import write_part

RECIPE = Path(__file__).parent.parent / "recipes" / "train-pretrain.toml"
LINE = 10
"""Steps from one line of the log to the next; the first line is warm-up."""
SAME = 1e-4
WAIT = "OMP_WAIT_POLICY"
"""Set to PASSIVE, a thread that waits for another sleeps; else it spins, which is CPU seconds for
nothing, and on a machine with others at work most of them."""
GOAL, GOAL_LOADING = 0.9, 0.03


class Task(NamedTuple):
    """The work that all three do."""

    recipe: PretrainLoop
    tokens: Path
    rows: list[tuple[torch.Tensor, torch.Tensor]]
    """Input and target of every row, in the order in which they are read."""

    def model(self) -> PreTrainedModel:
        """Return the model that all begin with."""
        tokenizer = read_vocabulary(self.tokens / "tokenizer.json")
        return build_model(self.recipe.model, tokenizer, self.recipe.seed).train()

    def optimiser(self, model: PreTrainedModel) -> torch.optim.Optimizer:
        """Return AdamW as the recipe has it, fused."""
        weights = list(model.parameters())
        return torch.optim.AdamW(
            [
                {"params": [w for w in weights if w.dim() >= 2]},
                {"params": [w for w in weights if w.dim() < 2], "weight_decay": 0.0},
            ],
            lr=self.recipe.lr,
            betas=self.recipe.betas,
            weight_decay=self.recipe.weight_decay,
            fused=True,
        )


class Watch:
    """Time from the end of the first line to the end of the last."""

    def __init__(self) -> None:
        self._at: list[tuple[float, float]] = []

    def line(self) -> None:
        """Note the end of a line."""
        self._at.append((time.process_time(), time.perf_counter()))

    def took(self) -> tuple[float, float]:
        """Return the seconds of CPU and clock."""
        (cpu, clock), (cpu_end, clock_end) = self._at[0], self._at[-1]
        return cpu_end - cpu, clock_end - clock


class Ran(NamedTuple):
    """What one turn took, and the mean loss of each line."""

    cpu_s: float
    clock_s: float
    losses: list[float]
    loading: float = 0.0
    """Share of the time of a step that loading takes, where it is known."""


def prepare(folder: Path, steps: int) -> Task:
    """Write the small world's text, pack it, and read the rows of so many steps."""
    write_part("text", folder / "text")
    train_tokenizer(folder / "text", folder / "tokenizer.json", BpeSettings(vocab=1024))
    recipe = read_recipe("pretrain", RECIPE)
    if not isinstance(recipe, PretrainLoop):
        raise TypeError(type(recipe))
    tokens = folder / "tokens"
    settings = PackSettings(length=recipe.length + 1, leftover="drop")
    pack(folder / "text", folder / "tokenizer.json", tokens, settings)
    recipe = msgspec.structs.replace(
        recipe,
        data=(str(tokens),),
        cloze="",
        held_out_share=0.0,
        steps=steps,
        log_every=LINE,
        eval_every=steps,
        save_every=steps,
    )
    shards = ShardRows([tokens])
    batch = shards.read(Order(len(shards), recipe.seed).at(0, steps * recipe.batch))
    rows = list(zip(*(torch.from_numpy(np.asarray(part)) for part in batch), strict=True))
    return Task(recipe, tokens, rows)


def ours(task: Task, threads: int) -> Ran:
    """Train through the Python door, a whole run."""
    watch = Watch()

    def tell(what: str, *_counts: int) -> None:
        if what.startswith("training"):
            watch.line()

    with tempfile.TemporaryDirectory() as folder:
        recipe = msgspec.structs.replace(task.recipe, threads=threads)
        run = train(recipe, Path(folder) / "run", tell=tell)
        losses = [value for _, value in run.curve("loss", "train")]
        seconds = [value for _, value in run.curve("seconds", SPEED)][1:]
        shares = [value for _, value in run.curve("loading_share", SPEED)][1:]
    loading = sum(s * share for s, share in zip(seconds, shares, strict=True)) / sum(seconds)
    return Ran(*watch.took(), losses, loading)


def plain(task: Task, threads: int) -> Ran:
    """Train with a loop written by hand; losses are looked at when the watch has stopped."""
    torch.set_num_threads(threads)
    recipe = task.recipe
    inputs, targets = (torch.stack(part) for part in zip(*task.rows, strict=True))
    model = task.model()
    optimiser = task.optimiser(model)
    watch, losses = Watch(), []
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.lr * recipe.schedule.at(step, recipe.steps)
        at = slice(step * recipe.batch, (step + 1) * recipe.batch)
        logits = model(input_ids=inputs[at], use_cache=False).logits
        loss = functional.cross_entropy(logits.flatten(0, 1), targets[at].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        if (step + 1) % LINE == 0:
            watch.line()
    lines = torch.stack(losses).double().reshape(-1, LINE).mean(dim=1)
    return Ran(*watch.took(), lines.tolist())


class _Lines(TrainerCallback):  # type: ignore[misc]  # the package says nothing of its types
    """Starts and stops the watch of a Trainer."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note the end of a line."""
        if state.global_step % LINE == 0:
            self.watch.line()


def trainer(task: Task, threads: int) -> Ran:
    """Train with transformers' Trainer, its data in memory, its checkpoints and reports off."""
    torch.set_num_threads(threads)
    recipe, watch, model = task.recipe, Watch(), task.model()
    optimiser = task.optimiser(model)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: recipe.schedule.at(step, recipe.steps)
    )

    def loss(outputs: Any, labels: torch.Tensor, **_counts: Any) -> torch.Tensor:
        return functional.cross_entropy(outputs.logits.flatten(0, 1), labels.flatten())

    with tempfile.TemporaryDirectory() as folder, offline():
        made = Trainer(
            model=model,
            args=Arguments(
                output_dir=folder,
                per_device_train_batch_size=recipe.batch,
                max_steps=recipe.steps,
                max_grad_norm=recipe.clip,
                logging_steps=LINE,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                use_cpu=True,
                dataloader_pin_memory=False,
                train_sampling_strategy="sequential",
            ),
            train_dataset=[{"input_ids": tokens, "labels": wanted} for tokens, wanted in task.rows],
            optimizers=(optimiser, schedule),
            compute_loss_func=loss,
            callbacks=[_Lines(watch)],
        )
        made.remove_callback(PrinterCallback)
        made.train()
    losses = [line["loss"] for line in made.state.log_history if "loss" in line]
    return Ran(*watch.took(), losses)


Seconds = Callable[[Ran], float]
BY: tuple[Seconds, Seconds] = (lambda one: one.cpu_s, lambda one: one.clock_s)
SIDES: dict[str, Callable[[Task, int], Ran]] = {"ours": ours, "plain": plain, "Trainer": trainer}


def measure(task: Task, threads: int, rounds: int) -> dict[str, list[Ran]]:
    """Let the three run in turn; each round begins with another."""
    found: dict[str, list[Ran]] = defaultdict(list)
    names = list(SIDES)
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            found[name].append(SIDES[name](task, threads))
    return found


def apart(ones: Sequence[Ran], others: Sequence[Ran]) -> float:
    """Return the largest difference of any line of the losses, of any round."""
    return max(
        abs(a - b)
        for one, other in zip(ones, others, strict=True)
        for a, b in zip(one.losses, other.losses, strict=True)
    )


def faster(found: dict[str, list[Ran]], than: str, by: Seconds) -> list[float]:
    """Return how many times as fast ours was as another, by round."""
    return [by(b) / by(a) for a, b in zip(found["ours"], found[than], strict=True)]


def report(task: Task, threads: int, found: dict[str, list[Ran]]) -> bool:
    """Write what was found; say whether the losses agree and the goals are met."""
    steps = task.recipe.steps - LINE
    n_tokens = steps * task.recipe.batch * task.recipe.length
    say = sys.stdout.write
    say(f"threads: {threads}, {len(found['ours'])} rounds of {steps} steps\n")
    for name in SIDES:
        cpu, clock = (statistics.median(n_tokens / by(one) for one in found[name]) for by in BY)
        line = f"  {name:<8} {cpu:8,.0f} tokens/CPU s {clock:8,.0f} tokens/s by the clock"
        if name != "ours":
            by_cpu, by_clock = (faster(found, name, by) for by in BY)
            line += (
                f"; ours {statistics.median(by_cpu):.3f}x ({min(by_cpu):.3f} to {max(by_cpu):.3f})"
                f", by the clock {statistics.median(by_clock):.3f}x"
                f"; losses differ by {apart(found['ours'], found[name]):.1e}"
            )
        say(line + "\n")
    ratio = min(statistics.median(faster(found, name, BY[0])) for name in SIDES if name != "ours")
    shares = [one.loading for one in found["ours"]]
    same = apart(found["ours"], found["plain"]) <= SAME
    say(
        f"  ours is {ratio:.3f}x the best by CPU (goal {GOAL}); loading takes "
        f"{statistics.median(shares):.2%} of a step, {max(shares):.2%} in the worst round (goal "
        f"{GOAL_LOADING:.0%}); losses of ours and plain {'agree' if same else 'do NOT agree'}\n"
    )
    return same and ratio >= GOAL and max(shares) < GOAL_LOADING


def main() -> None:
    """Prepare, let all three run on one thread and on two, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=50, help="of each turn, after the warm-up")
    told = parser.parse_args()
    if WAIT not in os.environ:  # it is read when torch is loaded
        again = [sys.executable, *sys.argv]
        sys.exit(subprocess.run(again, env={**os.environ, WAIT: "PASSIVE"}, check=False).returncode)
    steps = LINE + max(1, told.steps // LINE) * LINE
    good = []
    with tempfile.TemporaryDirectory() as folder:
        task = prepare(Path(folder), steps)
        for threads in (1, 2):
            good.append(report(task, threads, measure(task, threads, told.rounds)))
            sys.stdout.flush()
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
