"""grpo: practise problems with checkable answers, or repair codebases, and do more of what pays."""

from typing import Annotated, Literal

import msgspec
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from etude.train.ingredients import share_out
from etude.train.job import Job, Outcome, last_figures
from etude.train.loops._base import Count, Positive
from etude.train.loops._tuning import Tuning
from etude.train.manifest import MODEL, Figure
from etude.train.models import load_model, save_model
from etude.train.practising import Ground, Practice, ProblemGround, reason_to_stop
from etude.train.repairing import CodebaseGround
from etude.train.trainers import Watch, build, run_trainer
from etude.train.vocabulary import need_chat
from etude.train.workshop import CHECKPOINTS


class GrpoLoop(Tuning, frozen=True, kw_only=True):
    """Learns by trial from verifiable rewards, by TRL's GRPOTrainer (Shao et al. 2024)."""

    lr: float = 2e-4
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "constant_with_warmup"
    steps: Positive = 75
    batch: Positive = 16
    """Problems of a step."""
    group: Annotated[int, msgspec.Meta(ge=2)] = 8
    """Answers to each, which are compared with each other."""
    temperature: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    """Of the answers."""
    beta: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """How strongly it stays near the model that it begins with; 0 keeps no such model."""
    attempts: Positive = 4
    """At each held-out problem, for pass@1."""
    held_out_rows: Count = 200
    """Held-out problems that are tried each time, the first ones."""
    patience: Positive = 5
    """Lines of the log in a row, after which it stops where all answers to a problem get the same
    reward, or no tool is called."""
    sandbox: str = "bubblewrap"
    """Where answers that are programs run, and codebases."""
    jobs: Positive = 2
    """Answers that are judged side by side."""
    turns: Positive = 8
    """In codebases: most answers that call tools."""

    def __post_init__(self) -> None:
        if self.batch % self.accumulate:
            raise ValueError("batch must be a multiple of accumulate")

    def run(self, job: Job) -> Outcome:
        """Check everything, then train.

        Raises:
            ConfigError: The recipe or its data cannot be trained with; nothing was trained.
            RecordError: A data set is damaged.
        """
        model, tokenizer = load_model(job.pantry.places("model")[0])
        need_chat(tokenizer)
        ground = self._ground(job, tokenizer)
        try:
            before = ground.say(model, self.samples)
            trained, watch = self._practise(job, model, tokenizer, ground)
            after = ground.say(trained.eval(), self.samples)
        finally:
            ground.close()
        save_model(trained, tokenizer, job.draft / MODEL)
        return Outcome(
            n_steps=watch.n_steps,
            ended=watch.ended or "all steps were done",
            figures={
                **last_figures(job.log),
                **ground.figures,
                "problems": Figure(value=len(ground.rows)),
                "left out as too long": Figure(value=ground.n_long),
            },
            samples=ground.samples(before, after),
        )

    def _ground(self, job: Job, tokenizer: PreTrainedTokenizerFast) -> Ground:
        practice = Practice(
            attempts=self.attempts,
            answer_tokens=self.answer_tokens,
            temperature=self.temperature,
            length=self.length,
            sandbox=self.sandbox,
            jobs=self.jobs,
            turns=self.turns,
        )
        if "tasks" in job.pantry.tables("data"):
            return CodebaseGround(job, tokenizer, practice)
        learned, held_out = share_out(
            job.pantry.problems("data"),
            job.pantry.problems("held_out"),
            lambda posed: posed[0].prompt,
            self.seed,
            self.held_out_share,
        )
        return ProblemGround(job, tokenizer, learned, held_out[: self.held_out_rows], practice)

    def _practise(
        self,
        job: Job,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        ground: Ground,
    ) -> tuple[PreTrainedModel, Watch]:
        with_tools = ground.environments is not None
        watch = Watch(
            job,
            every=self.eval_every,
            seed=self.seed,
            measure=ground.sit,
            reason_to_stop=lambda: reason_to_stop(job, self.patience, with_tools=with_tools),
        )
        arguments = self.arguments(str(job.work / CHECKPOINTS))
        arguments["per_device_train_batch_size"] = self.batch * self.group // self.accumulate
        trainer = build(
            GRPOTrainer,
            model=model,
            reward_funcs=[ground.reward()],
            args=build(
                GRPOConfig,
                **arguments,
                num_generations=self.group,
                max_completion_length=self.answer_tokens,
                max_tool_calling_iterations=self.turns if with_tools else None,
                temperature=self.temperature,
                top_k=0,
                beta=self.beta,
                scale_rewards="group",
                loss_type="dapo",
            ),
            train_dataset=Dataset.from_list(ground.rows),
            processing_class=tokenizer,
            callbacks=[watch],
            peft_config=self.lora.config("CAUSAL_LM"),
            environment_factory=ground.environments,
        )
        return run_trainer(trainer, job), watch
