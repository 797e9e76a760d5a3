"""Licences as sources name or print them, to SPDX."""

import re
from collections.abc import Iterable


def _words(text: str) -> list[str]:
    return text.split()


_IDS = _words("""
    0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0
    Artistic-1.0-Perl Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-3-Clause
    BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 bzip2-1.0.6 CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0
    CC-BY-4.0 CC-BY-NC-2.0 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0
    CC-BY-NC-SA-2.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-SA-1.0
    CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0 CC-PDDC CC0-1.0 CDDL-1.0 CDDL-1.1
    CECILL-2.1 CPL-1.0 curl ECL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FSFAP FTL
    GFDL-1.1-only GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only
    GFDL-1.3-or-later GFDL-1.1-no-invariants-only GFDL-1.1-no-invariants-or-later
    GFDL-1.2-no-invariants-only GFDL-1.2-no-invariants-or-later GFDL-1.3-no-invariants-only
    GFDL-1.3-no-invariants-or-later GPL-1.0-only
    GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ISC
    LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only
    LGPL-3.0-or-later Libpng LPPL-1.3c MIT MIT-0 MIT-CMU MPL-1.0 MPL-1.1 MPL-2.0 MS-PL MulanPSL-2.0
    NCSA ODbL-1.0 OFL-1.1 OpenSSL OSL-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 Ruby
    SSPL-1.0 TCL Unicode-3.0 Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib ZPL-2.1
""")
_BY_NAME = {name.lower(): name for name in _IDS}
_ALIASES = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache-2-llvm-exceptions": "Apache-2.0 WITH LLVM-exception",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsl-1": "BSL-1.0",
    "cc-by-sa-3": "CC-BY-SA-3.0",
    "cc-by-sa-4": "CC-BY-SA-4.0",
    "epl-1": "EPL-1.0",
    "epl-2": "EPL-2.0",
    "mpl-1": "MPL-1.0",
    "mpl-2": "MPL-2.0",
    "public-domain": "CC-PDDC",
    "bsd-2-clause-freebsd": "BSD-2-Clause",
    "wordnet3.0": "LicenseRef-WordNet-3.0",
    "artistic": "Artistic-1.0-Perl",
    "boost software license 1.0 (bsl-1.0)": "BSL-1.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "2-clause bsd": "BSD-2-Clause",
    "new bsd": "BSD-3-Clause",
    "simplified bsd": "BSD-2-Clause",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "isc license (iscl)": "ISC",
    "isc license": "ISC",
    "mit license": "MIT",
    "the mit license": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "perl": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "public domain": "CC-PDDC",
    "python software foundation license": "PSF-2.0",
    "psf": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "zlib/libpng license": "Zlib",
    "zope public license": "ZPL-2.1",
    "universal permissive license (upl)": "UPL-1.0",
}
_GNU = re.compile(
    r"(?:gnu )?(?P<kind>agpl|lgpl|gpl|gfdl)(?P<niv>-niv)?[ -]?"
    r"(?:v|version )?(?P<version>\d(?:\.\d)?)?"
    r"(?P<later>\+|[ -]or[ -](?:later|newer|any later version)| and later|-only| only)?"
)
_CC = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/(?:licenses/(?P<kind>[a-z-]{2,11})/(?P<version>\d\.\d)"
    r"|publicdomain/(?P<free>zero|mark)/1\.0)"
)
_CC_WORDS = re.compile(
    r"(?:creative commons )?(?:cc[ -])?(?P<kind>by(?:[ -](?:nc|sa|nd))*)[ -](?P<version>\d\.\d)"
)
_LONG_GNU = (
    ("affero general public licen[cs]e", "agpl"),
    ("(?:library or )?lesser general public licen[cs]e|library general public licen[cs]e", "lgpl"),
    ("general public licen[cs]e", "gpl"),
    ("free documentation licen[cs]e", "gfdl"),
)
_OPERATOR = re.compile(r"\s+(and|or|with)\s+|([()])", re.IGNORECASE)
_EXCEPTIONS = {
    "classpath exception": "Classpath-exception-2.0",
    "llvm exception": "LLVM-exception",
    "llvm exceptions": "LLVM-exception",
    "gcc runtime library exception": "GCC-exception-3.1",
    "gcc-runtime-library-exception": "GCC-exception-3.1",
    "autoconf exception": "Autoconf-exception-generic",
    "bison exception": "Bison-exception-2.2",
    "font exception": "Font-exception-2.0",
}
"""Exceptions as Debian names them."""
_HEADER = re.compile(r"SPDX-License-Identifier:[ \t]*([\w.+ ()-]{2,120})")
_MOST_CHARS = 200


def spdx(text: str, known_only: bool = False) -> str:
    """Return the SPDX expression that a licence's name, address or expression stands for.

    What is not known comes back as it is, or empty with `known_only`.
    """
    words = " ".join(text[: _MOST_CHARS * 2].split()).strip(" .;,'\"")
    known = _one(words)
    if known:
        return known
    tokens = [token for token in _OPERATOR.split(words) if token and token.strip()]
    mended = [_piece(token.strip()) for token in tokens]
    if len(mended) > 1 and all(mended):
        return _once(" ".join(mended).replace("( ", "(").replace(" )", ")"))
    return "" if known_only else words[:_MOST_CHARS]


def _piece(token: str) -> str:
    if token.lower() in ("and", "or", "with"):
        return token.upper()
    if token in ("(", ")") or re.fullmatch(r"[\w.]+-exception(-[\d.]+)?", token):
        return token
    return _EXCEPTIONS.get(token.lower()) or _one(token)


def all_of(expressions: Iterable[str]) -> str:
    """Return the SPDX expression for licences that bind together, each named once."""
    said = list(dict.fromkeys(filter(None, expressions)))
    if len(said) == 1:
        return said[0]
    return " AND ".join(dict.fromkeys(part for one in said for part in _operands(one)))


def _operands(expression: str) -> list[str]:
    """Split an expression at each `AND` outside brackets; a choice is bracketed and one operand."""
    parts, depth = [""], 0
    for word in expression.split(" "):
        if not depth and word == "OR":
            return [f"({expression})"]
        if not depth and word == "AND":
            parts.append("")
            continue
        depth += word.count("(") - word.count(")")
        parts[-1] = f"{parts[-1]} {word}".strip()
    return parts


def _once(expression: str) -> str:
    """Return an expression without repeats, where it is a plain row of licences."""
    for operator, other in ((" AND ", " OR "), (" OR ", " AND ")):
        if operator in expression and other not in expression and "(" not in expression:
            return operator.join(dict.fromkeys(expression.split(operator)))
    return expression


def _one(words: str) -> str:
    name = words.lower().partition("~")[0]
    name = name.rpartition("::")[2].strip() if "::" in name else name
    if name in _BY_NAME or name in _ALIASES:
        return _BY_NAME.get(name) or _ALIASES[name]
    if found := _CC.match(name):
        return _creative(found["kind"], found["version"], found["free"])
    if found := _CC_WORDS.fullmatch(name):
        return _creative(found["kind"].replace(" ", "-"), found["version"], None)
    short = name.removesuffix(" license").removesuffix(" licence").removeprefix("the ")
    if short in _BY_NAME or short in _ALIASES:
        return _BY_NAME.get(short) or _ALIASES[short]
    return _gnu(short)


def _creative(kind: str | None, version: str | None, free: str | None) -> str:
    if free:
        return "CC0-1.0" if free == "zero" else "CC-PDDC"
    return _BY_NAME.get(f"cc-{kind}-{version}", "")


def _gnu(name: str) -> str:
    for pattern, kind in _LONG_GNU:
        name = re.sub(pattern, kind, name)
    name = re.sub(r"\([^)]*\)|[,]", "", name)
    found = _GNU.fullmatch(" ".join(name.replace(" license", "").split()))
    if not found or not found["version"]:
        return ""
    version = found["version"] if "." in found["version"] else f"{found['version']}.0"
    if found["niv"] and found["kind"] == "gfdl":
        version += "-no-invariants"
    suffix = "or-later" if found["later"] and "only" not in found["later"] else "only"
    return _BY_NAME.get(f"{found['kind']}-{version}-{suffix}", "")


def header_licence(text: str) -> str:
    """Return what a file's own `SPDX-License-Identifier` says; empty when it has none."""
    found = _HEADER.search(text[:8192])
    return spdx(found[1].strip(" -*")) if found else ""


def classifier_licence(lines: Iterable[str]) -> str:
    """Return the licence in the lines of a Python package's metadata; empty when none is known."""
    said, classed = "", []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip().lower() == "license-expression" and value.strip():
            return spdx(value)
        if key.strip().lower() == "license" and value.strip():
            said = spdx(value, known_only=True)
        if line.startswith("Classifier: License ::") and (known := spdx(value, known_only=True)):
            classed.append(known)
    return said or " OR ".join(dict.fromkeys(classed))
