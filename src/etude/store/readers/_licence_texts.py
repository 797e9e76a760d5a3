"""Licences by the words of their full texts."""

import re

_SENTENCES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Apache-2.0", ("apache license version 2 0 january 2004",), ()),
    ("MPL-2.0", ("mozilla public license version 2 0",), ()),
    ("MPL-1.1", ("mozilla public license version 1 1",), ()),
    ("EPL-2.0", ("eclipse public license v 2 0",), ()),
    ("EPL-1.0", ("eclipse public license v 1 0",), ()),
    ("AGPL-3.0-only", ("gnu affero general public license version 3 19 november 2007",), ()),
    ("GPL-3.0-only", ("gnu general public license version 3 29 june 2007",), ()),
    ("GPL-2.0-only", ("gnu general public license version 2 june 1991",), ()),
    ("LGPL-3.0-only", ("gnu lesser general public license version 3 29 june 2007",), ()),
    ("LGPL-2.1-only", ("gnu lesser general public license version 2 1 february 1999",), ()),
    ("LGPL-2.0-only", ("gnu library general public license version 2 june 1991",), ()),
    ("GFDL-1.3-only", ("gnu free documentation license version 1 3 3 november 2008",), ()),
    ("GFDL-1.2-only", ("gnu free documentation license version 1 2 november 2002",), ()),
    ("CC0-1.0", ("creative commons legal code cc0 1 0 universal",), ()),
    ("CC-BY-SA-4.0", ("attribution sharealike 4 0 international",), ("noncommercial",)),
    ("CC-BY-4.0", ("attribution 4 0 international",), ("sharealike 4 0", "noncommercial 4 0")),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",), ()),
    ("BSL-1.0", ("boost software license version 1 0 august 17th 2003",), ()),
    ("OFL-1.1", ("sil open font license version 1 1 26 february 2007",), ()),
    ("WTFPL", ("do what the fuck you want to public license",), ()),
    ("PSF-2.0", ("python software foundation license version 2",), ()),
    ("Artistic-2.0", ("the artistic license 2 0",), ()),
    ("Artistic-1.0-Perl", ("the artistic license preamble the intent of this document",), ()),
    (
        "Zlib",
        ("altered source versions must be plainly marked as such", "must not claim that you wrote"),
        (),
    ),
    (
        "MIT",
        (
            "permission is hereby granted free of charge to any person obtaining a copy of this"
            " software and associated documentation files",
            "permission notice shall be included in all copies or substantial portions",
        ),
        ("except as contained in this notice the name",),
    ),
    (
        "X11",
        (
            "permission is hereby granted free of charge to any person obtaining a copy of this"
            " software and associated documentation files",
            "except as contained in this notice the name",
        ),
        (),
    ),
    (
        "MIT-0",
        ("permission is hereby granted free of charge to any person obtaining a copy",),
        ("permission notice shall be included", "subject to the following conditions"),
    ),
    (
        "ISC",
        (
            "software for any purpose with or without fee is hereby granted provided that the"
            " above copyright notice and this permission notice appear in all copies",
        ),
        (),
    ),
    (
        "0BSD",
        ("software for any purpose with or without fee is hereby granted the software is",),
        (),
    ),
    (
        "BSD-4-Clause",
        ("redistribution and use in source and binary forms", "all advertising materials"),
        (),
    ),
    (
        "BSD-3-Clause",
        ("redistribution and use in source and binary forms", "to endorse or promote products"),
        ("all advertising materials",),
    ),
    (
        "BSD-2-Clause",
        (
            "redistribution and use in source and binary forms",
            "redistributions in binary form must reproduce",
        ),
        ("to endorse or promote products", "all advertising materials"),
    ),
)
"""SPDX id, sentences that such a text has, and sentences that it does not have, as words alone."""


def text_licence(text: str) -> str:
    """Return the SPDX expression of a licence's full text; several in one file stand in a row.

    They are known by sentences that are theirs alone, whatever the layout and the names in them.
    The GNU licences do not say in their own text whether later ones are allowed too: `-only`.
    """
    words = " ".join(re.findall(r"[a-z0-9]+", text[:400_000].lower()))
    found = []
    for name, all_of, none_of in _SENTENCES:
        if all(part in words for part in all_of) and not any(part in words for part in none_of):
            place = words.index(all_of[0])
            found.append((place, name))
    # The LGPL 3 prints the GPL's title line, and the GPL 3 names the AGPL's.
    names = [name for _, name in sorted(found)]
    return " AND ".join(names)


def is_licence_file(name: str) -> bool:
    """Whether a file of that name holds a licence."""
    base = name.rpartition("/")[2].lower()
    return bool(re.match(r"(licen[cs]e|copying|unlicense)", base)) and not base.endswith(
        (".py", ".c", ".h", ".js", ".rs", ".go", ".java", ".html")
    )
