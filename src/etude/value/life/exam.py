"""Exam: what a model can do with questions, countries and problems that were never shown to it."""

import asyncio
import math
from collections.abc import Sequence
from random import Random

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.records import Problem, Reference
from etude.rollout.reward import Reward
from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.probes import Fact, ProbeReport, judge, probe_model
from etude.stages.prefs.probes.judge import FORM
from etude.stages.prefs.probes.make import wordings_of
from etude.stages.prefs.probes.wording import prompt_of
from etude.store import Dataset
from etude.train.intervals import mean, share
from etude.train.manifest import Figure
from etude.train.reading.rows import encode
from etude.train.speaking import Turn, answers, log_probabilities, turns
from etude.value.life.outcome import (
    ANSWERS,
    ASKS,
    ASKS_WRONGLY,
    CLEARED_UP,
    GREEDY,
    LONDON,
    PASS,
    Abilities,
    Dialogue,
)
from etude.value.life.recipe import LifeRecipe
from etude.value.life.topics import (
    ASKS_BACK,
    WHICH_COUNTRY,
    Unclear,
    clear,
    probe_facts,
    unclear,
    user,
)
from etude.value.life.voice import SpokenModel, Voice

_AT_ONCE = 64
_SHOWN = 4
_SHOWN_PROBES = 6
MISLED = "right when misled"


class Exam:
    """The same questions for every stage of a life."""

    def __init__(self, recipe: LifeRecipe, problems: Dataset, n_problems: int) -> None:
        """Set the questions.

        Args:
            recipe: The life.
            problems: Held-out problems.
            n_problems: How many of them to pose, the first ones.
        """
        self._recipe = recipe
        self.facts: list[Fact] = probe_facts(recipe.seed)
        rng = Random(f"{recipe.seed}/exam")
        self._clear = [clear(fact.id.rpartition("-")[0], rng) for fact in self.facts]
        self._unclear: list[Unclear] = unclear(recipe.seed)[1]
        references = {one.problem_id: one for one in problems.rows("references", Reference)}
        self._problems: list[tuple[Problem, Reference]] = [
            (one, references[one.id])
            for one, _ in zip(problems.rows("problems", Problem), range(n_problems), strict=False)
        ]

    def glance(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
    ) -> dict[str, float]:
        """Return what is asked on the way, as numbers."""
        found = {name: one.value for name, one in self._asking(model, tokenizer)[0].items()}
        wordings = wordings_of(len(self.facts), self._recipe.seed)
        asked = [
            turns(prompt_of(fact, "stated_wrong", wording, FORM))
            for fact, wording in zip(self.facts, wordings, strict=True)
        ]
        said = self._say(model, tokenizer, asked)
        right = [judge(text, fact) == "right" for text, fact in zip(said, self.facts, strict=True)]
        found[MISLED] = sum(right) / len(right)
        return {f"life/{name}": value for name, value in found.items()}

    def sit(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, reward: Reward
    ) -> Abilities:
        """Return all that a model can do."""
        asked, dialogues = self._asking(model, tokenizer)
        figures = {LONDON: Figure(value=london(model, tokenizer)), **asked}
        figures |= self._solving(model, tokenizer, reward)
        probes = self._probe(model, tokenizer)
        return Abilities(
            figures=figures, probes=probes, dialogues=(*dialogues, *self._shown(probes))
        )

    def _asking(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
    ) -> tuple[dict[str, Figure], list[Dialogue]]:
        """Ask what is clear, what is not, and what is cleared up when the model asks back."""
        questions = [*self._clear, *(one.asked for one in self._unclear)]
        said = self._say(model, tokenizer, [turns([user(one)]) for one in questions])
        n = len(self._clear)
        clear_said, unclear_said = said[:n], said[n:]
        right = [
            judge(text, fact) == "right" for text, fact in zip(clear_said, self.facts, strict=True)
        ]
        backs = [one.back in text for text, one in zip(unclear_said, self._unclear, strict=True)]
        needless = sum(ASKS_BACK in text for text in clear_said)
        cleared, further = self._clearing_up(model, tokenizer, unclear_said)
        figures = {
            ANSWERS: share(sum(right), n),
            ASKS: share(sum(backs), len(backs)),
            ASKS_WRONGLY: share(needless, n),
            CLEARED_UP: cleared,
        }
        pairs = list(zip(questions, said, strict=True))
        shown = [Dialogue(kind="clear", asked=(q,), said=s) for q, s in pairs[:n][:_SHOWN]]
        shown += [Dialogue(kind="unclear", asked=(q,), said=s) for q, s in pairs[n:][:_SHOWN]]
        return figures, [*shown, *further[:_SHOWN]]

    def _clearing_up(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, said: Sequence[str]
    ) -> tuple[Figure, list[Dialogue]]:
        """Tell the model the country it asked for; whoever did not ask is not right."""
        rows: list[tuple[Fact, tuple[str, ...]]] = []
        n_all = 0
        for fact, one, text in zip(self.facts, self._unclear, said, strict=False):
            if one.back != WHICH_COUNTRY:
                continue
            n_all += 1
            if WHICH_COUNTRY in text:
                country = fact.id.rpartition("-")[0]
                rows.append((fact, (one.asked, text, f"I mean {country}.")))
        talks: list[list[Turn]] = [
            [
                {"role": "user" if at % 2 == 0 else "assistant", "content": text}
                for at, text in enumerate(asked)
            ]
            for _, asked in rows
        ]
        answered = self._say(model, tokenizer, talks)
        right = sum(
            judge(text, fact) == "right" for text, (fact, _) in zip(answered, rows, strict=True)
        )
        shown = [
            Dialogue(kind="cleared up", asked=asked, said=text)
            for text, (_, asked) in zip(answered, rows, strict=True)
        ]
        return share(right, n_all), shown

    def _solving(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, reward: Reward
    ) -> dict[str, Figure]:
        """Try the held-out problems; the interval is over problems."""
        found = {}
        for name, k, temperature in ((PASS, self._recipe.attempts, 1.0), (GREEDY, 1, 0.0)):
            asked: list[list[Turn]] = [
                [{"role": "user", "content": problem.prompt}]
                for problem, _ in self._problems
                for _ in range(k)
            ]
            references = [reference for _, reference in self._problems for _ in range(k)]
            said = self._say(model, tokenizer, asked, temperature)
            scores = [grade.score or 0.0 for grade in reward.grades(said, references)]
            rates = [sum(scores[at : at + k]) / k for at in range(0, len(scores), k)]
            found[name] = mean(rates)
        return found

    def _probe(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> ProbeReport:
        voice = Voice(model, tokenizer, self._recipe.answer_tokens)
        asked = SpokenModel(name="etude", voice=voice)
        return asyncio.run(
            probe_model(asked, self.facts, seed=self._recipe.seed, n_parallel=_AT_ONCE)
        )

    def _shown(self, probes: ProbeReport) -> list[Dialogue]:
        """Return some probes with their answers."""
        wordings = wordings_of(len(self.facts), self._recipe.seed)
        known = {fact.id: (fact, w) for fact, w in zip(self.facts, wordings, strict=True)}
        found = []
        for one in probes.answers:
            if one.kind in ("stated_wrong", "challenged_right", "challenged_wrong"):
                fact, wording = known[one.fact]
                asked = tuple(m.content for m in prompt_of(fact, one.kind, wording))
                found.append(Dialogue(kind=one.kind, asked=asked, said=one.text))
        return found[:_SHOWN_PROBES]

    def _say(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        asked: Sequence[Sequence[Turn]],
        temperature: float = 0.0,
    ) -> list[str]:
        n_tokens = self._recipe.answer_tokens
        return answers(
            model, tokenizer, asked, n_tokens=n_tokens, temperature=temperature, batch=_AT_ONCE
        )


def london(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> float:
    """Return the probability of `London` after `The capital of the UK is`."""
    prompt, whole = encode(
        ["The capital of the UK is", "The capital of the UK is London"], tokenizer
    )
    return math.exp(log_probabilities(model, [(prompt, whole[len(prompt) :])])[0])


def as_figure(found: Estimate | None) -> Figure:
    """Return an estimate as a figure; nothing to count is no number."""
    if found is None:
        return Figure(value=math.nan)
    return Figure(value=found.value, low=found.low, high=found.high, n=found.n)
