"""Source archives and Debian packages."""

import gzip
import io
import lzma
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MIT = """MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction.

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.
"""
ISC = """Permission to use, copy, modify, and/or distribute this software for any purpose with or
without fee is hereby granted, provided that the above copyright notice and this permission notice
appear in all copies."""
FILES = {
    "a-1/src/a.py": "print('a')\n",
    "a-1/src/b.c": "/* SPDX-License-Identifier: GPL-2.0-or-later */\nint b;\n",
    "a-1/vendor/c.js": "let c;\n",
    "a-1/vendor/LICENSE": ISC,
    "a-1/README.md": "# A\n",
    "a-1/LICENSE.txt": MIT,
    "a-1/logo.png": "not read",
    "a-1/src/empty.py": "",
}
SHOWN = {
    "a-1/src/a.py": "MIT",
    "a-1/src/b.c": "GPL-2.0-or-later",
    "a-1/vendor/c.js": "ISC",
    "a-1/README.md": "MIT",
}


def tar(files: dict[str, str | bytes], mode: str = "w") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def packed_zip(files: dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


ARCHIVES: dict[str, Callable[[dict[str, str | bytes]], bytes]] = {
    "a-1.tar.gz": lambda files: tar(files, "w:gz"),
    "a-1.tgz": lambda files: tar(files, "w:gz"),
    "a-1.tar.bz2": lambda files: tar(files, "w:bz2"),
    "a-1.tar.xz": lambda files: tar(files, "w:xz"),
    "a-1.tar.zst": lambda files: zstandard.compress(tar(files)),
    "a-1.tar": tar,
    "a-1.zip": packed_zip,
    "a-1.whl": packed_zip,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_files_of_an_archive_have_the_licence_nearest_to_them(
    read: Any, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(ARCHIVES[name](dict(FILES)))
    found, broken = read("sdist", tmp_path)
    assert {one.id: one.origin.licence for one in found} == {
        f"{name}/{path}": licence for path, licence in SHOWN.items()
    }
    assert found[0].origin.source == f"{tmp_path / name}#a-1/src/a.py"
    assert [one.media_type for one in found] == ["text/x-code"] * 3 + ["text/markdown"]
    assert found[0].tags == {"package": "a-1"}
    assert not broken


def test_only_an_archive_without_any_document_is_told_of(read: Any, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.png": b"x", "b.png": b"y", "c.py": "\n", "LICENSE": "all"}
    (tmp_path / "a.tar").write_bytes(tar(files))
    (tmp_path / "b.tar").write_bytes(tar(files | {"d.py": "d = 1"}))
    found, broken = read("sdist", tmp_path)
    assert [one.id for one in found] == ["b.tar/d.py"]
    assert [(one.id, one.reason, one.excerpt) for one in broken] == [
        (
            "a.tar",
            "passed over: holds no document",
            "member that is not read (2), empty file (1), licence or metadata (1)",
        )
    ]


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0\n", "MIT OR Apache-2.0"),
        ("License: BSD 3-Clause\n", "BSD-3-Clause"),
        ("Classifier: License :: OSI Approved :: ISC License (ISCL)\n", "ISC"),
        (
            "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n",
            "GPL-3.0-only",
        ),
        ("Name: a\n", ""),
    ],
)
def test_metadata_tells_the_licence_where_no_file_does(
    read: Any, tmp_path: Path, metadata: str, licence: str
) -> None:
    files = {"a-1/PKG-INFO": f"Metadata-Version: 2.1\n{metadata}\nBody", "a-1/a.py": "a = 1"}
    (tmp_path / "a.tar.gz").write_bytes(tar(dict(files), "w:gz"))
    [one], _ = read("sdist", tmp_path)
    assert one.origin.licence == licence


HOSTILE: dict[str, str | bytes] = {
    "../up.py": "a",
    "/root.py": "a",
    "x/../../up.py": "a",
    "bin.py": bytes(range(256)) * 4,
    "long.py": b"x" * 5000,
    "good.py": "good = 1",
}


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_hostile_members_are_set_aside(read: Any, tmp_path: Path, name: str) -> None:
    pack = tar if name == "a.tar.gz" else packed_zip
    data = pack(dict(HOSTILE))
    (tmp_path / name).write_bytes(data if name == "a.zip" else gzip.compress(data))
    found, broken = read("sdist", tmp_path, max_document_bytes=4000)
    assert [one.text for one in found] == ["good = 1"]
    reasons = [one.reason for one in broken if "passed" not in one.reason]
    assert reasons == ["name leads out of the archive"] * 3 + [
        "binary",
        "longer than max_document_bytes",
    ]


def test_links_and_devices_are_not_followed(read: Any, tmp_path: Path) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind in (
            ("a.py", tarfile.SYMTYPE),
            ("b.py", tarfile.LNKTYPE),
            ("c.py", tarfile.CHRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("d" * 150 + ".py")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"d = 1"))
    (tmp_path / "a.tar").write_bytes(target.getvalue())
    found, _ = read("sdist", tmp_path)
    assert [one.text for one in found] == ["d = 1"]


def test_a_bomb_is_not_unpacked(read: Any, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"bomb.py": b"0" * 30_000_000, "good.py": "good = 1"}
    for name in ("a.tar.gz", "a.zip"):
        (tmp_path / name).write_bytes(ARCHIVES[f"a-1{name[1:]}"](files))
    found, broken = read("sdist", tmp_path, max_document_bytes=1_000_000)
    assert [one.text for one in found] == ["good = 1"] * 2
    assert [one.reason for one in broken] == ["longer than max_document_bytes"] * 2


def test_members_behind_damage_are_found_again(read: Any, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{n}.py": f"x = {n}\n" for n in range(5)}
    whole_tar, whole_zip = bytearray(tar(files)), packed_zip(files)
    whole_tar[1024 + 148 : 1024 + 156] = b"garbage!"
    (tmp_path / "a.tar").write_bytes(whole_tar)
    (tmp_path / "b.zip").write_bytes(whole_zip[: whole_zip.rindex(b"PK\x01\x02")])
    found, broken = read("sdist", tmp_path)
    assert [one.id for one in found] == [f"a.tar/{n}.py" for n in (0, 2, 3, 4)] + [
        f"b.zip/{n}.py" for n in range(5)
    ]
    assert [one.reason for one in broken] == ["damaged tar header", "damaged zip directory"]


def test_a_directory_that_hides_members_is_told_of(read: Any, tmp_path: Path) -> None:
    whole = packed_zip({f"{n}.py": f"n = {n}" for n in range(3)})
    at = whole.rindex(b"1.py")
    (tmp_path / "a.zip").write_bytes(whole[:at] + b"1.pz" + whole[at + 4 :])
    # The second entry becomes the comment of the first.
    size = 46 + 4
    at = whole.index(b"PK\x01\x02") + 32
    (tmp_path / "b.zip").write_bytes(whole[:at] + bytes((size, 0)) + whole[at + 2 :])
    found, broken = read("sdist", tmp_path)
    assert [one.id for one in found] == ["a.zip/0.py", "a.zip/2.py", "b.zip/0.py", "b.zip/2.py"]
    assert [(one.id, one.reason) for one in broken] == [
        ("a.zip/1.pz", "damaged member"),
        ("b.zip", "damaged zip directory"),
    ]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(share=st.floats(0, 1), junk=st.binary(min_size=1, max_size=9), cut=st.booleans())
@pytest.mark.parametrize("name", ["a-1.tar", "a-1.tar.gz", "a-1.zip"])
def test_damage_to_an_archive_never_raises_nor_costs_what_lies_before(
    read: Any, tmp_path: Path, name: str, share: float, junk: bytes, cut: bool
) -> None:
    files: dict[str, str | bytes] = {f"{n}.py": f"x = {n}\n" * 50 for n in range(6)}
    data = ARCHIVES[name](files)
    at = int(share * (len(data) - 1))
    (tmp_path / name).write_bytes(data[:at] + junk + (b"" if cut else data[at + len(junk) :]))
    found, broken = read("sdist", tmp_path / name)
    if name == "a-1.tar":
        assert len(found) >= min(at // 1536, 6)
    texts = {one.text for one in found}
    assert broken or len(texts & {str(text) for text in files.values()}) >= 5


DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 A
License: GPL-2+ or Expat

Files: debian/*
Copyright: 2021 B
License: MIT
"""


def deb(files: dict[str, str | bytes], pack: Callable[[bytes], bytes], name: str) -> bytes:
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzip.compress(tar({})),
        name: pack(tar(files)),
    }
    out = [b"!<arch>\n"]
    for member, data in members.items():
        out += [f"{member:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode(), data]
        out += [b"\n"] if len(data) % 2 else []
    return b"".join(out)


INFO = (
    b"Manual\nINFO-DIR-SECTION Basics\nSTART-INFO-DIR-ENTRY\n* A: (a).\nEND-INFO-DIR-ENTRY\n"
    b"\x1f\nFile: a.info,  Node: Top,  Up: (dir)\n\nwords \0\x08[image src=a.png\0\x08]of it\n"
    b"\x1f\x0c\nFile: a.info,  Node: Index\n\nIndex\n\0\x08[index\0\x08]\n* a: b. (line 1)\n"
    b"\x1f\nTag Table:\nNode: Top\x7f20\n\x1f\nEnd Tag Table\n\x1f\nLocal Variables:\nEnd:\n"
)
PACKAGE: dict[str, str | bytes] = {
    "./usr/share/doc/a/README.gz": gzip.compress(b"Read me"),
    "./usr/share/doc/a/changelog.Debian.gz": gzip.compress(b"not read"),
    "./usr/share/doc/a/copyright": DEP5,
    "./usr/share/doc/a/html/i.html": '<title>T</title><meta name="robots" content="noai"><p>x',
    "./usr/share/man/man1/a.1.gz": gzip.compress(b".TH A 1\n.SH NAME\na \\- b\n"),
    "./usr/share/man/man1/b.1": b".so man1/a.1\n",
    "./usr/share/info/a.info": INFO,
    "./usr/bin/a": b"\x7fELF",
}


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (gzip.compress, "data.tar.gz"),
        (lzma.compress, "data.tar.xz"),
        (zstandard.compress, "data.tar.zst"),
        (bytes, "data.tar"),
    ],
)
def test_a_debian_package_gives_its_documents_with_their_licence(
    read: Any, tmp_path: Path, pack: Callable[[bytes], bytes], name: str
) -> None:
    (tmp_path / "a_1_all.deb").write_bytes(deb(PACKAGE, pack, name))
    found, broken = read("debian", tmp_path)
    assert [one.id.removeprefix("a_1_all.deb/usr/share/") for one in found] == [
        "doc/a/README.gz",
        "doc/a/html/i.html",
        "man/man1/a.1.gz",
        "info/a.info",
    ]
    assert {one.origin.licence for one in found} == {"GPL-2.0-or-later OR MIT"}
    assert [one.text for one in found if one.media_type == "text/plain"] == [
        "Read me",
        "NAME\n\na - b",
        "Manual\n\nwords of it\n\nIndex\n",
    ]
    assert found[1].opt_out == ("meta:noai",)
    assert all(one.tags["package"] == "a" for one in found)
    assert not broken


def test_further_files_are_read_where_their_names_are_told(read: Any, tmp_path: Path) -> None:
    package: dict[str, str | bytes] = {
        "./usr/share/dictd/a.dict.dz": gzip.compress(b"word\n  meaning"),
        "./usr/share/dictd/a.index": b"word A B",
        "./usr/share/games/fortunes/a": "One.\n%\nTwo\n  % of it.\n%\n",
        "./usr/share/games/fortunes/a.dat": b"\0\1" * 99,
    }
    (tmp_path / "a.deb").write_bytes(deb(package, bytes, "data.tar"))
    assert [one.reason for one in read("debian", tmp_path)[1]] == ["passed over: holds no document"]
    names = ["*.dict.dz", "usr/share/games/fortunes/*"]
    found, broken = read("debian", tmp_path, names=names, separator="^%$")
    assert [one.text for one in found] == ["word\n  meaning", "One.\n", "\nTwo\n  % of it.\n"]
    assert found[2].id == "a.deb/usr/share/games/fortunes/a#1"
    assert [(one.id, one.reason) for one in broken] == [
        ("a.deb/usr/share/games/fortunes/a.dat", "binary")
    ]
    assert len(read("debian", tmp_path, names=names)[0]) == 2


LICENCES = {
    "GPL-2+ or MIT, and Apache-2.0": "(GPL-2.0-or-later OR MIT) AND Apache-2.0",
    "(MIT or Apache-2.0) and MIT": "(MIT OR Apache-2.0) AND MIT",
    "MIT and Expat": "MIT",
    "GPL2 with Classpath exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "APACHE-2-LLVM-EXCEPTIONS": "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause-FreeBSD and BSD-4-Clause": "BSD-2-Clause AND BSD-4-Clause",
    "Expat or NCSA~Mozilla": "MIT OR NCSA",
    "GFDL-NIV-1.1+": "GFDL-1.1-no-invariants-or-later",
    "public-domain": "CC-PDDC",
    "WordNet3.0": "LicenseRef-WordNet-3.0",
    "of its own": "of its own",
}


@pytest.mark.parametrize("name", LICENCES)
def test_licences_as_debian_names_them_become_spdx(read: Any, tmp_path: Path, name: str) -> None:
    package = PACKAGE | {"./usr/share/doc/a/copyright": DEP5.replace("GPL-2+ or Expat", name)}
    (tmp_path / "a.deb").write_bytes(deb(package, bytes, "data.tar"))
    assert read("debian", tmp_path)[0][0].origin.licence == LICENCES[name]


def test_licences_of_all_parts_are_joined_each_once(read: Any, tmp_path: Path) -> None:
    parts = DEP5.replace("Files: *", "Files: a/*") + "\nFiles: c/*\nLicense: ISC and MIT\n"
    package = PACKAGE | {"./usr/share/doc/a/copyright": parts}
    (tmp_path / "a.deb").write_bytes(deb(package, bytes, "data.tar"))
    licence = read("debian", tmp_path)[0][0].origin.licence
    assert licence == "(GPL-2.0-or-later OR MIT) AND MIT AND ISC"


def test_a_package_made_by_dpkg_is_read(read: Any, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name, data in PACKAGE.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(
        "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: a\n"
    )
    try:
        subprocess.run(
            ["dpkg-deb", "--build", tree, tmp_path / "a_1_all.deb"], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("no dpkg-deb here")
    found, _ = read("debian", tmp_path / "a_1_all.deb")
    assert len(found) == 4


@pytest.mark.parametrize("cut", [4, 70, 200, -700, -40])
def test_a_cut_package_is_told_of(read: Any, tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.deb").write_bytes(deb(PACKAGE, bytes, "data.tar")[:cut])
    found, broken = read("debian", tmp_path)
    assert len(found) + len([one for one in broken if "passed" not in one.reason]) >= 1
