"""repair_lines: takes what is no text out of documents, line by line, and keeps the documents."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import texts, with_signal, with_texts
from etude.stages.corpus.steps._base import Step

_LONGEST = 200
"""Characters of the longest line that can be boilerplate: a longer one is a paragraph of text."""

# Each pattern is matched against a whole line in lower case, without the space around it.
_COOKIES = (
    r".*\b(?:we|site|website|page|us) (?:also )?uses? cookies\b.*",
    r".*\b(?:accept|allow|reject|manage)(?: all)? cookies\b.*",
    r".*\bcookie (?:policy|settings|preferences|consent|notice)\b.*",
    r".*\bby (?:continuing|using|browsing)\b.*\b(?:cookies|terms)\b.*",
)
_SCRIPTS = (
    r".*\b(?:enable|requires?|activate|turn on|without) javascript\b.*",
    r".*\bjavascript (?:is|must be|seems to be|has been) (?:disabled|enabled|required|off|on)\b.*",
    r".*\bbrowser (?:does not|doesn.t) support\b.*",
)
_MORE = (
    r"(?:read|show|load|see|view|learn|find out|continue reading)(?: more| less| all)?"
    r"(?: about .{1,60}| here| below)?\s*[.…»>→-]*",
    r"(?:click|tap) (?:here|to)\b.{0,60}",
    r"(?:back|jump|scroll|skip) to (?:the )?(?:top|content|main content|navigation|search)",
    r"(?:sign|log) ?(?:in|up|out)(?: (?:or|and|/) (?:sign|log) ?(?:in|up|out)|"
    r" with .{1,30}| to .{1,40})?",
    r"(?:subscribe|register)(?: now| here| to .{1,40})?",
    r"(?:print|email|save|bookmark|download) this (?:page|article|post)",
    r"all rights reserved\.?",
    r"(?:previous|next)(?: (?:page|post|article))?\s*[«»<>←→|]*",
    r"advertisements?|sponsored(?: content| links)?|leave a (?:comment|reply)",
)
_SHARES = (
    r"(?:share|tweet|pin|like|follow)(?: this| us| it)?(?: (?:on|via|with) .{1,40})?[:.]?",
    r"[\d.,]+\s?[km]?\s+(?:shares?|likes?|comments?|views?|followers?|retweets?|replies|reposts?)",
    r"(?:shares?|likes?|comments?|views?|followers?|replies)\s*[:(]?\s*[\d.,]+\s?[km]?\)?",
    r"(?:facebook|twitter|linkedin|pinterest|whatsapp|reddit|instagram|e-?mail|rss|tumblr|youtube"
    r"|print|copy link|share|tweet|[|/•·,\s])+",
)
_SEPARATOR = re.compile(r"\s*(?:[|•·»›>/→]|\s{3,})\s*")  # noqa: RUF001
_NO_LETTERS = re.compile(r"[\W\d_]+")
_FOOTNOTE = re.compile(
    r"(?:(?<=[^\W\d_])|(?<=[.,;:!?\"')]))\[(?:\d{1,3}|[a-z]|note \d{1,2}|edit|citation needed)\]"
    # What is computed with is the element of an array.
    r"(?![(\[\w]|\s*[=+*/<>&|-])"
)
_MARKS = re.compile(r"[#*\-_=~`|+>]+")


class RepairLines(Step, frozen=True, kw_only=True):
    """Each rule is a setting, and is counted: `signal_lines_removed` and `signal_lines_repeated`.

    Lines of more than 200 characters are text and stay. The rules for boilerplate know English
    only; those for repeated lines, symbols and blank lines know any language. Lines of code and of
    tables can fall to them: leave `symbols` off for such sources.
    """

    changes_text: ClassVar[bool] = True

    cookies: bool = True
    """Remove lines that ask for consent to cookies or terms."""
    scripts: bool = True
    """Remove lines that ask for JavaScript or another browser."""
    links: bool = True
    """Remove lines that are nothing but "read more", "back to top", "sign in" and the like."""
    shares: bool = True
    """Remove counters of shares, likes and comments, and rows of names of social networks."""
    navigation: int = 4
    """Remove lines of at least so many entries of one to three words between separators such as |
    or ›; 0 keeps them."""  # noqa: RUF001
    symbols: bool = True
    """Remove lines of nothing but digits, symbols and punctuation, a rule or fence apart."""
    repeated: int = 20
    """Remove all but the first of lines that are the same, from so many characters on; 0 keeps
    them all. Shorter lines repeat for good reasons."""
    footnotes: bool = True
    """Cut marks such as [12], [a] or [citation needed] out behind a letter or punctuation. Code
    can lose an index so: leave it off for sources."""
    max_blank_lines: int = 2
    """Blank lines that may follow each other; more are cut; 0 keeps none."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with its lines repaired; keep the counts as signals."""
        old = texts(batch)
        new: list[str] = []
        counts: Counter[tuple[int, str]] = Counter()
        for row, text in enumerate(old.to_pylist()):
            repaired, why = self._repair(text)
            new.append(repaired)
            for name, count in why.items():
                counts[row, name] = count
        for name in ("removed", "repeated", "footnotes"):
            values = [counts[row, name] for row in range(len(new))]
            label = f"lines_{name}" if name != "footnotes" else "footnotes_removed"
            batch = with_signal(batch, label, np.array(values, dtype=np.float32))
        changed = pa.array(new, type=pa.string())
        return batch if pc.all(pc.equal(changed, old)).as_py() else with_texts(batch, changed)

    def _repair(self, text: str) -> tuple[str, Counter[str]]:
        why: Counter[str] = Counter()
        lower = text.lower()
        # Few documents speak of these at all: the patterns that look inside lines wait for them.
        pattern = _boilerplate(
            self.cookies and ("cookie" in lower or "terms" in lower),
            self.scripts and ("javascript" in lower or "browser" in lower),
            self.links,
            self.shares,
        )
        kept = "\n".join(self._kept(text.split("\n"), pattern, why))
        if self.footnotes:
            kept, why["footnotes"] = _FOOTNOTE.subn("", kept)
        return kept, why

    def _kept(
        self, lines: list[str], pattern: re.Pattern[str] | None, why: Counter[str]
    ) -> Iterator[str]:
        seen: set[str] = set()
        blank = 0
        for line in lines:
            bare = line.strip()
            if not bare:
                blank += 1
                if blank <= self.max_blank_lines:
                    yield line
                continue
            if self._is_boilerplate(bare, pattern):
                why["removed"] += 1
                continue
            if self.repeated and len(bare) >= self.repeated:
                if bare in seen:
                    why["repeated"] += 1
                    continue
                seen.add(bare)
            blank = 0
            yield line

    def _is_boilerplate(self, line: str, pattern: re.Pattern[str] | None) -> bool:
        if len(line) > _LONGEST:
            return False
        if self.symbols and _NO_LETTERS.fullmatch(line) and not _MARKS.fullmatch(line):
            return True
        if pattern is not None and pattern.fullmatch(line.lower()):
            return True
        return bool(self.navigation) and _is_navigation(line, self.navigation)


@functools.cache
def _boilerplate(
    cookies: bool,
    scripts: bool,
    links: bool,
    shares: bool,
) -> re.Pattern[str] | None:
    chosen = [
        *(_COOKIES if cookies else ()),
        *(_SCRIPTS if scripts else ()),
        *(_MORE if links else ()),
        *(_SHARES if shares else ()),
    ]
    return re.compile("|".join(chosen)) if chosen else None


def _is_navigation(line: str, fewest: int) -> bool:
    if line.endswith((".", "!", "?", ":", ";")):
        return False
    entries = [entry for entry in _SEPARATOR.split(line) if entry]
    if len(entries) < fewest:
        return False
    return all(len(entry.split()) <= 3 and not entry.endswith(".") for entry in entries)
