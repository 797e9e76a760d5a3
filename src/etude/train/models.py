"""Models: built from a shape or loaded from a folder, put on a device, saved. Never downloaded."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import torch
from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from huggingface_hub import constants
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.utils import logging

from etude.errors import ConfigError, blame
from etude.train.ingredients import model_folder
from etude.train.vocabulary import read_vocabulary

Precision = Literal["auto", "float32", "bfloat16"]


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model to train: its size, where a new one is built, of the architecture of Qwen3."""

    path: str = ""
    """Folder of a run or of a model to start from; empty builds a new one, and then the sizes
    below count."""
    hidden: Annotated[int, msgspec.Meta(ge=8)] = 128
    """Width."""
    layers: Annotated[int, msgspec.Meta(ge=1)] = 3
    heads: Annotated[int, msgspec.Meta(ge=1)] = 4
    """Heads of attention; `hidden` must be a multiple of it."""
    kv_heads: Annotated[int, msgspec.Meta(ge=1)] = 2
    """Heads of keys and values; `heads` must be a multiple of it."""
    mlp: Annotated[int, msgspec.Meta(ge=8)] = 384
    """Width within the feed-forward part."""
    context: Annotated[int, msgspec.Meta(ge=8)] = 512
    """Most tokens of a text."""

    def __post_init__(self) -> None:
        if self.hidden % self.heads or self.heads % self.kv_heads:
            raise ValueError("hidden must be a multiple of heads, and heads of kv_heads")
        if self.hidden // self.heads % 2:
            raise ValueError("hidden / heads must be even")


class Lora(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Train a few weights beside those of the model (Hu et al. 2021, arXiv:2106.09685)."""

    rank: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Rank of what is learned; 0 trains every weight of the model instead."""
    alpha: Annotated[float, msgspec.Meta(gt=0)] = 16.0
    """Scale: what is learned counts alpha / rank."""
    dropout: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    targets: tuple[str, ...] = ()
    """Names of the layers; none means every linear one but the last."""

    def config(self, task: Literal["CAUSAL_LM", "SEQ_CLS"]) -> LoraConfig | None:
        """Return the settings as peft takes them; `None` when every weight is trained."""
        if not self.rank:
            return None
        return LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=list(self.targets) or "all-linear",
            task_type=task,
        )


@contextmanager
def offline() -> Iterator[None]:
    """Keep the libraries from the network, and from talking, while the block runs."""
    told = {
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRL_EXPERIMENTAL_SILENCE": "1",
    }
    before, was_offline = {name: os.environ.get(name) for name in told}, constants.HF_HUB_OFFLINE
    os.environ.update(told)
    constants.HF_HUB_OFFLINE = True
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    tables = not are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if tables:
            enable_progress_bars()
        constants.HF_HUB_OFFLINE = was_offline
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def build_model(shape: Shape, tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """Return a new model with weights drawn by chance."""
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.hidden // shape.heads,
        intermediate_size=shape.mlp,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    model = Qwen3ForCausalLM(config)
    # Trainers write it on a card.
    model.config._name_or_path = "etude"
    return model


def load_model(path: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return the language model of a run or folder, in float32, and its tokenizer.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    folder = model_folder(path)
    tokenizer = read_vocabulary(folder)
    with offline(), blame(ConfigError, f"loading the model of {path}"):
        model = AutoModelForCausalLM.from_pretrained(
            str(folder), local_files_only=True, dtype=torch.float32
        )
    model.config.pad_token_id = tokenizer.pad_token_id
    return model.eval(), tokenizer


def load_judge(path: Path, seed: int = 0) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return a reward model and its tokenizer; a language model gets a new head, by chance.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    folder = model_folder(path)
    tokenizer = read_vocabulary(folder)
    tokenizer.padding_side = "right"
    torch.manual_seed(seed)
    with offline(), blame(ConfigError, f"loading the model of {path}"):
        model = AutoModelForSequenceClassification.from_pretrained(
            str(folder), num_labels=1, local_files_only=True, dtype=torch.float32
        )
    model.config.pad_token_id = tokenizer.pad_token_id
    return model.eval(), tokenizer


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a model and its tokenizer; what LoRA learned is kept beside it and merged into it.

    Raises:
        ConfigError: The disk takes no more.
    """
    with blame(ConfigError, f"saving the model to {folder}"):
        if hasattr(model, "merge_and_unload"):
            model.save_pretrained(str(folder.with_name("adapter")))
            model = model.merge_and_unload()
        model.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))


def with_lora(model: PreTrainedModel, lora: Lora) -> PreTrainedModel:
    """Return the model with what LoRA trains, or as it is where LoRA is off.

    Raises:
        ConfigError: The model has no layers of the names given.
    """
    config = lora.config("CAUSAL_LM")
    if config is None:
        return model
    with blame(ConfigError, "lora"):
        return get_peft_model(model, config)


def device_of(name: str) -> torch.device:
    """Return a device.

    Raises:
        ConfigError: There is none of that name here.
    """
    wanted = ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
    with blame(ConfigError, f"device {name!r}"):
        device = torch.device(wanted)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {name!r}: there is no GPU here; use cpu")
    return device


def in_bfloat16(precision: Precision, device: torch.device) -> bool:
    """Whether to calculate in bfloat16, which is what `auto` means on a GPU that can."""
    if precision == "auto":
        return device.type == "cuda" and bool(torch.cuda.is_bf16_supported())
    return precision == "bfloat16"


def casting(precision: Precision, device: torch.device) -> AbstractContextManager[Any]:
    """Return a context in which a model calculates with that precision."""
    if not in_bfloat16(precision, device):
        return nullcontext()
    found: AbstractContextManager[Any] = torch.autocast(device.type, dtype=torch.bfloat16)
    return found
