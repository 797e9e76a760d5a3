"""Reading: the tight loop of `pretrain`. Killed at any step, it ends with the same weights."""

import time
from typing import Any

import msgspec
import torch
from torch.nn import functional
from transformers import PreTrainedModel

from etude.train.checkpoints import load_state, save_state
from etude.train.job import Job
from etude.train.metrics import SPEED
from etude.train.models import Precision, casting
from etude.train.reading.knowing import ClozeItem, bits_per_byte, finish_sentences
from etude.train.reading.material import Material
from etude.train.reading.rows import IGNORED, Order
from etude.train.reading.schedule import Schedule
from etude.train.workshop import CHECKPOINTS


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How to go; fields as the recipe of `pretrain` has them."""

    n_steps: int
    n_places: int
    """Rows that are read in all, each repetition counted."""
    batch: int
    accumulate: int
    lr: float
    schedule: Schedule
    weight_decay: float
    betas: tuple[float, float]
    clip: float
    precision: Precision
    log_every: int
    eval_every: int
    save_every: int
    seed: int


class _Clock:
    """Where the time goes, evaluation left out."""

    def __init__(self) -> None:
        self.n_tokens = 0
        self.loading_s = 0.0
        self.training_s = 0.0

    def told(self) -> dict[str, float]:
        """Return the speeds since the last time and begin anew."""
        total = max(self.training_s, 1e-9)
        found = {
            "tokens_per_s": self.n_tokens / total,
            "loading_share": self.loading_s / total,
            "seconds": total,
        }
        self.n_tokens, self.loading_s, self.training_s = 0, 0.0, 0.0
        return found


class Reading:
    """One run of `pretrain`."""

    def __init__(
        self, model: PreTrainedModel, material: Material, probes: list[ClozeItem], pace: Pace,
        job: Job,
    ) -> None:  # fmt: skip
        self.model = model
        self.material = material
        self.probes = probes
        self.pace = pace
        self.job = job
        self.order = Order(len(material.rows), pace.seed)
        self.optimiser = torch.optim.AdamW(
            _groups(model, pace.weight_decay),
            lr=pace.lr,
            betas=pace.betas,
            fused=model.device.type in ("cpu", "cuda"),
        )
        self._loss = torch.zeros((), dtype=torch.float64, device=model.device)
        self._n = 0
        self._clock = _Clock()

    def run(self) -> None:
        """Train from the beginning, or from the last checkpoint."""
        done = self._resume()
        if not done:
            self._measure(0)
        self.model.train()
        for step in range(done, self.pace.n_steps):
            began = time.perf_counter()
            self._step(step)
            self._clock.training_s += time.perf_counter() - began
            self._after(step + 1)

    def _after(self, done: int) -> None:
        pace = self.pace
        is_last = done == pace.n_steps
        if done % pace.log_every == 0 or is_last:
            loss = float(self._loss) / max(self._n, 1)
            rate = self.optimiser.param_groups[0]["lr"]
            self.job.log.add(done, "train", {"loss": loss, "lr": rate})
            self.job.log.add(done, SPEED, self._clock.told())
            self._loss.zero_()
            self._n = 0
            self.job.tell("training (steps)", done, pace.n_steps)
        if done % pace.eval_every == 0 or is_last:
            self._measure(done)
        if done % pace.save_every == 0 and not is_last:
            self._save(done)

    def _step(self, step: int) -> None:
        pace = self.pace
        rate = pace.lr * pace.schedule.at(step, pace.n_steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        began = time.perf_counter()
        places = self.order.at(step * pace.batch, min((step + 1) * pace.batch, pace.n_places))
        batch = self.material.rows.read(places)
        device = self.model.device
        tokens = torch.from_numpy(batch.tokens).to(device)
        targets = torch.from_numpy(batch.targets).to(device)
        self._clock.loading_s += time.perf_counter() - began
        self._clock.n_tokens += tokens.numel()
        n_targets = int((batch.targets != IGNORED).sum())
        size = -(-len(tokens) // pace.accumulate)
        for part, wanted in zip(tokens.split(size), targets.split(size), strict=True):
            with casting(pace.precision, device):
                logits = self.model(input_ids=part, use_cache=False).logits
            loss = functional.cross_entropy(
                logits.flatten(0, 1).float(),
                wanted.flatten(),
                ignore_index=IGNORED,
                reduction="sum",
            ) / max(n_targets, 1)
            loss.backward()
            self._loss += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), pace.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._n += 1

    def _measure(self, done: int) -> None:
        """Measure what is known after so many steps; takes no chance away from the training."""
        self.job.tell("measuring", done, self.pace.n_steps)
        log, tokenizer = self.job.log, self.material.tokenizer
        if self.material.held_out:
            length = self.material.rows.length
            bits = bits_per_byte(self.model, tokenizer, self.material.held_out, length)
            log.add(done, "held_out", {f"bits_per_byte/{name}": v for name, v in bits.items()})
        if self.probes:
            log.add(done, "cloze", finish_sentences(self.model, self.probes))
        if self.job.probe is not None:
            with torch.random.fork_rng():
                torch.manual_seed(self.pace.seed)
                self.model.eval()
                log.add(done, "probe", self.job.probe(self.model, tokenizer))
        self.model.train()

    def _save(self, done: int) -> None:
        state = {
            "step": done,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "chance": torch.get_rng_state(),
            "loss": float(self._loss),
            "n": self._n,
        }
        save_state(self.job.work / CHECKPOINTS, done, state)

    def _resume(self) -> int:
        """Go back to the last checkpoint and return its step; 0 where there is none."""
        state: dict[str, Any] | None = load_state(self.job.work / CHECKPOINTS)
        done = int(state["step"]) if state else 0
        self.job.log.rewind(done if state else -1)
        if state:
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            torch.set_rng_state(state["chance"])
            self._loss.fill_(state["loss"])
            self._n = state["n"]
        return done


def _groups(model: PreTrainedModel, decay: float) -> list[dict[str, Any]]:
    """Return the weights in two groups: matrices, which decay, and others."""
    weights = [one for one in model.parameters() if one.requires_grad]
    return [
        {"params": [one for one in weights if one.dim() >= 2], "weight_decay": decay},
        {"params": [one for one in weights if one.dim() < 2], "weight_decay": 0.0},
    ]
