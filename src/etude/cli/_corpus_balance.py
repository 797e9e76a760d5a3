"""`etude corpus` commands on what a mixture should be, and how long its text lasts."""

from pathlib import Path

import click
import msgspec

from etude.cli._corpus_sources import DATASET, JSON
from etude.config import read_toml
from etude.stages.corpus.mixing import Runs, data_budget, learn, total_sizes
from etude.stages.corpus.mixing.budget import DataBudget
from etude.stages.corpus.mixing.learn import Learned
from etude.stages.corpus.mixing.trial import Trial, run_trial
from etude.store import Dataset

_BY = click.option("--by", default="domain", show_default=True, help="What makes a domain.")


class _Weights(msgspec.Struct, frozen=True):
    """A TOML file with a share for each domain."""

    weights: dict[str, float]


@click.command(
    epilog="Example: etude corpus budget corpus --params 1e9 --unit tokens --max-epochs 4"
)
@DATASET
@click.option("--params", type=float, default=0.0, help="Parameters of the model.")
@click.option("--tokens", type=float, default=0.0, help="To train on.  [default: 20 a parameter]")
@click.option("--max-epochs", type=float, default=0.0, help="A cap for each domain; 0: none.")
@click.option("--weights", type=click.Path(path_type=Path), help="A TOML file with [weights].")
@click.option(
    "--unit",
    type=click.Choice(["tokens", "words", "bytes"]),
    default="tokens",
    show_default=True,
    help="`tokens` needs the step count_tokens.",
)
@_BY
@JSON
def budget(
    dataset: Path,
    params: float,
    tokens: float,
    max_epochs: float,
    weights: Path | None,
    unit: str,
    by: str,
    as_json: bool,
) -> None:
    """Say how much unique text DATASET has for a model, and what reading it again is worth."""
    sizes = total_sizes(Dataset.open(dataset).batches("documents"), by, unit)
    found = data_budget(
        sizes,
        tokens=tokens,
        parameters=params,
        weights=read_toml(weights, _Weights).weights if weights else None,
        max_epochs=max_epochs,
    )
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _print_budget(found, unit)


@click.command(
    "learn-weights",
    epilog="Example: etude corpus learn-weights corpus --runs 32 --save-runs runs.parquet",
)
@DATASET
@click.option("--runs", "n_runs", type=click.IntRange(min=4), default=32, show_default=True)
@click.option("--run-bytes", type=float, default=1e6, show_default=True, help="Text of each run.")
@click.option("--budget", "budget_bytes", type=float, default=0.0, help="Bytes of the real run.")
@click.option("--max-epochs", type=float, default=0.0, help="A cap for each domain; 0: none.")
@click.option("--save-runs", type=click.Path(path_type=Path), help="Keep the table of runs here.")
@click.option(
    "--from-runs",
    type=click.Path(path_type=Path),
    help="Learn from runs of your own trainer: columns weight:DOMAIN and loss:TASK.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@_BY
@JSON
def learn_weights(
    dataset: Path,
    n_runs: int,
    run_bytes: float,
    budget_bytes: float,
    max_epochs: float,
    save_runs: Path | None,
    from_runs: Path | None,
    seed: int,
    by: str,
    as_json: bool,
) -> None:
    """Try mixtures of the domains of DATASET with small models and learn the best weights."""
    held = Dataset.open(dataset)
    if from_runs is not None:
        runs = Runs.load(from_runs)
        sizes = total_sizes(held.batches("documents"), by)
        learned = learn(
            runs,
            {name: sizes.get(name, 0.0) for name in runs.domains},
            budget=budget_bytes,
            max_epochs=max_epochs,
        )
    else:
        settings = Trial(
            by=by, n_runs=n_runs, budget=budget_bytes, max_epochs=max_epochs, seed=seed
        )
        proxy = msgspec.structs.replace(settings.proxy, budget_bytes=int(run_bytes), seed=seed)
        outcome = run_trial(
            held.batches("documents"), msgspec.structs.replace(settings, proxy=proxy)
        )
        runs, learned = outcome.runs, outcome.learned
    if save_runs is not None:
        runs.save(save_runs)
    if as_json:
        click.echo(msgspec.json.encode(learned))
    else:
        _print_learned(learned)


def _print_budget(found: DataBudget, unit: str) -> None:
    click.echo(
        f"{found.unique_tokens:,.0f} unique {unit}; a run of {found.wanted_tokens:,.0f} reads "
        f"{found.read_tokens:,.0f}, {found.epochs:.2f} epochs, worth {found.worth_tokens:,.0f} "
        f"fresh ones"
    )
    if found.parameters:
        click.echo(
            f"{found.parameters:,.0f} parameters are worth {found.worth_parameters:,.0f} with "
            "so much unique text"
        )
    width = max(len(domain.domain or "(none)") for domain in found.domains)
    click.echo(
        f"  {'domain':<{width}}  {'unique':>16} {'share':>7} {'epochs':>7} {'next token':>10} "
        f"{'read once by':>16}"
    )
    for domain in found.domains:
        click.echo(
            f"  {domain.domain or '(none)':<{width}}  {domain.unique_tokens:>16,.0f} "
            f"{domain.weight:>7.1%} {domain.epochs:>7.2f} {domain.next_token_worth:>10.2f} "
            f"{domain.lasts_tokens:>16,.0f}"
        )


def _print_learned(learned: Learned) -> None:
    width = max(len(name) for name in (*learned.weights, *learned.predicted))
    click.echo("[weights]")
    for name, weight in learned.weights.items():
        click.echo(f"{msgspec.json.encode(name).decode():<{width + 2}} = {weight:.4f}")
    click.echo("# predicted loss, bits a byte: with these weights, and by size")
    for name, loss in learned.predicted.items():
        click.echo(f"#   {name:<{width}}  {loss:.4f}  {learned.natural[name]:.4f}")
    click.echo(
        f"# predicted gain in mean loss: {learned.gain:.4f} "
        f"(90 % of refits: {learned.gain_low:.4f} to {learned.gain_high:.4f})"
    )
