"""reward: learn to judge answers as raters do, and stop before it learns them by heart."""

from typing import Annotated

import msgspec
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import RewardConfig, RewardTrainer

from etude.errors import ConfigError
from etude.train.ingredients import share_out
from etude.train.job import Job, Outcome, last_figures
from etude.train.judging import (
    Best,
    Pair,
    Verdicts,
    asked,
    blind_rulers,
    encode_conversation,
    judge_pairs,
    messages_of,
    pairs_of,
)
from etude.train.loops._base import Positive
from etude.train.loops._tuning import Tuning
from etude.train.manifest import MODEL, Figure
from etude.train.models import load_judge, save_model
from etude.train.speaking import without_marks
from etude.train.trainers import Watch, build, run_trainer
from etude.train.vocabulary import need_chat
from etude.train.workshop import CHECKPOINTS


class RewardLoop(Tuning, frozen=True, kw_only=True):
    """Learns from data sets of preferences (Bradley-Terry), by TRL's RewardTrainer."""

    lr: float = 2e-4
    steps: Positive = 60
    batch: Positive = 32
    """Pairs of a step."""
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    centre: Annotated[float, msgspec.Meta(ge=0)] = 0.01
    """How strongly rewards are kept around zero (Eisenstein et al. 2023, arXiv:2312.09244)."""
    eval_every: Positive = 15
    """Steps from one measurement and checkpoint to the next."""
    patience: Positive = 3
    """Measurements without a better held-out loss after which it stops. What is kept are the
    weights of the best one."""
    held_out_rows: Positive = 500
    """Held-out pairs that are measured on each time, the first ones."""

    def run(self, job: Job) -> Outcome:
        """Check everything, then train.

        Raises:
            ConfigError: The recipe or its data cannot be trained with; nothing was trained.
            RecordError: A data set is damaged.
        """
        model, tokenizer = load_judge(job.pantry.places("model")[0], self.seed)
        need_chat(tokenizer)
        learned, held_out = share_out(
            list(job.pantry.preferences("data")),
            list(job.pantry.preferences("held_out")),
            asked,
            self.seed,
            self.held_out_share,
        )
        learned, n_marked = without_marks(learned, messages_of, tokenizer)
        tests = pairs_of(held_out[: self.held_out_rows])
        if len(tests) < 2:
            raise ConfigError(
                "held_out: a reward model needs held-out pairs to know when to stop; name a data "
                "set of them, or raise held_out_share"
            )
        table, n_long = self._table(pairs_of(learned), tokenizer)
        exam = _Exam(job, tokenizer, tests, self.patience)
        watch = Watch(
            job,
            every=self.eval_every,
            seed=self.seed,
            measure=exam.sit,
            reason_to_stop=exam.reason_to_stop,
        )
        settings = self.arguments(str(job.work / CHECKPOINTS)) | {"save_steps": self.eval_every}
        trainer = build(
            RewardTrainer,
            model=model,
            args=build(
                RewardConfig,
                **settings,
                max_length=self.length,
                center_rewards_coefficient=self.centre or None,
            ),
            train_dataset=table,
            processing_class=tokenizer,
            callbacks=[watch],
            peft_config=self.lora.config("SEQ_CLS"),
        )
        trained = run_trainer(trainer, job)
        best = exam.best_step()
        exam.best.restore(best, trained)
        verdicts = judge_pairs(trained.eval(), tokenizer, tests)
        save_model(trained, tokenizer, job.draft / MODEL)
        return Outcome(
            n_steps=watch.n_steps,
            ended=watch.ended or "all steps were done",
            figures={
                **last_figures(job.log),
                **verdicts.figures,
                **blind_rulers(tests),
                "best step": Figure(value=best),
                "pairs": Figure(value=len(table)),
                "left out as too long": Figure(value=n_long),
                "left out for special tokens": Figure(value=n_marked),
            },
            reliability=verdicts.bins,
        )

    def _table(self, pairs: list[Pair], tokenizer: PreTrainedTokenizerFast) -> tuple[Dataset, int]:
        """Return the pairs as TRL takes them, encoded, and how many were too long."""
        chosen, rejected = [], []
        for one in pairs:
            who = f"preference {one.id}"
            good = encode_conversation(tokenizer, one.prompt + one.chosen, who)
            bad = encode_conversation(tokenizer, one.prompt + one.rejected, who)
            if max(len(good), len(bad)) <= self.length:
                chosen.append(good)
                rejected.append(bad)
        n_long = len(pairs) - len(chosen)
        if not chosen:
            raise ConfigError(
                f"data: no pair to learn from is left; {n_long} are longer than {self.length} "
                "tokens"
            )
        return Dataset.from_dict({"chosen_ids": chosen, "rejected_ids": rejected}), n_long


class _Exam:
    """Held-out pairs, judged on the way; says when the best is over."""

    def __init__(
        self, job: Job, tokenizer: PreTrainedTokenizerFast, tests: list[Pair], patience: int
    ) -> None:
        self._job = job
        self._tokenizer = tokenizer
        self._tests = tests
        self._patience = patience
        self.best = Best(job.work / "best")
        self._reason = ""

    def sit(self, done: int, model: PreTrainedModel) -> None:
        """Measure, keep what is best, and stop when nothing better comes."""
        verdicts: Verdicts = judge_pairs(model, self._tokenizer, self._tests)
        values = {name: one.value for name, one in verdicts.figures.items()}
        self._job.log.add(done, "held_out", values)
        if self._job.probe is not None:
            self._job.log.add(done, "probe", self._job.probe(model, self._tokenizer))
        if self.best_step() == done:
            self.best.keep(done, model)
        since = sum(step > self.best_step() for step, _ in self._losses())
        if since >= self._patience:
            self._reason = (
                f"stopped at step {done}: held-out pairs were judged best at step "
                f"{self.best_step()}, and the last {since} measurements were no better"
            )

    def reason_to_stop(self) -> str:
        """Return why nothing better is to be expected; empty while it is."""
        return self._reason

    def best_step(self) -> int:
        """Return the step at which held-out pairs were judged best; of equals the first."""
        return min(self._losses(), key=lambda row: row[1])[0]

    def _losses(self) -> list[tuple[int, float]]:
        rows = self._job.log.read()
        return [(m.step, m.value) for m in rows if (m.split, m.name) == ("held_out", "loss")]
