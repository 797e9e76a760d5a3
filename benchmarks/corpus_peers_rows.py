"""What `corpus_peers.py` compares, and in what the rules differ."""

from typing import NamedTuple


class Row(NamedTuple):
    """Something that a peer and Etude both do."""

    peer: str
    task: str
    """Name of the task on both sides."""
    what: str
    unlike: str
    """What was set alike, and what is not the same."""
    parts: tuple[str, ...] = ("verdict",)
    """What each answer consists of."""
    whole: bool = False
    """Whether documents are compared with each other."""
    ours: bool = True
    """Whether Etude has something of the kind."""


_WORDS = "Data-Juicer's words are split at white space and stripped of signs, Etude's are spaCy's"
ROWS = (
    Row(
        "dolma",
        "gopher",
        "Gopher's quality and repetition (`gopher_v2`)",
        "the same thresholds, and every number taken on both sides. Dolma's words stand between "
        "white space, Etude's are spaCy's; Dolma takes the median length of words, counts the "
        "least stop words with their repeats and each repeated n-gram with all its overlaps, and "
        "counts every line that has a copy; Etude counts the copies after the first, and skips "
        "what it has counted. Etude's rules for paragraphs are off, for Dolma has none",
        ("quality", "repetition"),
    ),
    Row(
        "dolma",
        "c4",
        "C4's lines and documents (`c4_v2`)",
        'lines without . ? ! or " at the end and of fewer than 3 words go, documents with { or '
        "lorem ipsum too; what only one of them has is off (bad words in Dolma; javascript, "
        "policies, citations and sentences in Etude). Etude, as datatrove, also counts ' as an end "
        "and ... not, and looks for { only in lines that stay; it writes the text that is left, "
        "Dolma the places of what goes",
        ("documents", "lines left", "lines that end neither in ... nor in '"),
    ),
    Row(
        "dolma",
        "exact_files",
        "exact copies, from JSON Lines to disk (`dedupe`, Bloom filter)",
        "Dolma writes marks, Etude the documents that are left, with a manifest; a Bloom filter "
        "may take a new document for a copy",
        whole=True,
    ),
    Row(
        "data_juicer",
        "filters",
        "five filters: length, words, repeated 10-grams, stop words, flagged words",
        f"the same bounds and, since Data-Juicer would download its own, the same word lists. "
        f"{_WORDS}; the rest as in the rows of each. Verdict: dropped by any",
        ("length", "words", "repetition", "stop words", "flagged words"),
    ),
    Row(
        "data_juicer",
        "words",
        "number of words, 50 to 100,000 (`words_num_filter`)",
        f"{_WORDS}, and Etude takes all numbers of Gopher's quality",
    ),
    Row(
        "data_juicer",
        "word_repetition",
        "repeated 10-grams, at most 0.1 (`word_repetition_filter`)",
        f"Data-Juicer takes the share of 10-grams that occur more than once, Etude as Gopher the "
        f"share of characters in those that occurred before, and all of Gopher's numbers up to "
        f"it. {_WORDS}",
    ),
    Row(
        "data_juicer",
        "stop_words",
        "stop words, at least 0.3 (`stopwords_filter`)",
        f"{_WORDS}, and Etude takes all numbers of RedPajama; it has no step for this one alone",
    ),
    Row(
        "data_juicer",
        "flagged_words",
        "flagged words, at most 4.5 in 100 (`flagged_words_filter`)",
        "Etude weighs its terms, finds those of several words and with endings, and divides by the "
        "length of the text; nearly no document here has any, so that agreement says little",
    ),
    Row(
        "data_juicer",
        "character_repetition",
        "repeated 10-grams of characters (`character_repetition_filter`)",
        "Etude has nothing of the kind",
        ours=False,
    ),
    Row(
        "data_juicer",
        "minhash",
        "near copies, in memory (`document_minhash_deduplicator`)",
        "5-grams of words, 14 bands of 8 values, no case. Data-Juicer keeps signs, splits at the "
        "space alone, so that words with a line's end between them are one, and takes all "
        "documents of fewer than 5 words for copies of each other; Etude, as datatrove, takes "
        "signs and accents away, writes numbers as 0, splits words as spaCy does and leaves such "
        "short documents alone",
        whole=True,
    ),
    Row(
        "data_juicer",
        "exact",
        "exact copies, in memory (`document_deduplicator`)",
        "Data-Juicer takes white space at the ends away",
        whole=True,
    ),
    Row(
        "text_dedup",
        "minhash_files",
        "near copies, from JSON Lines to disk (`minhash`)",
        "5-grams of words, 14 bands of 8 values, no case, xxh3 of 32 bits in text-dedup. It splits "
        "at every sign and blank, so that runs of them leave empty words, keeps numbers and "
        "accents, and takes a document of fewer than 5 words for one n-gram; Etude as above",
        whole=True,
    ),
    Row(
        "text_dedup",
        "exact_files",
        "exact copies, from JSON Lines to disk (`exact_hash`)",
        "the same",
        whole=True,
    ),
)
ABSENT = {
    "dolma, taggers of language, quality and toxicity": "left out, for they download models; no "
    "tagger above needs NLTK's punkt, which Dolma tries to download when it is imported",
    "data_juicer, filters of language, perplexity and tokens": "left out, for they download models",
    "text_dedup, suffix_array": "left out, for it runs cargo in a clone of another repository, "
    "which its package does not bring",
}
