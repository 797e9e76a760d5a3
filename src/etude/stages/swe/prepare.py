"""Prepare a codebase: fetch it, install it, run its suite, and keep it, pinned, in the store."""

import shutil
import sys
from pathlib import Path, PurePosixPath

import msgspec

from etude.errors import ConfigError
from etude.records import Codebase, Origin
from etude.rollout.grading import warm
from etude.rollout.machine import ENV_TARGET, interpreter_mounts
from etude.rollout.suites import SuitePlan, SuiteRun
from etude.rollout.suites.pytest import (
    PYTEST_TARGET,
    TOOLS_TARGET,
    runner_mount,
)
from etude.sandbox import Image, Mount, Sandbox, adopt
from etude.stages.swe.baseline import MAX_SUITE_S, Baseline, first_run, measure
from etude.stages.swe.sources import Source, fetch, refuse_foreign
from etude.stages.swe.toolchains import Installed, Layout
from etude.stages.swe.toolchains._index import install, resolve
from etude.stages.swe.toolchains.python import Needs, PythonToolchain, wanted_by
from etude.store import CodebaseStore, Prepared, codebase_digest, settle_times

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
RECIPE = 6
"""Raised whenever preparing anew would give another result; older codebases are not found then."""
ERA_OF_RESULTS = f"python{PYTHON}|recipe{RECIPE}"
"""What a result of preparing depends on besides the project."""
MADE_BY = "etude.stages.swe.prepare"
ERAS = ("pytest", "pytest<9", "pytest<8")
"""Requirements of the test runner that are tried: old suites break under a new pytest."""
TEST_COMMANDS = (
    "python -m pytest",
    "python -m pytest -o addopts=",
    "python -m pytest -c /dev/null --rootdir .",
)
"""From the plainest on: some projects' own settings ask for what only their makers have."""
PYTEST_OK, PYTEST_SOME_NOT_COLLECTED = 0, 2
MAX_BAD_SHARE = 0.2
"""A suite of which more fails is tried under an older runner."""
PYTEST = {"pytest", "_pytest"}
IMPORTED_BY_PYTEST = {"pluggy", "iniconfig", "packaging", "pygments", "exceptiongroup"}
"""Modules in which a bug would break the runner instead of the tests, were they shared."""
LEFTOVERS = ("__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache")


class _Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One way to install a project, and what its suite said then."""

    installed: Installed
    run: SuiteRun
    era: str

    @property
    def n_passed(self) -> int:
        """How many tests passed."""
        return sum(result.outcome == "passed" for result in self.run.results.values())

    @property
    def bad_share(self) -> float:
        """Share of the tests and files that did not do what a healthy suite does."""
        bad = sum(r.outcome in ("failed", "error") for r in self.run.results.values())
        n_all = len(self.run.results) + len(self.run.collection_errors)
        return (bad + len(self.run.collection_errors)) / n_all if n_all else 1.0


async def prepare(
    spec: str, sandbox: Sandbox, store: CodebaseStore, *, refresh: bool = False
) -> Prepared:
    """Return the codebase that `spec` names, ready to set tasks in; found again at once.

    Args:
        spec: `pypi:NAME[==VERSION]`, a folder, an sdist file, or `git:URL-or-path[@REV]`.
        sandbox: Where code of the project runs.
        store: Where prepared codebases are kept.
        refresh: Prepare anew even if it is there.

    Raises:
        ConfigError: There is no such project, or its suite cannot judge; the message says why.
        TaskError: It cannot be installed.
        SandboxError: The box failed.
    """
    key = _key(spec)
    if not refresh and (found := find_prepared(spec, store)):
        return found
    with store.draft() as draft:
        (draft / "fetched").mkdir()
        source = fetch(spec, draft / "fetched")
        content_key = _key(f"{source.spec}#{source.digest}")
        if not refresh and (found := _known(store, content_key)):
            store.set_alias(key, found.codebase.id)
            return found
        prepared = await _prepare(source, draft, sandbox, store)
    for name in {key, content_key, _key(source.spec)}:
        store.set_alias(name, prepared.codebase.id)
    return prepared


def find_prepared(spec: str, store: CodebaseStore) -> Prepared | None:
    """Return the codebase that was prepared from a package of this name, asking nobody."""
    return _known(store, _key(spec)) if spec.startswith("pypi:") else None


def _key(spec: str) -> str:
    return f"{spec}|{ERA_OF_RESULTS}"


def _known(store: CodebaseStore, key: str) -> Prepared | None:
    digest = store.alias(key)
    return store.find(digest) if digest else None


async def _prepare(source: Source, draft: Path, sandbox: Sandbox, store: CodebaseStore) -> Prepared:
    refuse_foreign(source)
    sandbox.check()
    layout = PythonToolchain().layout(source.tree)
    if layout.name.lower() in PYTEST:
        raise ConfigError(f"{layout.name}: it is the test runner itself, so nothing can judge it")
    tools = draft / "tools"
    install(resolve(["coverage"], PYTHON), tools, PYTHON)
    workshop = _Workshop(source, draft, tools, sandbox)
    best = await workshop.try_out()
    card, baseline = await workshop.measure(best)
    (draft / "card.json").write_bytes(msgspec.json.format(msgspec.json.encode(card)))
    (draft / "coverage.msgpack").write_bytes(msgspec.msgpack.encode(baseline.coverage))
    for name in ("fetched", "tools"):
        shutil.rmtree(draft / name)
    prepared = store.add(draft)
    await warm(prepared, sandbox)
    return prepared


class _Workshop:
    """One codebase on its way into the store."""

    def __init__(self, source: Source, draft: Path, tools: Path, sandbox: Sandbox) -> None:
        self.source = source
        self.draft = draft
        self.tools = tools
        self.sandbox = sandbox
        self.toolchain = PythonToolchain()

    async def try_out(self) -> _Attempt:
        """Install until the suite lacks nothing, under the runner that suits it best."""
        best: _Attempt | None = None
        needs = Needs()
        for era in ERAS:
            needs = msgspec.structs.replace(needs, runner=era)
            attempt, needs = await self._install_and_run(needs)
            if best is None or attempt.n_passed > best.n_passed:
                best = attempt
            if attempt.bad_share <= MAX_BAD_SHARE:
                break
        assert best is not None  # noqa: S101  ERAS is not empty
        if best.era != needs.runner:
            best, _ = await self._install_and_run(msgspec.structs.replace(needs, runner=best.era))
        return best

    async def _install_and_run(self, needs: Needs) -> tuple[_Attempt, Needs]:
        for _ in range(6):
            installed = await self._install(needs)
            card = self._card(installed)
            image = self._image()
            plan = SuitePlan(collect_only=True, timeout_s=MAX_SUITE_S)
            run = await first_run(card, image, self.sandbox, plan)
            wanted = wanted_by([*run.collection_errors, run.log], card.name)
            if not set(wanted) - set(needs.requirements):
                run = await self._run_whole(card, image)
                wanted = wanted_by(_complaints(run), card.name)
            new = tuple(w for w in wanted if w not in needs.requirements)
            if not new:
                break
            needs = msgspec.structs.replace(needs, requirements=(*needs.requirements, *new))
        if not run.results:
            run = await self._run_whole(card, image)
        return _Attempt(installed=installed, run=run, era=needs.runner), needs

    async def _install(self, needs: Needs) -> Installed:
        for name in ("source", "env", "pytest"):
            shutil.rmtree(self.draft / name, ignore_errors=True)
        tree = self.draft / "source"
        shutil.copytree(self.source.tree, tree, symlinks=True)
        layout = self.toolchain.layout(tree)
        installed = await self.toolchain.install(
            tree, self.draft / "env", layout, self.sandbox, needs
        )
        if _own_modules(layout):
            install(resolve([needs.runner], PYTHON), self.draft / "pytest", PYTHON)
            settle_times(self.draft / "pytest")
        for leftover in LEFTOVERS:
            for path in [*tree.rglob(leftover)]:
                shutil.rmtree(path, ignore_errors=True)
        settle_times(tree)
        settle_times(self.draft / "env")
        adopt(tree)
        return installed

    def _image(self) -> Image:
        mounts = [
            *interpreter_mounts(PYTHON),
            Mount(source=self.draft / "env", target=ENV_TARGET),
            Mount(source=self.tools, target=TOOLS_TARGET),
            runner_mount(),
        ]
        if (self.draft / "pytest").is_dir():
            mounts.append(Mount(source=self.draft / "pytest", target=PYTEST_TARGET))
        return Image(
            workspace=(self.draft / "source",),
            mounts=tuple(mounts),
            env={"PATH": f"{ENV_TARGET}/bin:/usr/bin:/bin", "VIRTUAL_ENV": ENV_TARGET},
        )

    async def _run_whole(self, card: Codebase, image: Image) -> SuiteRun:
        plan = SuitePlan(give_up_after=0, timeout_s=MAX_SUITE_S * 2)
        run = await first_run(card, image, self.sandbox, plan)
        if run.duration_s > MAX_SUITE_S:
            raise ConfigError(
                f"{card.name} {card.version}: its suite takes {run.duration_s:.0f} s, over the "
                f"limit of {MAX_SUITE_S:.0f} s"
            )
        return run

    async def measure(self, attempt: _Attempt) -> tuple[Codebase, Baseline]:
        """Run the healthy suite again and write the codebase's card."""
        card = self._card(attempt.installed, attempt.run)
        baseline = await measure(card, self._image(), attempt.run, self.sandbox)
        card = msgspec.structs.replace(
            card,
            tests=baseline.tests,
            set_aside=baseline.set_aside,
            suite_s=round(baseline.suite_s, 3),
        )
        card = msgspec.structs.replace(card, test_command=await self._test_command())
        return msgspec.structs.replace(card, id=codebase_digest(card, self.draft)), baseline

    async def _test_command(self) -> str:
        """Find the plainest command that starts the suite the way an agent would."""
        exits: dict[int, str] = {}
        async with self.sandbox.open(self._image()) as box:
            for command in TEST_COMMANDS:
                tried = await box.run(f"{command} --collect-only -q", timeout_s=MAX_SUITE_S)
                exits.setdefault(tried.exit, command)
                if tried.exit == PYTEST_OK:
                    break
        return exits.get(PYTEST_OK) or exits.get(PYTEST_SOME_NOT_COLLECTED, "")

    def _card(self, installed: Installed, run: SuiteRun | None = None) -> Codebase:
        layout = installed.layout
        return Codebase(
            id="",
            origin=Origin(source=self.source.spec, licence=layout.licence, made_by=MADE_BY),
            name=layout.name,
            version=layout.version,
            source_digest=self.source.digest,
            summary=layout.summary,
            homepage=layout.homepage,
            interpreter=installed.interpreter,
            runner=run.runner if run else "",
            lock=installed.lock,
            source_roots=layout.source_roots,
            test_paths=layout.test_paths,
            test_args=installed.args,
            test_settings=installed.settings,
            plugins=installed.plugins,
            own_modules=_own_modules(layout),
            tests=(),
            suite_s=0.0,
            n_source_lines=layout.n_source_lines,
            notes=installed.notes,
        )


def _own_modules(layout: Layout) -> tuple[str, ...]:
    roots = {PurePosixPath(root).stem for root in layout.source_roots}
    return tuple(sorted(roots & IMPORTED_BY_PYTEST))


def _complaints(run: SuiteRun) -> list[str]:
    """What the tests of a run complained about, as text."""
    failures = [result.failure for result in run.results.values() if result.failure]
    return [run.log, *(f"{f.exception}: {f.message}" for f in failures)]
