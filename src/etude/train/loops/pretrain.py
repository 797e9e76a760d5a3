"""pretrain: learn the next word of text, from packed tokens or from documents."""

from typing import Annotated

import msgspec
import torch

from etude.train.job import Job, Outcome, last_figures
from etude.train.loops._base import Count, Loop, Positive
from etude.train.manifest import MODEL
from etude.train.models import Precision, Shape, build_model, device_of, load_model, save_model
from etude.train.reading.knowing import read_cloze
from etude.train.reading.material import MaterialSettings, gather
from etude.train.reading.schedule import Schedule
from etude.train.reading.training import Pace, Reading
from etude.train.vocabulary import VocabularySettings


class PretrainLoop(Loop, frozen=True, kw_only=True):
    """Learns to go on with text. A loop of our own: nothing stands between it and torch."""

    model: Shape = Shape()
    vocabulary: VocabularySettings = VocabularySettings()
    """Of a new model, where the data are documents; token sets and old models have theirs."""
    cloze: str = ""
    """File of sentences to be finished, a `Cloze` as JSON a line; empty asks for none."""
    length: Annotated[int, msgspec.Meta(ge=2, le=1 << 20)] = 64
    """Tokens of a row, where the data are documents; token sets have theirs."""
    batch: Positive = 10
    """Rows of a step."""
    accumulate: Positive = 1
    """Parts that the rows of a step are calculated in, where memory is short."""
    epochs: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    """How often every token is seen."""
    steps: Count = 0
    """Steps, where their number is to be known; 0 takes as many as `epochs` need."""
    lr: Annotated[float, msgspec.Meta(gt=0)] = 3e-3
    """Learning rate of AdamW."""
    schedule: Schedule = Schedule()
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    """On matrices only."""
    betas: tuple[float, float] = (0.9, 0.95)
    clip: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    """Largest norm of a gradient."""
    precision: Precision = "auto"
    """What to calculate in: `auto` is bfloat16 on a GPU that can, else float32."""
    held_out_texts: Positive = 300
    """Texts that are measured on each time: so many of each domain, the first ones."""

    def needs(self) -> dict[str, tuple[str, ...]]:
        """Return the names of all that goes in, by role."""
        return {
            **super().needs(),
            "cloze": (self.cloze,),
            "model": (self.model.path,),
            "vocabulary": (self.vocabulary.path,),
        }

    def run(self, job: Job) -> Outcome:
        """Check everything, then train.

        Raises:
            ConfigError: The recipe or its data cannot be trained with; nothing was trained.
            RecordError: A data set is damaged.
        """
        device = device_of(self.device)
        old = [load_model(path) for path in job.pantry.places("model")]
        settings = MaterialSettings(
            length=self.length,
            held_out_share=self.held_out_share,
            held_out_texts=self.held_out_texts,
            seed=self.seed,
            vocabulary=self.vocabulary,
        )
        material = gather(job.pantry, settings, job.work, old[0][1] if old else None)
        probes = [
            item
            for path in job.pantry.places("cloze")
            for item in read_cloze(path, material.tokenizer)
        ]
        model = old[0][0] if old else build_model(self.model, material.tokenizer, self.seed)
        pace = Pace(
            n_steps=self.steps or max(1, -(-round(self.epochs * len(material.rows)) // self.batch)),
            n_places=self.steps * self.batch or round(self.epochs * len(material.rows)),
            batch=self.batch,
            accumulate=self.accumulate,
            lr=self.lr,
            schedule=self.schedule,
            weight_decay=self.weight_decay,
            betas=self.betas,
            clip=self.clip,
            precision=self.precision,
            log_every=self.log_every,
            eval_every=self.eval_every,
            save_every=self.save_every,
            seed=self.seed,
        )
        torch.manual_seed(self.seed)
        reading = Reading(model.to(device), material, probes, pace, job)
        reading.run()
        save_model(model, material.tokenizer, job.draft / MODEL)
        return Outcome(
            n_steps=pace.n_steps, ended="all steps were done", figures=last_figures(job.log)
        )
