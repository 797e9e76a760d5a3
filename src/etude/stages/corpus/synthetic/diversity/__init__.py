"""How varied text is, measured against the human text it came from."""

from etude.stages.corpus.synthetic.diversity._sample import READ_CHARS, Sizes, Text
from etude.stages.corpus.synthetic.diversity.compare import (
    Diversity,
    DiversitySettings,
    Measured,
    diversity,
)

__all__ = ["READ_CHARS", "Diversity", "DiversitySettings", "Measured", "Sizes", "Text", "diversity"]
