"""Sentences as spaCy's sentencizer counts them."""

from etude.stages.corpus.kernel.reference.words import Split, ends_sentence, is_punctuation


def n_sentences(split: Split) -> int:
    """Count the sentences of a line; one that is empty has one."""
    n, ended = 1, False
    for word in split.words:
        end = ends_sentence(word.text)
        if ended and (word.gap or not (end or is_punctuation(word.text))):
            n += 1
            ended = False
        ended |= end
    return n + (ended and split.end_gap)
