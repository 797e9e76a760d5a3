"""The `etude problems` commands that judge: graders, answers, models, problems."""

import asyncio
import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etude.cli._problems_options import means_of, model_options, names_of
from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs, printable
from etude.cli._settings import OUT, RECIPE
from etude.cli._swe_options import DATASET, JOBS, JSON, SANDBOX
from etude.config import read_toml
from etude.errors import ConfigError
from etude.records import FamilyAudit, Grade
from etude.rollout import open_bench
from etude.rollout.answering import Answered, AnswerPlan, Setting, answer_all, problem_pairs
from etude.rollout.graders import graders
from etude.sandbox import Sandbox
from etude.stages.problems.audit import audit_dataset
from etude.stages.problems.calibrate import CalibrateRecipe, calibrate
from etude.store import Dataset


def print_audits(audits: tuple[FamilyAudit, ...]) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False)
    headings = ("family", "problems", "right, refused", "wrong, paid", "faults", "left out because")
    for heading in headings:
        left = heading in ("family", "left out because")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for audit in audits:
        table.add_row(
            Text(printable(audit.family)),
            str(audit.n_problems),
            f"{audit.n_false_rejects}/{audit.n_spellings}",
            f"{audit.n_false_accepts}/{audit.n_near_misses}",
            str(audit.n_faults),
            Text(printable(audit.refused)),
        )
    console.print(table)
    kept = [audit for audit in audits if not audit.refused]
    click.echo(
        f"{len(kept)} of {len(audits)} families kept: of "
        f"{sum(a.n_spellings for a in kept)} right answers "
        f"{sum(a.n_false_rejects for a in kept)} were refused, of "
        f"{sum(a.n_near_misses for a in kept)} wrong ones "
        f"{sum(a.n_false_accepts for a in kept)} were paid"
    )


@click.command("audit", epilog="Example: etude problems audit problems")
@DATASET
@click.option("--seed", type=int, default=0, show_default=True)
@SANDBOX
@JOBS
@JSON
@click.pass_context
def audit_command(
    ctx: click.Context, dataset: Path, seed: int, sandbox: Sandbox, jobs: int, as_json: bool
) -> None:
    """Try the graders of DATASET: right answers in other words, wrong ones that look right."""
    held = Dataset.open(dataset)
    pairs = problem_pairs(held)
    means = means_of(sandbox, jobs)
    with progress_line(quiet=as_json) as line:

        def tell(n_done: int, n_all: int) -> None:
            line.update("auditing families", n_done, n_all)

        audits = tuple(asyncio.run(audit_dataset(pairs, means, seed=seed, tell=tell)))
    if as_json:
        click.echo(msgspec.json.encode(audits))
    else:
        print_audits(audits)
    if any(audit.refused for audit in audits):
        ctx.exit(1)


@click.command("verify", epilog="Example: etude problems verify problems --id ID --answer 42")
@DATASET
@click.option("--id", "problem_id", help="The problem to judge a response to.")
@click.option("--answer", help="Only the answer; it is put into the form that is asked for.")
@click.option("--response", type=click.Path(path_type=Path), help="A whole response; - for stdin.")
@click.option("--responses", type=click.Path(path_type=Path), help='JSONL: {"id", "response"}.')
@SANDBOX
@JOBS
@JSON
def verify_command(
    dataset: Path,
    problem_id: str | None,
    answer: str | None,
    response: Path | None,
    responses: Path | None,
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Judge one response to a problem of DATASET, or a file of responses."""
    held = Dataset.open(dataset)
    if sum(given is not None for given in (answer, response, responses)) != 1 or (
        (problem_id is None) != (responses is not None)
    ):
        raise ConfigError("give --id with --answer or --response, or else --responses")
    if responses is not None:
        given = _read_responses(responses)
    else:
        text = answer if answer is not None else _read_text(response or Path("-"))
        given = [_Response(id=problem_id or "", response=text)]
    pairs = {p.id: (p, r) for p, r in problem_pairs(held, [row.id for row in given])}

    async def judge_all() -> list[Grade]:
        async with open_bench(means_of(sandbox, jobs)) as bench:
            gate = asyncio.Semaphore(4 * jobs)

            async def one(number: int, row: _Response) -> Grade:
                reference = pairs[row.id][1]
                text = row.response
                if answer is not None:
                    settings = msgspec.json.decode(reference.grader, type=dict[str, object])
                    text = graders.make(settings).present(text)
                async with gate:
                    return await bench.grade(text, reference, episode_id=f"{row.id}-{number}")

            return list(await asyncio.gather(*(one(n, row) for n, row in enumerate(given))))

    grades = asyncio.run(judge_all())
    if as_json:
        click.echo(msgspec.json.encode(grades))
        return
    for row in grades:
        score = "fault" if row.score is None else f"{row.score:.3f}"
        click.echo(printable(f"{row.task_id}  {score}  {row.fault or row.note}"))
    if len(grades) > 1:
        click.echo(f"{sum(row.solved for row in grades)} of {len(grades)} right")


class _Response(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a file of responses."""

    id: str
    response: str


def _read_text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(f"cannot read {path}: {cause}") from cause


def _read_responses(path: Path) -> list[_Response]:
    rows = []
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if line.strip():
            try:
                rows.append(msgspec.json.decode(line, type=_Response))
            except msgspec.DecodeError as cause:
                raise ConfigError(f"{path}:{number}: {cause}") from cause
    if not rows:
        raise ConfigError(f"{path}: holds no response")
    return rows


@click.command("answer", epilog="Example: etude problems answer problems --model NAME --out ep")
@DATASET
@model_options
@OUT
@click.option("--attempts", type=click.IntRange(min=1), default=4, show_default=True)
@click.option("--system", default="", help="What the model is told first.")
@click.option("--id", "ids", multiple=True, help="Only this problem; may be given again.")
@SANDBOX
@JOBS
@JSON
def answer_command(
    dataset: Path,
    model: dict[str, Setting],
    out: Path,
    attempts: int,
    system: str,
    ids: tuple[str, ...],
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Let a model answer the problems of DATASET; write its episodes and their grades."""
    held = Dataset.open(dataset)
    plan = AnswerPlan(model=model, system=system, n_attempts=attempts)
    with progress_line(quiet=as_json) as line:

        def tell(answered: Answered, n_done: int, n_all: int) -> None:
            line.update("answering", n_done, n_all)

        means = means_of(sandbox, jobs)
        rows = asyncio.run(answer_all(held, plan, out, means, ids=ids, tell=tell))
    if as_json:
        click.echo(msgspec.json.encode([row.grade for row in rows]))
        return
    solved = {row.grade.task_id for row in rows if row.grade.solved}
    faults = [row.grade.fault for row in rows if row.grade.score is None]
    click.echo(
        f"{len(rows)} episodes in {out}: {len(solved)} of {len({r.grade.task_id for r in rows})} "
        f"problems solved at least once, {len(faults)} without a verdict"
    )
    if faults:
        click.echo(f"the first one without: {faults[0]}")
    click.echo(f"next: etude problems calibrate {dataset} --episodes {out} --out calibrated")


@click.command(
    "calibrate", epilog="Example: etude problems calibrate problems --episodes ep --out kept"
)
@DATASET
@OUT
@RECIPE
@click.option(
    "--episodes",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Graded attempts of a model; may be given again.",
)
@click.option(
    "--benchmark",
    multiple=True,
    help="A data set, or LAYOUT:FILE, whose items must not be there; may be given again.",
)
@click.option(
    "--likeness", help="Copies are found by these, with commas between.  [default: exact]"
)
@click.option("--keep", help="Of never, always, unattempted: kept all the same.")
@JSON
def calibrate_command(
    dataset: Path,
    out: Path,
    recipe: Path | None,
    episodes: tuple[Path, ...],
    benchmark: tuple[str, ...],
    likeness: str | None,
    keep: str | None,
    as_json: bool,
) -> None:
    """Keep the problems of DATASET that are worth practising on, sorted into a curriculum."""
    settings = read_toml(recipe, CalibrateRecipe) if recipe else CalibrateRecipe()
    changes: dict[str, object] = {}
    if benchmark:
        changes["benchmarks"] = benchmark
    if likeness is not None:
        changes["likeness"] = tuple({"use": name} for name in names_of(likeness))
    if keep is not None:
        changes["keep"] = names_of(keep)
    settings = msgspec.structs.replace(settings, **changes)
    held = Dataset.open(dataset)
    outcome = calibrate(held, [Dataset.open(path) for path in episodes], settings, out)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    console = Console()
    for name, means in outcome.pass_at.items():
        pairs = {f"pass@{k}": f"{value:.1%}" for k, value in means.items()}
        print_pairs(console, f"{name}, before anything was dropped", pairs)
    print_pairs(console, "dropped, by reason", outcome.dropped)
    print_pairs(console, "kept, by bin of the curriculum", outcome.bins)
    click.echo(f"{outcome.n_kept} of {outcome.n_in} problems in {outcome.path}")
