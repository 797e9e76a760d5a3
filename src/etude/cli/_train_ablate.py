"""What `etude train ablate` does; imports torch, and so it is imported last."""

from collections.abc import Iterator
from pathlib import Path

from etude.cli._train_experiments import perform
from etude.value.ablation.ablate import ablate, read_recipe
from etude.value.ablation.outcome import Ablation, Comparison
from etude.value.experiment import said_difference, said_range


def run(recipe: Path, out: Path, *, as_json: bool) -> None:
    """Compare texts as a recipe says and print what came of it."""
    perform(read_recipe(recipe), ablate, _lines, out, as_json=as_json)


def _lines(found: Ablation) -> Iterator[str]:
    for arm in found.texts:
        times = found.recipe.tokens / arm.n_tokens
        yield (
            f"{arm.name}, seed {arm.seed}: {arm.n_tokens:,} tokens of {arm.n_documents:,} "
            f"documents, read {times:.2f} times; {arm.n_left_out} left out, being measured on"
        )
    for one in found.comparisons:
        yield _line(one)
    for arm_curve in found.curves:
        curve = arm_curve.curve
        gain = curve.next_gain
        yield (
            f"{arm_curve.arm}: 10 % more text is worth {gain.value:.4f} "
            f"[{gain.low:.4f}, {gain.high:.4f}] bits a byte"
            + "".join(f"; {doubt}" for doubt in curve.doubts)
        )
    if found.mixture is not None:
        for name, share in found.mixture.weights.items():
            yield f"best share of {name or 'no domain'}: {said_range(share)}"
        yield f"gain over shares by size: {said_range(found.mixture.gain)} bits a byte"
        for doubt in found.mixture.doubts:
            yield f"of the mixture: {doubt}"
    if found.confirmed is not None:
        gap = found.confirmed.difference
        yield (
            f"the best mixture, tried with {gap.n} other seeds: {found.confirmed.value:.4f} less "
            f"{found.confirmed.by_size:.4f} by size is {said_difference(gap)} bits a byte"
        )


def _line(one: Comparison) -> str:
    gap = one.difference
    return (
        f"{one.arm} against {one.against}, {one.metric}: {one.value:.4f} less "
        f"{one.value_against:.4f} is {gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}] over "
        f"{gap.n} seeds: {one.verdict}"
    )
