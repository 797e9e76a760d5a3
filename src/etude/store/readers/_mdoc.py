"""The macros of `mdoc` that stand within a line."""

# ruff: noqa: RUF001 - a table of characters that look alike

from collections.abc import Sequence

_ENCLOSING = {
    "Dq": ("“", "”"), "Sq": ("‘", "’"), "Qq": ('"', '"'), "Pq": ("(", ")"), "Bq": ("[", "]"),
    "Brq": ("{", "}"), "Aq": ("<", ">"), "Ql": ("‘", "’"), "Op": ("[", "]"),
    "Do": ("“", ""), "So": ("‘", ""), "Qo": ('"', ""), "Po": ("(", ""), "Bo": ("[", ""),
    "Bro": ("{", ""), "Ao": ("<", ""), "Oo": ("[", ""), "Dc": ("", "”"), "Sc": ("", "’"),
    "Qc": ("", '"'), "Pc": ("", ")"), "Bc": ("", "]"), "Brc": ("", "}"), "Ac": ("", ">"),
    "Oc": ("", "]"),
}  # fmt: skip
_PLAIN = frozenset(
    (
        *("Ad", "An", "Ar", "Cd", "Cm", "Dv", "Em", "Er", "Ev", "Fa", "Ft", "Ic", "In", "Li", "Lk"),
        *("Ms", "Mt", "Nm", "No", "Pa", "Sx", "Sy", "Tn", "Va", "Vt", "Xr", "Fl", "Fn", "Fo", "Fc"),
        *("Ns", "Pf", "Ap", "Cl", "Lb", "Rs", "Re", "Fd", "St", "Eo", "Ec", "Xo", "Xc", "Bk", "Ek"),
    )
)
_SYSTEMS = {"Ux": "UNIX", "Bx": "BSD", "Fx": "FreeBSD", "Nx": "NetBSD", "Ox": "OpenBSD"}
_REFERENCES = frozenset(f"%{letter}" for letter in "ABCDIJNOPQRTUV")
MDOC_INLINE = _PLAIN | _ENCLOSING.keys() | _SYSTEMS.keys() | _REFERENCES
"""Names of the macros."""
_CLOSING = frozenset((".", ",", ":", ";", ")", "]", "?", "!"))
_OPENING = frozenset(("(", "["))


def inline(words: Sequence[str], name: str) -> str:
    """Return the text of a line of macros and their arguments; `name` is what `.Nm` stands for."""
    return _Line(name).run(words)


class _Line:
    """One line on its way to text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.glued = False
        self.closers: list[str] = []

    def run(self, words: Sequence[str]) -> str:
        rest = list(words)
        macro = ""
        while rest:
            word = rest.pop(0)
            if word in MDOC_INLINE:
                macro = self.open(word, rest)
            elif word in _CLOSING:
                self.put(word, glue=True)
            elif word in _OPENING:
                self.put(word)
                self.glued = True
            else:
                self.argument(macro, word, rest)
                macro = "Fl+" if macro == "Fl" else macro
        while self.closers:
            self.put(self.closers.pop(), glue=True)
        return self.text

    def open(self, word: str, rest: list[str]) -> str:
        """Begin a macro."""
        bare = not rest or rest[0] in MDOC_INLINE or rest[0] in _CLOSING
        if word in _ENCLOSING:
            before, after = _ENCLOSING[word]
            if before:
                self.put(before)
                self.glued = True
                if after:
                    self.closers.append(after)
            else:
                self.put(after, glue=True)
        elif word in _SYSTEMS:
            self.put(_SYSTEMS[word])
        elif word in ("Ns", "Ap"):
            self.text += "’" if word == "Ap" else ""
            self.glued = True
        elif word == "Nm" and bare:
            self.put(self.name)
        elif word == "Ar" and bare:
            self.put("file ...")
        elif word == "Fl" and bare:
            self.put("-")
            self.glued = True
        return word

    def argument(self, macro: str, word: str, rest: list[str]) -> None:
        """Put an argument of a macro."""
        if macro in ("Fl", "Fl+"):
            self.put(f"-{word}")
        elif macro == "Pf":
            self.put(word)
            self.glued = True
        elif macro == "Xr":
            section = rest.pop(0) if rest and rest[0][:1].isdigit() else ""
            self.put(f"{word}({section})" if section else word)
        elif macro == "Fn":
            self.put(f"{word}(")
            held = []
            while rest and rest[0] not in MDOC_INLINE and rest[0] not in _CLOSING:
                held.append(rest.pop(0))
            self.put(f"{', '.join(held)})", glue=True)
        elif macro == "In":
            self.put(f"<{word}>")
        else:
            self.put(word)

    def put(self, word: str, glue: bool = False) -> None:
        """Add a word, after a blank unless it is glued to what stands before it."""
        blank = "" if glue or self.glued or not self.text else " "
        self.text += blank + word
        self.glued = False
