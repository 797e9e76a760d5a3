"""Verdicts: how held-out pairs are judged, and whose answers win, kind by kind of comparison."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.records import Preference
from etude.store import Dataset
from etude.train.intervals import share
from etude.train.judging import Pair, encode_conversation, pairs_of
from etude.train.manifest import Figure
from etude.train.models import load_judge
from etude.train.run import Run
from etude.train.speaking import answers, log_probabilities, scores
from etude.value.life.comparisons import ALL_KINDS, FACTS, KIND, RIGHT, is_better, is_right
from etude.value.life.outcome import ALL_PAIRS, BUT_FACTS, FACT_PAIRS, ByKind
from etude.value.life.own import OWN_FACTS, OWN_KINDS

_AT_ONCE = 64
Lengths = Sequence[tuple[int, int]]


class Seen(NamedTuple):
    """What was seen of one held-out pair, and of the answers to its prompt."""

    kind: str
    is_truly: bool
    """Whether what raters prefer is truly better."""
    margin_before: float
    """What the judge gives the preferred answer more, before it learned."""
    margin: float
    """The same, when it had learned."""
    implicit: float
    """How much more likely preference training made the preferred answer than the other one."""
    lengths: tuple[int, int]
    """Characters of the preferred answer and of the other one."""
    win_judged: float
    """Whether the answer after preference training beats that before it: 1, 0 or, for a tie, ½."""
    win_true: float


class Runs(NamedTuple):
    """The runs that are compared."""

    imitate: Run
    judge: Run
    prefer: Run


def look(runs: Runs, held_out: Dataset, seed: int, n_tokens: int) -> list[Seen]:
    """Return what is seen of every held-out pair.

    Args:
        runs: Models before preference training and after it, and the judge.
        held_out: Preferences that nothing learned from, and that steered nothing.
        seed: Of the judge's new head, and of the answers, which are drawn at temperature 1.
        n_tokens: Most tokens of an answer.
    """
    rows = list(held_out.rows("preferences", Preference))
    pairs = pairs_of(rows)
    before, tokenizer = runs.imitate.model()
    after, _ = runs.prefer.model()
    judge, reader = runs.judge.model()
    blank, _ = load_judge(runs.imitate.path, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        old, new = (_answers(model, tokenizer, pairs, n_tokens) for model in (before, after))
    old_scores, new_scores = (_scores(judge, reader, pairs, said) for said in (old, new))
    truths = [
        [is_right(said, row.tags[RIGHT]) for said, row in zip(texts, rows, strict=True)]
        for texts in (old, new)
    ]
    blank_margins, margins = (_margins(one, reader, pairs) for one in (blank, judge))
    likelier = _implicit(before, after, tokenizer, pairs)
    return [
        Seen(
            kind=row.tags[KIND],
            is_truly=is_better(row.chosen_source),
            margin_before=blank_margins[at],
            margin=margins[at],
            implicit=likelier[at],
            lengths=(_length(pairs[at].chosen), _length(pairs[at].rejected)),
            # Equal answers are a tie, whatever rounding makes of their scores.
            win_judged=0.5 if old[at] == new[at] else _win(new_scores[at], old_scores[at]),
            win_true=_win(truths[1][at], truths[0][at]),
        )
        for at, row in enumerate(rows)
    ]


def by_kind(seen: Sequence[Seen]) -> Iterator[ByKind]:
    """Yield the figures of all pairs, of those about facts, of all others, and of each kind."""
    facts = {*FACTS.values(), OWN_FACTS}
    groups: Mapping[str, Sequence[Seen]] = {
        ALL_PAIRS: seen,
        FACT_PAIRS: [one for one in seen if one.kind in facts],
        BUT_FACTS: [one for one in seen if one.kind not in facts],
        **{kind: [one for one in seen if one.kind == kind] for kind in (*ALL_KINDS, *OWN_KINDS)},
    }
    for name, found in groups.items():
        if found:
            yield _figures(name, found)


def _figures(name: str, seen: Sequence[Seen]) -> ByKind:
    n = len(seen)
    longer = sum(_win(*one.lengths) for one in seen)
    return ByKind(
        kind=name,
        before=_share([_win(one.margin_before, 0) for one in seen]),
        after=_share([_win(one.margin, 0) for one in seen]),
        true=_share([_win(one.margin if one.is_truly else -one.margin, 0) for one in seen]),
        blind=share(max(longer, n - longer), n),
        implicit=_share([_win(one.implicit, 0) for one in seen]),
        win_judged=_share([one.win_judged for one in seen]),
        win_true=_share([one.win_true for one in seen]),
    )


def _share(wins: Sequence[float]) -> Figure:
    return share(sum(wins), len(wins))


def _win(one: float, other: float) -> float:
    return (one > other) + 0.5 * (one == other)


def _answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[Pair],
    n_tokens: int,
) -> list[str]:
    asked = [one.prompt for one in pairs]
    return answers(model, tokenizer, asked, n_tokens=n_tokens, temperature=1.0, batch=_AT_ONCE)


def _scores(
    judge: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[Pair],
    said: Sequence[str],
) -> list[float]:
    rows = [
        [*one.prompt, {"role": "assistant", "content": text}]
        for one, text in zip(pairs, said, strict=True)
    ]
    return scores(judge, tokenizer, rows)


def _margins(
    judge: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[Pair]
) -> list[float]:
    chosen = scores(judge, tokenizer, [one.prompt + one.chosen for one in pairs])
    rejected = scores(judge, tokenizer, [one.prompt + one.rejected for one in pairs])
    return [a - b for a, b in zip(chosen, rejected, strict=True)]


def _implicit(
    before: PreTrainedModel,
    after: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[Pair],
) -> list[float]:
    """Return the implicit rewards, at a beta of 1, of chosen answers less rejected ones."""
    found = [0.0] * len(pairs)
    for sign, is_chosen in ((1, True), (-1, False)):
        rows = [_continued(one, tokenizer, is_chosen=is_chosen) for one in pairs]
        old, new = (log_probabilities(model, rows) for model in (before, after))
        found = [so_far + sign * (b - a) for so_far, a, b in zip(found, old, new, strict=True)]
    return found


def _continued(
    one: Pair, tokenizer: PreTrainedTokenizerFast, *, is_chosen: bool
) -> tuple[list[int], list[int]]:
    text = tokenizer.apply_chat_template(one.prompt, tokenize=False, add_generation_prompt=True)
    given: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    said = one.prompt + (one.chosen if is_chosen else one.rejected)
    whole = encode_conversation(tokenizer, said, f"preference {one.id}")
    return given, whole[len(given) :]


def _length(answer: Sequence[Mapping[str, object]]) -> int:
    return sum(len(str(turn["content"])) for turn in answer)
