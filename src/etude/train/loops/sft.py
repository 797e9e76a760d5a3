"""sft: learn to answer as demonstrations do; only the assistant's words are learned."""

import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

from etude.errors import ConfigError
from etude.train.imitating import (
    Answered,
    Row,
    check_batch,
    encode_rows,
    first_words,
    held_out_loss,
    to_answer,
    wanted_demonstrations,
)
from etude.train.ingredients import share_out
from etude.train.intervals import share
from etude.train.job import Job, Outcome, last_figures
from etude.train.loops._base import Positive
from etude.train.loops._tuning import Tuning
from etude.train.manifest import MODEL, Figure, Sample
from etude.train.models import load_model, save_model
from etude.train.speaking import answers, without_marks
from etude.train.trainers import Watch, build, run_trainer
from etude.train.vocabulary import need_chat
from etude.train.workshop import CHECKPOINTS


class SftLoop(Tuning, frozen=True, kw_only=True):
    """Learns from data sets of demonstrations, by TRL's SFTTrainer."""

    lr: float = 1e-3
    steps: Positive = 250
    batch: Positive = 32
    """Conversations of a step."""
    held_out_rows: Positive = 200
    """Held-out demonstrations that are measured on each time, the first ones."""

    def run(self, job: Job) -> Outcome:
        """Check everything, then train.

        Raises:
            ConfigError: The recipe or its data cannot be trained with; nothing was trained.
            RecordError: A data set is damaged.
        """
        model, tokenizer = load_model(job.pantry.places("model")[0])
        need_chat(tokenizer)
        learned, held_out = share_out(
            wanted_demonstrations(job.pantry.demonstrations("data")),
            wanted_demonstrations(job.pantry.demonstrations("held_out")),
            first_words,
            self.seed,
            self.held_out_share,
        )
        held_out = held_out[: self.held_out_rows]
        learned, n_marked = without_marks(learned, lambda one: one.messages, tokenizer)
        rows, n_long = encode_rows(learned, tokenizer, self.length)
        if not rows:
            raise ConfigError(
                f"data: no demonstration to learn from is left; {n_long} are longer than "
                f"{self.length} tokens"
            )
        tests, _ = encode_rows(held_out, tokenizer, self.length)
        exam = _Exam(job, tokenizer, tests, to_answer(held_out), self.answer_tokens)
        watch = Watch(job, every=self.eval_every, seed=self.seed, measure=exam.sit)
        settings = self.arguments(str(job.work / CHECKPOINTS))
        trainer = build(
            SFTTrainer,
            model=model,
            args=build(SFTConfig, **settings, max_length=self.length, assistant_only_loss=False),
            train_dataset=_table(rows),
            processing_class=tokenizer,
            callbacks=[watch],
            peft_config=self.lora.config("CAUSAL_LM"),
        )
        with torch.random.fork_rng():
            batch = next(iter(trainer.get_train_dataloader()))
        learned_share = check_batch(batch, rows, tokenizer)
        before = exam.say(model, self.samples)
        trained = run_trainer(trainer, job)
        trained.eval()
        after = exam.say(trained, self.samples)
        figures = last_figures(job.log) | exam.figures
        figures["learned share of a batch"] = Figure(value=learned_share)
        figures["demonstrations"] = Figure(value=len(rows))
        figures["left out as too long"] = Figure(value=n_long)
        figures["left out for special tokens"] = Figure(value=n_marked)
        save_model(trained, tokenizer, job.draft / MODEL)
        return Outcome(
            n_steps=watch.n_steps,
            ended=watch.ended or "all steps were done",
            figures=figures,
            samples=exam.samples(before, after),
        )


class _Exam:
    """What is asked of the model on the way."""

    def __init__(
        self,
        job: Job,
        tokenizer: PreTrainedTokenizerFast,
        rows: list[Row],
        questions: list[Answered],
        n_tokens: int,
    ) -> None:
        self._job = job
        self._tokenizer = tokenizer
        self._rows = rows
        self._questions = questions
        self._n_tokens = n_tokens
        self.figures: dict[str, Figure] = {}

    def sit(self, done: int, model: PreTrainedModel) -> None:
        """Measure the loss on held-out answers, and how many are given word for word."""
        if self._rows:
            self._job.log.add(done, "held_out", {"loss": held_out_loss(model, self._rows)})
        if self._questions:
            right: dict[str, list[bool]] = {}
            for one, said in zip(self._questions, self._ask(model, self._questions), strict=True):
                right.setdefault(one.kind, []).append(said == one.wanted.strip())
            self.figures = {
                f"exact/{kind}": share(sum(found), len(found)) for kind, found in right.items()
            }
            values = {name: one.value for name, one in self.figures.items()}
            self._job.log.add(done, "held_out", values)
        if self._job.probe is not None:
            self._job.log.add(done, "probe", self._job.probe(model, self._tokenizer))

    def say(self, model: PreTrainedModel, n: int) -> list[str]:
        """Return what the model answers to the first questions."""
        return self._ask(model, self._questions[:n])

    def samples(self, before: list[str], after: list[str]) -> tuple[Sample, ...]:
        """Return the first questions with both answers."""
        return tuple(
            Sample(prompt=str(one.prompt[-1]["content"]), before=old, after=new, wanted=one.wanted)
            for one, old, new in zip(self._questions, before, after, strict=False)
        )

    def _ask(self, model: PreTrainedModel, questions: list[Answered]) -> list[str]:
        prompts = [one.prompt for one in questions]
        return answers(model, self._tokenizer, prompts, n_tokens=self._n_tokens)


def _table(rows: list[Row]) -> Dataset:
    return Dataset.from_dict(
        {
            "input_ids": [row.ids for row in rows],
            "assistant_masks": [row.learned for row in rows],
        }
    )
