"""The store of prepared codebases: found at once, whole or not there, safe from strangers."""

import contextlib
import io
import os
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard
from tests.store.conftest import DIGEST

from etude.errors import ConfigError, RecordError
from etude.records import Codebase
from etude.store import SOURCE_MTIME, CodebaseStore, Prepared

Fill = Callable[..., Path]


@pytest.fixture
def store(tmp_path: Path) -> CodebaseStore:
    return CodebaseStore(tmp_path / "codebases")


@pytest.fixture
def prepared(store: CodebaseStore, fill_draft: Fill) -> Prepared:
    with store.draft() as draft:
        return store.add(fill_draft(draft))


def test_an_added_codebase_is_found_with_all_its_parts(
    store: CodebaseStore, prepared: Prepared
) -> None:
    found = store.find(DIGEST)
    assert found == prepared
    assert found is not None
    assert found.codebase.name == "tiny"
    assert found.coverage().lines == {"tiny/a.py": {1: (0,), 2: (0,)}}
    assert (found.source / "tiny" / "a.py").stat().st_mtime == SOURCE_MTIME
    assert found.env.is_dir()
    assert store.digests() == [DIGEST]
    assert [path.name for path in store.root.iterdir()] == [DIGEST]


def test_what_is_not_there_is_not_found(store: CodebaseStore) -> None:
    assert store.find(DIGEST) is None
    assert store.find("../etc") is None
    assert store.digests() == []


def test_an_abandoned_draft_leaves_nothing(store: CodebaseStore) -> None:
    with contextlib.suppress(ZeroDivisionError), store.draft() as draft:
        (draft / "source").mkdir()
        raise ZeroDivisionError
    assert list(store.root.iterdir()) == []


def test_a_draft_of_a_process_killed_days_ago_is_removed(store: CodebaseStore) -> None:
    for name, mtime in ((".draft-old", 1.0), (".draft-new", time.time())):
        (store.root / name / "source").mkdir(parents=True)
        os.utime(store.root / name, (mtime, mtime))
    with store.draft():
        pass
    assert [path.name for path in store.root.iterdir()] == [".draft-new"]


def test_two_that_add_the_same_share_it(store: CodebaseStore, fill_draft: Fill) -> None:
    barrier = threading.Barrier(4)
    found: list[Prepared] = []

    def add() -> None:
        with store.draft() as draft:
            fill_draft(draft)
            barrier.wait()
            found.append(store.add(draft))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.folder for one in found] == [store.root / DIGEST] * 4
    assert [path.name for path in store.root.iterdir()] == [DIGEST]


def test_an_unfinished_draft_is_refused(store: CodebaseStore, fill_draft: Fill) -> None:
    for name in ("card.json", "coverage.msgpack"):
        with store.draft() as draft:
            (fill_draft(draft) / name).unlink()
            with pytest.raises(RecordError, match=f"without its {name}"):
                store.add(draft)
    with store.draft() as draft:
        fill_draft(draft, "../../escape")
        with pytest.raises(RecordError, match="is not a digest"):
            store.add(draft)


def test_a_store_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigError, match="set ETUDE_HOME"),
        CodebaseStore(tmp_path / "file" / "x").draft(),
    ):
        pass


def test_home_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ETUDE_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert CodebaseStore.home() == tmp_path / "cache" / "etude" / "codebases"
    monkeypatch.setenv("ETUDE_HOME", str(tmp_path / "home"))
    assert CodebaseStore.home() == tmp_path / "home" / "codebases"


@pytest.mark.usefixtures("prepared")
def test_an_alias_is_remembered_while_its_codebase_is_there(store: CodebaseStore) -> None:
    assert store.alias("pypi:tiny==1.0") is None
    store.set_alias("pypi:tiny==1.0", DIGEST)
    store.set_alias("pypi:other==1.0", "cd" * 32)
    assert store.alias("pypi:tiny==1.0") == DIGEST
    assert store.alias("pypi:other==1.0") is None
    for path in (store.root / "names").iterdir():
        path.write_text('{"key": 1')
    assert store.alias("pypi:tiny==1.0") is None


def test_a_codebase_travels_and_packs_to_the_same_bytes(
    store: CodebaseStore, prepared: Prepared, tmp_path: Path
) -> None:
    first = store.pack(DIGEST, tmp_path / "first.tar.zst")
    os.utime(prepared.source / "run.sh", (1, 1))
    (prepared.source / "run.sh").chmod(0o711)
    elsewhere = CodebaseStore(tmp_path / "elsewhere")
    there = elsewhere.unpack(first, DIGEST)
    assert there.codebase == prepared.codebase
    assert there.coverage() == prepared.coverage()
    assert (there.source / "link").readlink() == Path("tiny/a.py")
    assert (there.source / "link").read_text() == "def a():\n    return 1\n"
    assert (there.source / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (there.source / "tiny" / "a.py").stat().st_mtime == SOURCE_MTIME
    assert not os.path.lexists(there.env / "bin" / "python")
    for again in (store, elsewhere):
        again.pack(DIGEST, tmp_path / "again.tar.zst")
        assert (tmp_path / "again.tar.zst").read_bytes() == first.read_bytes()


@pytest.mark.usefixtures("prepared")
def test_packing_what_is_not_there_or_to_nowhere_is_one_line(
    store: CodebaseStore, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="prepare it first"):
        store.pack("cd" * 32, tmp_path / "x")
    with pytest.raises(ConfigError, match="cannot write"):
        store.pack(DIGEST, tmp_path / "no" / "x")


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def archive(path: Path, members: list[tarfile.TarInfo], card: bytes) -> Path:
    """Write an archive of a good codebase with `members` added, empty ones."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in (("card.json", card), ("coverage.msgpack", EMPTY_COVERAGE)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name in ("source", "env"):
            tar.addfile(member(name, tarfile.DIRTYPE))
        for info in members:
            tar.addfile(info, io.BytesIO(b"\0" * info.size))
    path.write_bytes(zstandard.compress(raw.getvalue()))
    return path


EMPTY_COVERAGE = msgspec.msgpack.encode({"lines": {}, "imported": {}})
HOSTILE = {
    "absolute": [member("/tmp/etude-escape")],
    "parent": [member("source/../../../etude-escape")],
    "device": [member("source/null", tarfile.CHRTYPE)],
    "pipe": [member("source/pipe", tarfile.FIFOTYPE)],
    "hard link": [member("source/passwd", tarfile.LNKTYPE, "/etc/passwd")],
    "absolute link": [member("source/passwd", tarfile.SYMTYPE, "/etc/passwd")],
    "link out": [member("source/up", tarfile.SYMTYPE, "../../../..")],
    "chain of links out": [
        member("source/a/b/c", tarfile.DIRTYPE),
        member("source/deep", tarfile.SYMTYPE, "a/b/c"),
        member("source/out", tarfile.SYMTYPE, "deep/../../../../.."),
        member("env/x", tarfile.SYMTYPE, "../source/out/.."),
    ],
    "ring of links": [
        member("source/a", tarfile.SYMTYPE, "b"),
        member("source/b", tarfile.SYMTYPE, "a"),
    ],
    "through a link": [
        member("source/env", tarfile.SYMTYPE, "../env"),
        member("source/env/file"),
    ],
    "link through a link": [
        member("source/env", tarfile.SYMTYPE, "../env"),
        member("source/env/in", tarfile.SYMTYPE, "x"),
    ],
    "twice": [member("source/a"), member("source/a")],
    "twice, spelt apart": [member("source/a"), member("source/./a")],
    "something else beside": [member("etc/passwd")],
    "a file below a file": [member("card.json/x")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(
    name: str, prepared: Prepared, tmp_path: Path
) -> None:
    card = (prepared.folder / "card.json").read_bytes()
    victim = CodebaseStore(tmp_path / "deep" / "victim")
    hostile = archive(tmp_path / "x.tar.zst", HOSTILE[name], card)
    with pytest.raises(RecordError, match=r"refused|Exists|NotADirectory|File exists|Not a dir"):
        victim.unpack(hostile, DIGEST)
    assert list(victim.root.iterdir()) == []
    assert [path.name for path in victim.root.parent.iterdir()] == ["victim"]
    assert not Path("/tmp/etude-escape").exists()


def test_the_archive_that_the_hostile_ones_are_made_from_is_good(
    prepared: Prepared, tmp_path: Path
) -> None:
    card = (prepared.folder / "card.json").read_bytes()
    good = archive(tmp_path / "x.tar.zst", [member("source/a")], card)
    with pytest.raises(RecordError, match="holds codebase"):
        CodebaseStore(tmp_path / "other").unpack(good, DIGEST)


def test_an_archive_larger_than_allowed_is_refused_before_it_is_unpacked(
    prepared: Prepared, tmp_path: Path
) -> None:
    card = (prepared.folder / "card.json").read_bytes()
    big = member("source/zeros")
    big.size = 64 << 20
    bomb = archive(tmp_path / "x.tar.zst", [big], card)
    assert bomb.stat().st_size < 100_000
    other = CodebaseStore(tmp_path / "other")
    with pytest.raises(RecordError, match="larger than is allowed"):
        other.unpack(bomb, DIGEST, limit_bytes=1 << 20)
    many = archive(tmp_path / "y.tar.zst", [member(f"source/{n}") for n in range(50)], card)
    with pytest.raises(RecordError, match="one file more than is allowed"):
        other.unpack(many, DIGEST, limit_files=40)


def test_a_bomb_in_a_header_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    info = member("source/a")
    info.pax_headers = {"comment": "x" * (3 << 20)}
    card = (prepared.folder / "card.json").read_bytes()
    bomb = archive(tmp_path / "x.tar.zst", [info], card)
    with pytest.raises(RecordError, match="overlong header"):
        CodebaseStore(tmp_path / "other").unpack(bomb, DIGEST)


@pytest.mark.parametrize("content", [b"", b"nope", zstandard.compress(b"nope" * 1000)])
def test_what_is_no_archive_is_refused(
    store: CodebaseStore, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(RecordError):
        store.unpack(tmp_path / "x", DIGEST)
    with pytest.raises(ConfigError, match="there is no codebase archive"):
        store.unpack(tmp_path / "nowhere", DIGEST)


@pytest.mark.usefixtures("prepared")
def test_a_truncated_or_changed_archive_is_refused(store: CodebaseStore, tmp_path: Path) -> None:
    whole = store.pack(DIGEST, tmp_path / "x").read_bytes()
    other = CodebaseStore(tmp_path / "other")
    for cut in (len(whole) // 3, len(whole) - 20):
        (tmp_path / "x").write_bytes(whole[:cut])
        with pytest.raises(RecordError):
            other.unpack(tmp_path / "x", DIGEST)
    (tmp_path / "x").write_bytes(whole)
    with pytest.raises(RecordError, match=f"holds codebase {DIGEST}"):
        other.unpack(tmp_path / "x", "cd" * 32)
    assert list(other.root.iterdir()) == []


def test_a_damaged_card_is_named(store: CodebaseStore, prepared: Prepared) -> None:
    (prepared.folder / "card.json").write_text("{}")
    with pytest.raises(RecordError, match=r"card.json: .*missing required field"):
        store.find(DIGEST)
    assert Codebase.__struct_fields__[0] == "id"
