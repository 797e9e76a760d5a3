"""Labeller: a small model that has read text and then learns labels, some of them wrong."""

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from etude.errors import ConfigError, RecordError, blame
from etude.store import write_whole
from etude.train.models import device_of, offline
from etude.train.reading.rows import encode
from etude.train.run import Run
from etude.train.vocabulary import end_of_text, read_vocabulary
from etude.value.noise.examples import Example
from etude.value.noise.recipe import Learning

_WARM_UP = 10
_CLIP = 1.0
_AT_ONCE = 256
RESULT = "learned.json"


class Learned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one labeller came to; measured on examples that are all labelled rightly."""

    noise: float
    amount: int
    seed: int
    digest: str
    """Name of its folder."""
    n_wrong: int
    """Labels that it was given and that are wrong."""
    loss: float
    """Nats a label."""
    error: float
    """Share of the examples that it labels wrongly."""
    epoch: int
    """The best one by what was kept back, which is the one that counts."""
    curve: tuple[tuple[int, float], ...]
    """Loss of what is kept back, over the epochs."""


class School(msgspec.Struct, frozen=True, kw_only=True):
    """What all labellers share."""

    base: Run
    """The model that has read."""
    labels: tuple[str, ...]
    tests: tuple[Example, ...]
    learning: Learning
    device: str


class _Tensors(msgspec.Struct, frozen=True):
    ids: torch.Tensor
    """[n, length]"""
    mask: torch.Tensor
    labels: torch.Tensor


def learn(
    school: School, folder: Path, drawn: Sequence[Example], given: Sequence[int], blank: Learned
) -> Learned:
    """Let a labeller learn examples with the labels given, or return it where it is finished.

    Args:
        school: What all share.
        folder: Its own, which appears whole or not at all.
        drawn: Examples; the last ones are kept back.
        given: A label for each.
        blank: What it is.

    Raises:
        ConfigError: The model cannot be read, or the disk takes no more.
        RecordError: What was finished is damaged.
    """
    done = folder / RESULT
    if done.exists():
        with blame(RecordError, f"reading {done}"):
            return msgspec.json.decode(done.read_bytes(), type=Learned)
    with offline(), torch.random.fork_rng():
        found = _learn(school, drawn, given, blank)
    with blame(ConfigError, f"cannot write {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "given.jsonl", _given(school.labels, drawn, given))
    write_whole(done, msgspec.json.encode(found))
    return found


def _learn(
    school: School, drawn: Sequence[Example], given: Sequence[int], blank: Learned
) -> Learned:
    how = school.learning
    device = device_of(school.device)
    model = _model(school, blank.seed).to(device)
    n_learned = max(1, len(drawn) - max(1, round(how.kept_back * len(drawn))))
    table = _tensors(school, drawn, given, device)
    tests = _tensors(school, school.tests, [one.label for one in school.tests], device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=how.lr, weight_decay=how.weight_decay)
    warm = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / _WARM_UP, total_iters=_WARM_UP)
    best, curve = math.inf, []
    found = blank
    for epoch in range(1, how.most_epochs + 1):
        order = np.random.Generator(np.random.PCG64([blank.seed, epoch])).permutation(n_learned)
        model.train()
        for at in range(0, n_learned, how.batch):
            rows = torch.from_numpy(order[at : at + how.batch]).to(device)
            optimiser.zero_grad()
            cross_entropy(_logits(model, table, rows), table.labels[rows]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
            optimiser.step()
            warm.step()
        model.eval()
        kept_back, _ = _measure(model, table, range(n_learned, len(drawn)))
        curve.append((epoch, kept_back))
        if kept_back < best:
            best = kept_back
            loss, error = _measure(model, tests, range(len(school.tests)))
            found = msgspec.structs.replace(found, loss=loss, error=error, epoch=epoch)
        elif epoch - found.epoch >= how.patience:
            break
    if not found.epoch:
        raise ConfigError(f"learning: the loss is no number; a lower lr than {how.lr:g} may help")
    return msgspec.structs.replace(found, curve=tuple(curve))


def _model(school: School, seed: int) -> PreTrainedModel:
    torch.manual_seed(seed)
    with blame(ConfigError, f"loading the model of {school.base.path}"):
        model = AutoModelForSequenceClassification.from_pretrained(
            str(school.base.model_path),
            num_labels=len(school.labels),
            local_files_only=True,
            dtype=torch.float32,
        )
    tokenizer = read_vocabulary(school.base.model_path)
    model.config.pad_token_id = tokenizer.pad_token_id
    return model


def _tensors(
    school: School, found: Sequence[Example], labels: Sequence[int], device: torch.device
) -> _Tensors:
    tokenizer = read_vocabulary(school.base.model_path)
    end, pad = end_of_text(tokenizer), int(tokenizer.pad_token_id)
    length = school.learning.length
    # The last token sees all others, and it is the one that is asked for the label.
    rows = [[*ids[: length - 1], end] for ids in encode((one.text for one in found), tokenizer)]
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return _Tensors(ids.to(device), mask.to(device), torch.tensor(list(labels)).to(device))


def _logits(model: PreTrainedModel, table: _Tensors, rows: torch.Tensor) -> torch.Tensor:
    mask = table.mask[rows]
    width = int(mask.sum(dim=1).max())
    found: torch.Tensor = model(
        input_ids=table.ids[rows][:, :width], attention_mask=mask[:, :width]
    ).logits.float()
    return found


def _measure(model: PreTrainedModel, table: _Tensors, places: range) -> tuple[float, float]:
    """Return nats a label, and the share of the labels that are missed."""
    loss = n_wrong = 0.0
    with torch.no_grad():
        for at in range(places.start, places.stop, _AT_ONCE):
            rows = torch.arange(at, min(at + _AT_ONCE, places.stop), device=table.ids.device)
            logits, wanted = _logits(model, table, rows), table.labels[rows]
            loss += float(cross_entropy(logits, wanted, reduction="sum"))
            n_wrong += float((logits.argmax(dim=1) != wanted).sum())
    return loss / len(places), n_wrong / len(places)


def _given(labels: Sequence[str], drawn: Sequence[Example], given: Sequence[int]) -> bytes:
    """Return which label each example was given, and which is right, a line each."""
    rows = (
        {"id": one.id, "given": labels[label], "right": labels[one.label]}
        for one, label in zip(drawn, given, strict=True)
    )
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
