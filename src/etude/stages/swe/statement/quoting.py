"""Quote what the project itself wrote of a defect, where that gives nothing away."""

from etude.records import Codebase
from etude.stages.swe.statement.markdown import inline
from etude.stages.swe.statement.phrases import Voice

_MIN_WORDS_ALONE = 8
"""Words that a quotation has to have where nothing else can be said."""
_MAX_CHARS = 600
_CLAIMS = (
    "The notes of the project say that this was taken care of:",
    "I know this line from the project's own notes, so I took it for settled:",
    "From what the project wrote about an earlier version, it should not be so:",
)


def with_quotation(text: str, story: str, voice: Voice) -> str:
    """Return a report with the project's own words at its end."""
    return f"{text.rstrip()}\n\n{voice.pick('more', _CLAIMS)}\n\n{_quoted(story)}\n"


def from_quotation(codebase: Codebase, story: str) -> str:
    """Return a report that rests on the project's own words; empty when they are too few."""
    if len(story.split()) < _MIN_WORDS_ALONE:
        return ""
    version = f"{codebase.name} {codebase.version}"
    return (
        f"# Something that {inline(codebase.name)} says of itself does not hold\n\n"
        f"This line is from the notes of the project:\n\n{_quoted(story)}\n\n"
        f"I tried what it speaks of with {version}, and I see it is not so: it behaves as if "
        f"nothing had ever been done about it.\n"
    )


def _quoted(story: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in story).split())[:_MAX_CHARS]
    # An odd tick would open code that runs on to the next one, wherever that is.
    return f"> {line if line.count('`') % 2 == 0 else line.replace('`', '')}"
