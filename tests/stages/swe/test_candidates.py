"""Makers propose in turn; those that need more than the files get it, and are closed in the end."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest
from tests.stages.swe.card import card

from etude.records import AnswerKey, Coverage, Task, TextFile, Workspace
from etude.sandbox import sandboxes
from etude.stages.swe.bugs import Bug, BugMaker, Material, SourceFile
from etude.stages.swe.candidates import Questions, candidates
from etude.stages.swe.ledger import Verdict
from etude.store import Prepared

TEXT = "def f():\n    return 1\n"


def bug(text: str, maker: str = "test") -> Bug:
    files = (TextFile(path="a.py", text=text),)
    return Bug(
        maker=maker, kind="test", files=files, path="a.py", line=2, last_line=2, function="f"
    )


class Pure(BugMaker, frozen=True, kw_only=True):
    """Needs no more than the files."""

    texts: tuple[str, ...]

    def propose(self, files: Sequence[SourceFile], rng: Random) -> Iterator[Bug]:
        """Yield a bug for each text."""
        assert [file.text for file in files] == [TEXT]
        yield from (bug(text) for text in self.texts)


class Searching(BugMaker, frozen=True, kw_only=True):
    """Looks at all there is."""

    seen: Path

    async def search(self, material: Material, rng: Random) -> AsyncGenerator[Bug, None]:
        """Yield bugs without end."""
        assert (material.source / "a.py").read_text() == TEXT
        assert material.coverage.lines == {"a.py": {2: (0,)}}
        names = [file.path for kept in material.kept for file in kept.files]
        try:
            for number in range(1000):
                await asyncio.sleep(0)
                yield bug(f"{number}", maker=f"{names}")
        finally:
            self.seen.write_text("closed")


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    book = card(name="a", source_roots=("a.py",), test_paths=("test_a.py",))
    folder = tmp_path / book.id
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "a.py").write_text(TEXT)
    coverage = Coverage(lines={"a.py": {2: (0,)}}, imported={})
    (folder / "coverage.msgpack").write_bytes(msgspec.msgpack.encode(coverage))
    return Prepared(book, folder)


def take(
    prepared: Prepared, makers: Sequence[BugMaker], n: int, kept: Sequence[Verdict] = ()
) -> list[Bug]:
    async def collect() -> list[Bug]:
        ask = Questions(prepared, sandboxes.make("bubblewrap"), asyncio.Semaphore(1))
        stream = candidates(makers, prepared, 0, ask, kept)
        found = list[Bug]()
        while len(found) < n and (one := await anext(stream, None)) is not None:
            found.append(one)
        await stream.aclose()
        return found

    return asyncio.run(collect())


def test_makers_take_turns_and_no_bug_comes_twice(prepared: Prepared, tmp_path: Path) -> None:
    makers = [Pure(texts=("x", "0", "x", "y")), Searching(seen=tmp_path / "seen")]
    found = take(prepared, makers, 6)
    assert [one.files[0].text for one in found] == ["x", "0", "1", "2", "y", "3"]
    assert (tmp_path / "seen").read_text() == "closed"


def test_a_maker_may_propose_nothing(prepared: Prepared) -> None:
    assert take(prepared, [Pure(texts=()), Pure(texts=("x",))], 9) == [bug("x")]


def test_makers_that_come_last_see_the_broken_source_of_what_was_kept(
    prepared: Prepared, tmp_path: Path
) -> None:
    files = (TextFile(path="a.py", text="broken"), TextFile(path="test_a.py", text=""))
    verdict = Verdict(
        recipe="r",
        codebase=prepared.codebase.id,
        candidate="c",
        maker="test",
        kind="test",
        reason="",
        task=Task(
            id="t",
            origin=prepared.codebase.origin,
            codebase=prepared.codebase.id,
            project="a 1",
            statement="# It is broken",
        ),
        workspace=Workspace(task_id="t", files=files),
        key=AnswerKey(task_id="t", oracle_patch="", fail_to_pass=("t",), pass_to_pass=()),
    )
    [one] = take(prepared, [Searching(seen=tmp_path / "seen")], 1, [verdict])
    assert one.maker == "['a.py']"
