"""Environment: one task with the files it starts from, ready to be opened. Holds no answer."""

import glob
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import Task, Workspace
from etude.rollout.machine import BYTECODE_TARGET, WORKDIR, image_of
from etude.sandbox import Box, Mount, Sandbox, adopt
from etude.store import Dataset
from etude.store.codebases import CodebaseStore, Prepared


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """One task, the files it starts from and its codebase."""

    task: Task
    workspace: Workspace
    prepared: Prepared

    def start_files(self) -> dict[str, str]:
        """Return the files in which the agent's tree differs from the healthy one."""
        return {file.path: file.text for file in self.workspace.files}

    def text(self, path: str) -> str | None:
        """Return a file of the agent's tree as it starts; `None` when there is none."""
        if (text := self.start_files().get(path)) is not None:
            return text
        found = self.prepared.source / path
        if not found.is_file() or found.is_symlink():
            return None
        return found.read_bytes().decode("utf-8", errors="surrogateescape")


@contextmanager
def layer(files: Mapping[str, str]) -> Iterator[Path]:
    """Hold a folder with the given files, to be laid over a codebase's tree."""
    with tempfile.TemporaryDirectory(prefix="etude-") as name:
        folder = Path(name) / "layer"
        folder.mkdir()
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", errors="surrogateescape"))
        adopt(folder)
        yield folder


@asynccontextmanager
async def open_tree(
    prepared: Prepared,
    files: Mapping[str, str | None],
    sandbox: Sandbox,
    *,
    for_grading: bool = False,
) -> AsyncIterator[Box]:
    """Hold a box of a codebase in which some files are others; `None` takes a file away.

    Raises:
        SandboxError: The box could not start.
    """
    with layer({path: text for path, text in files.items() if text is not None}) as changes:
        image = image_of(prepared, changes=changes, for_grading=for_grading)
        if for_grading:
            masks = _masks(prepared, files, changes.parent)
            image = msgspec.structs.replace(image, mounts=(*image.mounts, *masks))
        async with sandbox.open(image) as box:
            if gone := [path for path, text in files.items() if text is None]:
                await box.run(["/usr/bin/rm", "-f", "--", *gone], timeout_s=30)
            yield box


def _masks(prepared: Prepared, files: Iterable[str], folder: Path) -> list[Mount]:
    """Return what hides the healthy bytecode of changed files: code under judgement could run it.

    Python takes an empty file of bytecode for none.
    """
    nothing = folder / "nothing"
    nothing.touch()
    kept = prepared.bytecode / WORKDIR.lstrip("/")
    found = [
        compiled
        for path in files
        for compiled in (kept / path).parent.glob(f"{glob.escape(Path(path).stem)}.*.pyc")
    ]
    return [
        Mount(source=nothing, target=f"{BYTECODE_TARGET}/{path.relative_to(prepared.bytecode)}")
        for path in sorted(found)
    ]


def open_environments(
    dataset: Dataset, store: CodebaseStore, ids: Iterable[str] | None = None
) -> Iterator[Environment]:
    """Yield the environments of a data set, or those with the given ids, in its order.

    Codebases that are not in the store yet are unpacked from the data set.

    Raises:
        ConfigError: An id is not there.
        RecordError: The data set is damaged.
    """
    wanted = None if ids is None else set(ids)
    for id_ in sorted(wanted or ()):
        dataset.find("tasks", id_, Task)
    workspaces = {workspace.task_id: workspace for workspace in dataset.workspaces()}
    codebases: dict[str, Prepared] = {}
    for task in dataset.tasks():
        if wanted is not None and task.id not in wanted:
            continue
        if task.codebase not in codebases:
            codebases[task.codebase] = _codebase(dataset, store, task.codebase)
        if task.id not in workspaces:
            raise ConfigError(f"{dataset.path}: task {task.id} has no workspace")
        yield Environment(
            task=task, workspace=workspaces[task.id], prepared=codebases[task.codebase]
        )


def unpack_codebases(dataset: Dataset, store: CodebaseStore) -> list[Prepared]:
    """Return the codebases that a data set holds; those not in the store yet are unpacked.

    Raises:
        RecordError: The data set is damaged.
        ConfigError: The store cannot be written to.
    """
    names = [Path(file.name) for file in dataset.manifest.files]
    digests = [name.name.removesuffix(".tar.zst") for name in names if name.parts[0] == "codebases"]
    return [_codebase(dataset, store, digest) for digest in digests]


def _codebase(dataset: Dataset, store: CodebaseStore, digest: str) -> Prepared:
    if (found := store.find(digest)) is not None:
        return found
    prepared = store.unpack(dataset.path / "codebases" / f"{digest}.tar.zst", digest)
    adopt(prepared.source)
    return prepared
