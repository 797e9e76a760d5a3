"""Make synthetic text: choose sources, ask, keep what is new, measure it, let the gate judge."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from etude import __version__
from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.synthetic.answers import (
    CUT_OFF,
    DECLINED,
    NO_FORM,
    declines,
    foreign_number,
    plain,
    whole_sentences,
)
from etude.stages.corpus.synthetic.asking import Answered, Asked, ask_all
from etude.stages.corpus.synthetic.diversity import READ_CHARS, Diversity, diversity
from etude.stages.corpus.synthetic.gate import Verdict, judge
from etude.stages.corpus.synthetic.generators import Ask, Generator, generators
from etude.stages.corpus.synthetic.novelty import reasons_to_drop
from etude.stages.corpus.synthetic.recipe import SynthesisRecipe
from etude.stages.corpus.synthetic.sources import COLUMNS, choose
from etude.stages.corpus.synthetic.writing import Candidate, Report, write
from etude.store import JOURNAL, Dataset, DatasetWriter, Journal
from etude.store.manifest import NAME as MANIFEST

COMMAND = "etude corpus synthesise"
SILENT = "the model did not answer"
UNPAID = "not asked, for max_cost_usd was reached"
FOREIGN = "names a number that its source does not have"
Tell = Callable[[int, int, float], None]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the data set: written into its manifest, compared when it is made again."""

    command: str
    recipe: SynthesisRecipe
    inputs: str
    """Digest of the data set that was read."""


class SynthesisOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made."""

    path: str
    n_sources: int
    n_asked: int
    """Questions, or texts of templates."""
    n_answered: int
    """Questions that this run had to ask; the others were in the journal."""
    n_texts: int
    n_kept: int
    dropped: dict[str, int]
    n_prompt_tokens: int
    n_completion_tokens: int
    cost_usd: float
    """Of all answers, those of earlier runs included."""
    verdict: Verdict
    diversity: Diversity | None
    """`None` where there was too little text to measure."""


def synthesise(
    recipe: SynthesisRecipe,
    source: Path,
    target: Path,
    *,
    jobs: int = 2,
    tell: Tell = lambda n_done, n_all, cost_usd: None,
) -> SynthesisOutcome:
    """Make the data set that `recipe` describes from the documents at `source`; resumes.

    Raises:
        ConfigError: A setting is wrong, `source` holds no documents, `target` holds something else.
        ModelError: The model does not answer.
    """
    generator = generators.make(recipe.generator)
    if generator.asks_model and not recipe.model:
        raise ConfigError(f"the generator {recipe.generator.get('use')!r} asks a model: name one")
    held = Dataset.open(source)
    if held.manifest.record != "document":
        raise ConfigError(f"{source} is a data set of {held.manifest.record}s, not of documents")
    aim = Made(command=COMMAND, recipe=_spelt_out(recipe), inputs=held.manifest.digest)
    with DatasetWriter(target, record="document") as writer:
        _check_target(target, aim)
        sources = choose(
            held.batches("documents", list(COLUMNS)),
            limit=recipe.limit,
            least_chars=recipe.least_chars,
            where=recipe.where,
            seed=recipe.seed,
        )
        asks = list(generator.asks(sources, recipe.seed))
        if not asks:
            raise ConfigError("the sources have nothing that this generator asks for")
        asked = _ask(asks, recipe, target, jobs, tell)
        found = _Synthesis(recipe, generator, sources, asks, asked)
        report = found.judge()
        write(writer, found.candidates, report, _encode(aim), aim.inputs)
    return found.outcome(target, report)


def _ask(
    asks: Sequence[Ask], recipe: SynthesisRecipe, target: Path, jobs: int, tell: Tell
) -> Asked:
    prompts = [ask.prompt for ask in asks if ask.prompt]
    if not prompts:
        return Asked(answers=(), n_new=0, over_budget=False, last_error="")
    with closing(Journal(target / JOURNAL)) as journal:
        return ask_all(
            prompts, recipe.model, journal, jobs=jobs, max_cost_usd=recipe.max_cost_usd, tell=tell
        )


def _spelt_out(recipe: SynthesisRecipe) -> SynthesisRecipe:
    made = generators.make(recipe.generator)
    table = {"use": recipe.generator["use"], **msgspec.to_builtins(made)}
    return msgspec.structs.replace(recipe, generator=table)


def _encode(aim: Made) -> str:
    return msgspec.json.encode(aim, order="deterministic").decode()


def _check_target(target: Path, aim: Made) -> None:
    """Refuse a folder with another data set; one that is judged otherwise may be made anew."""
    if not (target / MANIFEST).exists():
        return
    try:
        there = msgspec.json.decode(Dataset.open(target).manifest.recipe, type=Made)
    except msgspec.DecodeError:
        there = None
    if there is None or _encode(_core(there)) != _encode(_core(aim)):
        raise ConfigError(
            f"{target} holds a data set that was made otherwise (another source, generator or "
            "model); name a new folder"
        )


def _core(made: Made) -> Made:
    """Return what makes it another data set; how much is made and how it is judged does not."""
    plain_ = SynthesisRecipe(generator={})
    kept = {"generator", "model", "where", "domain", "seed"}
    changes = {name: getattr(plain_, name) for name in plain_.__struct_fields__ if name not in kept}
    return msgspec.structs.replace(made, recipe=msgspec.structs.replace(made.recipe, **changes))


class _Synthesis:
    """Answers becoming documents."""

    def __init__(
        self,
        recipe: SynthesisRecipe,
        generator: Generator,
        sources: Sequence[Document],
        asks: Sequence[Ask],
        asked: Asked,
    ) -> None:
        self.recipe = recipe
        self.generator = generator
        self.sources = sources
        self.asks = asks
        self.asked = asked
        self.name = str(recipe.generator["use"])
        model = recipe.model if generator.asks_model else {}
        self.model = str(model.get("name") or model.get("use") or "")
        table = sorted((k, repr(v)) for k, v in recipe.generator.items())
        told = msgspec.json.encode((table, self.model, recipe.seed, generator.prompt_version))
        self.digest = hashlib.sha256(told).hexdigest()[:6]
        self.candidates = self._read_all()

    def judge(self) -> Report:
        """Drop what is not new, measure the rest, and let the gate judge it."""
        standing = [c for c in self.candidates if not c.reason and c.document is not None]
        texts = [c.text for c in standing]
        reasons = reasons_to_drop(
            texts,
            [source.text for source in self.sources],
            max_quoted=self.generator.max_quoted,
            max_alike=self.recipe.max_alike,
        )
        for candidate, reason in zip(standing, reasons, strict=True):
            candidate.reason, candidate.stage = reason, "novelty" if reason else ""
        left = [c.document for c in standing if not c.reason and c.document is not None]
        found, verdict = self._measure(left)
        return Report(
            generator=self.name,
            model=self.model,
            prompt_version=self.generator.prompt_version,
            n_prompt_tokens=sum(row.n_prompt_tokens for row in self._answers()),
            n_completion_tokens=sum(row.n_completion_tokens for row in self._answers()),
            cost_usd=sum(row.cost_usd for row in self._answers()),
            verdict=verdict,
            diversity=found,
            seed=self.recipe.seed,
        )

    def outcome(self, target: Path, report: Report) -> SynthesisOutcome:
        """Say what came of it."""
        dropped = Counter(c.reason for c in self.candidates if c.reason)
        return SynthesisOutcome(
            path=str(target),
            n_sources=len(self.sources),
            n_asked=len(self.asks),
            n_answered=self.asked.n_new,
            n_texts=len(self.candidates),
            n_kept=len(self.candidates) - dropped.total(),
            dropped=dict(sorted(dropped.items())),
            n_prompt_tokens=report.n_prompt_tokens,
            n_completion_tokens=report.n_completion_tokens,
            cost_usd=report.cost_usd,
            verdict=report.verdict,
            diversity=report.diversity,
        )

    def _measure(self, left: Sequence[Document]) -> tuple[Diversity | None, Verdict]:
        if not left:
            return None, Verdict(weight=1.0, reasons=("not judged: there is no text left",))
        try:
            found = diversity(left, self.sources, self.recipe.diversity)
        except ConfigError as error:
            if len(left) >= self.recipe.gate.least_clusters:
                raise
            return None, Verdict(weight=1.0, reasons=(f"not judged: {error}",))
        return found, judge(found, self.recipe.gate)

    def _answers(self) -> list[Answered]:
        return [row for row in self.asked.answers if row is not None]

    def _read_all(self) -> list[Candidate]:
        answers = iter(self.asked.answers)
        found: list[Candidate] = []
        for number, ask in enumerate(self.asks):
            if not ask.prompt:
                found.append(self._candidate(ask, number, 0, ask.text))
                continue
            row = next(answers)
            if row is None:
                reason = UNPAID if self.asked.over_budget else SILENT
                found.append(Candidate(self._id(number, 0), "", None, reason, "ask"))
                continue
            found += self._read(ask, number, row)
        return found

    def _read(self, ask: Ask, number: int, row: Answered) -> list[Candidate]:
        text = plain(row.text)
        reason = DECLINED if declines(text) else NO_FORM
        texts = [] if declines(text) else self.generator.read(text)
        if texts and row.cut_off:
            texts[-1] = whole_sentences(texts[-1])
            if not texts[-1]:
                texts.pop()
                reason = CUT_OFF
        if not texts:
            return [Candidate(self._id(number, 0), text, None, reason, "read")]
        return [self._candidate(ask, number, part, each) for part, each in enumerate(texts)]

    def _candidate(self, ask: Ask, number: int, part: int, text: str) -> Candidate:
        name = self._id(number, part)
        known = "\n".join(parent.text for parent in ask.parents)
        if self.generator.faithful and ask.parents and foreign_number(text, known):
            return Candidate(name, text, None, FOREIGN, "read")
        return Candidate(name, text, self._document(name, ask, text), "", "")

    def _id(self, number: int, part: int) -> str:
        return f"{self.name}-{self.digest}-{number:06}" + (f"-{part}" if part else "")

    def _document(self, name: str, ask: Ask, text: str) -> Document:
        licences = dict.fromkeys(p.origin.licence for p in ask.parents if p.origin.licence)
        version = self.generator.prompt_version
        tags = {"generator": self.name, "prompt_version": version, **ask.about}
        if self.model:
            tags["model"] = self.model
        if ask.parents:
            tags[READ_CHARS] = str(max(len(parent.text) for parent in ask.parents))
        return Document(
            id=name,
            origin=Origin(
                source=f"model:{self.model}" if self.model else f"template:{version}",
                licence=" AND ".join(licences),
                made_by=f"{type(self.generator).__module__} {__version__} prompt {version}",
                parents=tuple(parent.id for parent in ask.parents),
            ),
            text=text,
            language=ask.parents[0].language if ask.parents else "",
            domain=self.recipe.domain,
            tags=tags,
        )
