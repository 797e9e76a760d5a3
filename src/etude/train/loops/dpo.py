"""dpo: prefer the answers that raters prefer, and stay near where it began."""

from typing import Annotated, Any

import msgspec
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer

from etude.errors import ConfigError
from etude.train.ingredients import share_out
from etude.train.intervals import mean, share
from etude.train.job import Job, Outcome, last_figures
from etude.train.judging import Pair, asked, encode_conversation, messages_of, pairs_of, weigh
from etude.train.loops._base import Positive
from etude.train.loops._tuning import Tuning
from etude.train.manifest import MODEL, Figure, Sample
from etude.train.models import load_judge, load_model, save_model
from etude.train.speaking import Turn, answers, log_probabilities, scores, without_marks
from etude.train.trainers import Watch, build, run_trainer
from etude.train.vocabulary import need_chat
from etude.train.workshop import CHECKPOINTS


class DpoLoop(Tuning, frozen=True, kw_only=True):
    """Learns from data sets of preferences, by TRL's DPOTrainer (Rafailov et al. 2023)."""

    reference: str = ""
    """Folder of the model to stay near; empty for the one it begins with."""
    judge: str = ""
    """Folder of a run of `reward`: says how often answers beat those of the beginning. Empty asks
    nobody."""
    beta: Annotated[float, msgspec.Meta(gt=0)] = 0.1
    """How strongly it stays near the reference; smaller lets it go further."""
    steps: Positive = 60
    batch: Positive = 16
    """Pairs of a step."""
    held_out_rows: Positive = 200
    """Held-out pairs that are measured on each time, the first ones."""
    temperature: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    """Of answers that the judge compares; 0 takes the likeliest token each time."""

    def needs(self) -> dict[str, tuple[str, ...]]:
        """Return the names of all that goes in, by role."""
        return {**super().needs(), "reference": (self.reference,), "judge": (self.judge,)}

    def run(self, job: Job) -> Outcome:
        """Check everything, then train.

        Raises:
            ConfigError: The recipe or its data cannot be trained with; nothing was trained.
            RecordError: A data set is damaged.
        """
        if self.lora.rank and self.reference:
            raise ConfigError(
                "reference: with lora the reference is always the model that it begins with; "
                "leave one of the two out"
            )
        start = job.pantry.places("model")[0]
        model, tokenizer = load_model(start)
        need_chat(tokenizer)
        reference, _ = load_model((job.pantry.places("reference") or [start])[0])
        if reference.config.vocab_size != model.config.vocab_size:
            raise ConfigError("reference: its vocabulary is not that of the model")
        learned, held_out = share_out(
            list(job.pantry.preferences("data")),
            list(job.pantry.preferences("held_out")),
            asked,
            self.seed,
            self.held_out_share,
        )
        learned, n_marked = without_marks(learned, messages_of, tokenizer)
        pairs = pairs_of(learned)
        kept = [one for one in pairs if self._fits(one, tokenizer)]
        if not kept:
            raise ConfigError(
                f"data: no pair to learn from is left; {len(pairs)} are longer than {self.length} "
                "tokens"
            )
        tests = [
            one for one in pairs_of(held_out[: self.held_out_rows]) if self._fits(one, tokenizer)
        ]
        judges = [load_judge(path) for path in job.pantry.places("judge")]
        exam = _Exam(self, job, tokenizer, tests, judges, reference)
        if job.pantry.places("reference"):
            exam.first_words(load_model(start)[0])
        else:
            exam.first_words(reference)
        watch = Watch(job, every=self.eval_every, seed=self.seed, measure=exam.sit)
        trainer = build(
            DPOTrainer,
            model=model,
            ref_model=None if self.lora.rank else reference,
            args=build(
                DPOConfig,
                **self.arguments(str(job.work / CHECKPOINTS)),
                max_length=self.length,
                beta=self.beta,
            ),
            train_dataset=_table(kept),
            processing_class=tokenizer,
            callbacks=[watch],
            peft_config=self.lora.config("CAUSAL_LM"),
        )
        trained = run_trainer(trainer, job)
        save_model(trained.eval(), tokenizer, job.draft / MODEL)
        return Outcome(
            n_steps=watch.n_steps,
            ended=watch.ended or "all steps were done",
            figures={
                **last_figures(job.log),
                **exam.figures,
                "pairs": Figure(value=len(kept)),
                "left out as too long": Figure(value=len(pairs) - len(kept)),
                "left out for special tokens": Figure(value=n_marked),
            },
            samples=exam.samples(self.samples),
        )

    def _fits(self, one: Pair, tokenizer: PreTrainedTokenizerFast) -> bool:
        who = f"preference {one.id}"
        sizes = [
            len(encode_conversation(tokenizer, one.prompt + said, who))
            for said in (one.chosen, one.rejected)
        ]
        return max(sizes) <= self.length


class _Exam:
    """Held-out pairs and prompts, measured on the way."""

    def __init__(
        self,
        recipe: DpoLoop,
        job: Job,
        tokenizer: PreTrainedTokenizerFast,
        tests: list[Pair],
        judges: list[tuple[PreTrainedModel, PreTrainedTokenizerFast]],
        reference: PreTrainedModel,
    ) -> None:
        self._recipe = recipe
        self._job = job
        self._tokenizer = tokenizer
        self._tests = tests
        self._judges = judges
        self._prompts = _distinct([one.prompt for one in tests])
        self._known = [self._likelihoods(reference, chosen=chosen) for chosen in (True, False)]
        self._before: list[str] = []
        self._after: list[str] = []
        self._scores: list[float] = []
        self.figures: dict[str, Figure] = {}

    def first_words(self, start: PreTrainedModel) -> None:
        """Ask the model that it begins with."""
        self._before = self._ask(start)
        self._scores = self._judge(self._before)

    def sit(self, done: int, model: PreTrainedModel) -> None:
        """Measure."""
        if self._tests:
            found = weigh(self._margins(model), self._tests).figures
            found = {f"implicit/{name}": one for name, one in found.items()}
            found |= self._compared(model)
            self._job.log.add(done, "held_out", {name: one.value for name, one in found.items()})
            self.figures = found
        if self._job.probe is not None:
            self._job.log.add(done, "probe", self._job.probe(model, self._tokenizer))

    def samples(self, n: int) -> tuple[Sample, ...]:
        """Return prompts with the answers of the beginning and of the end."""
        rows = zip(self._prompts[:n], self._before, self._after, strict=False)
        return tuple(
            Sample(prompt=str(prompt[-1]["content"]), before=old, after=new)
            for prompt, old, new in rows
        )

    def _margins(self, model: PreTrainedModel) -> list[float]:
        """Return the implicit rewards of chosen answers less those of rejected ones."""
        now = [self._likelihoods(model, chosen=chosen) for chosen in (True, False)]
        rows = zip(*now, *self._known, strict=True)
        return [self._recipe.beta * ((a - ref_a) - (b - ref_b)) for a, b, ref_a, ref_b in rows]

    def _likelihoods(self, model: PreTrainedModel, *, chosen: bool) -> list[float]:
        rows = []
        for one in self._tests:
            text = self._tokenizer.apply_chat_template(
                one.prompt, tokenize=False, add_generation_prompt=True
            )
            before = self._tokenizer(text, add_special_tokens=False)["input_ids"]
            said = one.prompt + (one.chosen if chosen else one.rejected)
            whole = encode_conversation(self._tokenizer, said, f"preference {one.id}")
            rows.append((before, whole[len(before) :]))
        return log_probabilities(model, rows) if rows else []

    def _compared(self, model: PreTrainedModel) -> dict[str, Figure]:
        """Return how answers compare with those of the beginning."""
        self._after = self._ask(model)
        sizes = [float(len(said)) for said in self._after]
        found = {"answer_chars": mean(sizes)}
        if self._judges:
            now = self._judge(self._after)
            wins = sum((a > b) + 0.5 * (a == b) for a, b in zip(now, self._scores, strict=True))
            found["win_rate"] = share(wins, len(now))
            found["reward"] = mean(now)
        return found

    def _ask(self, model: PreTrainedModel) -> list[str]:
        return answers(
            model,
            self._tokenizer,
            self._prompts,
            n_tokens=self._recipe.answer_tokens,
            temperature=self._recipe.temperature,
        )

    def _judge(self, said: list[str]) -> list[float]:
        if not self._judges:
            return []
        judge, tokenizer = self._judges[0]
        rows = [
            [*prompt, {"role": "assistant", "content": text}]
            for prompt, text in zip(self._prompts, said, strict=True)
        ]
        return scores(judge, tokenizer, rows)


def _distinct(prompts: list[list[Turn]]) -> list[list[Turn]]:
    """Return every prompt once, in order."""
    return list({str(prompt): prompt for prompt in prompts}.values())


def _table(pairs: list[Pair]) -> Dataset:
    rows: list[dict[str, Any]] = [
        {"prompt": one.prompt, "chosen": one.chosen, "rejected": one.rejected} for one in pairs
    ]
    return Dataset.from_list(rows)
