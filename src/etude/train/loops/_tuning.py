"""Tuning: what the loops share that go on with a model, through the trainers of TRL."""

from typing import Annotated, Any, Literal

import msgspec

from etude.errors import ConfigError
from etude.train.loops._base import Count, Loop, Positive
from etude.train.models import Lora, Precision, device_of, in_bfloat16


class Tuning(Loop, frozen=True, kw_only=True):
    """A loop that goes on with a model."""

    model: str
    """Folder of a run, or of a model as transformers saves it, to go on from."""
    lora: Lora = Lora()
    """Train a few weights beside those of the model; off at rank 0."""
    steps: Positive = 100
    save_every: Positive = 25
    """Steps from one checkpoint to the next: what a crash can cost."""
    batch: Positive = 16
    """Rows of a step."""
    accumulate: Positive = 1
    """Steps of the model whose gradients are added up before the weights change."""
    lr: Annotated[float, msgspec.Meta(gt=0)] = 1e-4
    """Learning rate of AdamW."""
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    warmup: Count = 5
    """Steps in which the rate rises from 0."""
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    clip: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    """Largest norm of a gradient."""
    length: Positive = 256
    """Most tokens of a row; longer ones are left out and counted."""
    precision: Precision = "auto"
    """What to calculate in: `auto` is bfloat16 on a GPU that can, else float32."""
    samples: Count = 12
    """Held-out prompts whose answers before and after are kept."""
    answer_tokens: Positive = 48
    """Most tokens of an answer that is sampled to be looked at or measured."""

    def needs(self) -> dict[str, tuple[str, ...]]:
        """Return the names of all that goes in, by role."""
        return {**super().needs(), "model": (self.model,)}

    def arguments(self, output: str) -> dict[str, Any]:
        """Return the settings that every trainer of TRL takes.

        Raises:
            ConfigError: There is no such device.
        """
        device = device_of(self.device)
        if device.index:
            raise ConfigError(
                f"device {self.device!r}: choose the GPU with CUDA_VISIBLE_DEVICES, and say `cuda`"
            )
        return {
            "output_dir": output,
            "max_steps": self.steps,
            "per_device_train_batch_size": self.batch,
            "gradient_accumulation_steps": self.accumulate,
            "learning_rate": self.lr,
            "lr_scheduler_type": self.schedule,
            "warmup_steps": self.warmup,
            "weight_decay": self.weight_decay,
            "max_grad_norm": self.clip,
            "logging_steps": self.log_every,
            "save_strategy": "steps",
            "save_steps": self.save_every,
            "save_total_limit": 2,
            "seed": self.seed,
            "use_cpu": device.type == "cpu",
            "bf16": in_bfloat16(self.precision, device),
            "gradient_checkpointing": False,
            "report_to": "none",
            "disable_tqdm": True,
            "dataloader_pin_memory": device.type == "cuda",
        }
