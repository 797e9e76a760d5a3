"""Signatures, digests and benchmark items: as datatrove's, and the same in C and in Python."""
# ruff: noqa: SIM905, RUF001 - lists of characters, hard to tell apart

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etude.stages.corpus.kernel._library import available
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.contamination import GramIndex, scan
from etude.stages.corpus.kernel.digest import digests, line_digests
from etude.stages.corpus.kernel.minhash import shingles, signatures
from etude.stages.corpus.kernel.normalised import Signing, normalised, permutations
from etude.stages.corpus.kernel.reference import digest as digest_reference
from etude.stages.corpus.kernel.reference import minhash as reference
from etude.stages.corpus.kernel.reference.simplify import simplify
from etude.stages.corpus.kernel.shingles import count_words, hash_shingles

DATA = Path(__file__).parents[3] / "data" / "corpus" / "words.json"
GOLDEN = json.loads(DATA.read_text("utf-8"))
in_c = pytest.mark.skipif(not available(), reason="the kernel is not compiled")
WORDS = st.sampled_from(
    [
        *("the fox cannot don't 3.14 1,5.2 \u0663\u066b\u0661 \uff11".split()),
        *("\u03a3 A\u03a3 A\u03a3B".split()),
        *("\u0130 \u00e9 e\u0301 \u0301 \u302e\u1b44 \uac01 \u2260 ; ...".split()),
        *("\U0001d15e \U0001d165 \U0001d16d".split()),
        *("\u0345 \u0307 ' . , - \u2028 \x00 \xad 5km x:) ):".split(" ")),
        *[" ", " ", " ", "\n", "\n\n", " \n \n", "\t", "\u3000", "\xa0", "\r\n"],
    ]
)
TEXTS = st.lists(st.one_of(WORDS, WORDS, st.text(max_size=3)), max_size=15).map("".join)
LAZY = "the quick brown fox jumps over the lazy dog and runs off into the deep dark wood"


def test_texts_are_simplified_as_by_datatrove() -> None:
    for text, simple in GOLDEN["simple"].items():
        assert simplify(text) == simple, text


@pytest.mark.parametrize("kernel", ["", "reference"])
def test_signatures_are_those_of_datatrove(kernel: str) -> None:
    script = f"""
import hashlib, json, pathlib, pyarrow as pa
from etude.stages.corpus.kernel.normalised import Signing, normalised
golden = json.loads(pathlib.Path({str(DATA)!r}).read_text("utf-8"))["signatures"]
done = normalised(pa.array(list(golden)), signing=Signing())
for row, (text, wanted) in enumerate(golden.items()):
    assert done.n_shingles[row] == wanted["shingles"], text
    signed = done.signatures[row] if wanted["shingles"] else done.signatures[row][:0]
    assert signed[:2].tolist() == wanted["first"], text
    assert hashlib.sha256(signed.astype("<u8").tobytes()).hexdigest() == wanted["sha256"], text
"""
    environment = os.environ | {"ETUDE_KERNEL": kernel}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)


def test_a_text_without_shingles_has_a_signature_of_all_ones() -> None:
    assert (signatures(pa.array(["", "one two three four", None])) == np.uint64(2**64 - 1)).all()


@in_c
@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example("\u0301 a\u0301 b \u302e\u1b44x \U0001d15e\u302e\U0001d165")
@example("A'\u03a3. \u03a3\u0301a")
def test_kernel_and_reference_agree_on_shingles_and_signatures(text: str) -> None:
    texts = Texts.of(pa.array([text]))
    for n in (1, 3):
        assert hash_shingles(texts, n)[1].tolist() == reference.shingles(text, n)
        assert hash_shingles(texts, n, as_grams=True)[1].tolist() == reference.grams(text, n)
    assert count_words(texts)[0] == len(reference.simple_words(text))
    pairs = list(zip(*(x.tolist() for x in permutations(8, 3)), strict=True))
    signed = signatures(pa.array([text]), n_grams=2, n_hashes=8, seed=3)[0].tolist()
    assert signed == reference.signature(reference.shingles(text, 2), pairs)


@in_c
@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(["", "space", "case", "both"]))
def test_kernel_and_reference_agree_on_digests(text: str, fold: str) -> None:
    values = pa.array([text])
    assert tuple(digests(values, fold)[0].tolist()) == digest_reference.digest(text, fold)  # type: ignore[arg-type]
    for unit in ("line", "paragraph"):
        found = line_digests(values, unit=unit, fold=fold)  # type: ignore[arg-type]
        wanted = list(digest_reference.line_digests(text, unit == "paragraph", fold))
        assert found.digests.tolist() == [list(digest) for _, _, digest in wanted]
        assert found.spans.tolist() == [[start, end] for start, end, _ in wanted]


@given(st.lists(st.text(st.sampled_from("ab \n\t\u3000"), max_size=12), max_size=4))
def test_lines_and_paragraphs_leave_nothing_out(texts: list[str]) -> None:
    for unit in ("line", "paragraph"):
        found = line_digests(pa.array(texts, type=pa.string()), unit=unit)
        for text, (start, end) in zip(texts, pairwise(found.offsets.tolist()), strict=True):
            data = text.encode()
            assert b"".join(data[a:b] for a, b in found.spans[start:end].tolist()) == data


def test_folding_leaves_case_and_white_space_out_of_account() -> None:
    some = digests(pa.array(["A  b\n", "a b"]), "both")
    assert (some[0] == some[1]).all()
    assert (
        digests(pa.array(["ΣΑΣ", "σας"]), "case")[0] == digests(pa.array(["σασ"]), "case")
    ).all()
    assert (digests(pa.array(["A b"]), "space") != digests(pa.array(["a b"]), "space")).any()


def test_digests_of_slices_and_wide_strings_are_the_same() -> None:
    plain = pa.array(["x", "one", "two"])
    assert (digests(plain)[1:] == digests(plain[1:])).all()
    assert (digests(plain) == digests(plain.cast(pa.large_string()))).all()


def test_an_item_is_found_where_thirteen_of_its_words_stand() -> None:
    index = GramIndex(
        [LAZY, "quite another thing of which there is no trace in any of these texts"]
    )
    texts = ["", f"so: {LAZY.upper()}!", " ".join(LAZY.split()[:12]), f"{LAZY}. {LAZY}"]
    hits = scan(pa.array(texts), index)
    assert hits.text.tolist() == [1, 3]
    assert hits.item.tolist() == [0, 0]
    assert hits.n_hits.tolist() == [5, 10]
    assert hits.n_places.tolist() == [0, 5, 0, 10]


def test_items_that_share_a_gram_are_both_found() -> None:
    hits = scan(pa.array([LAZY]), GramIndex([LAZY, f"{LAZY} again"]))
    assert hits.item.tolist() == [0, 1]
    assert hits.n_places.tolist() == [5]


def test_a_short_item_counts_as_a_whole_or_not_at_all() -> None:
    items = ["who was the first king of rome", "yes"]
    assert GramIndex(items).too_short == [0, 1]
    index = GramIndex(items, least=5)
    assert index.too_short == [1]
    hits = scan(pa.array(["Who was the first king of Rome?", "who was the first king of"]), index)
    assert hits.text.tolist() == [0]


def test_more_hits_than_expected_are_all_counted() -> None:
    text = "a b c d e f g h i j k l m " * 500
    hits = scan(pa.array([text]), GramIndex([text]))
    assert hits.n_places[0] == 13 * 500 - 12
    assert hits.n_hits[0] == 13 * 500 - 12


def test_one_pass_gives_what_several_give() -> None:
    texts = pa.array([LAZY, "", "something else"])
    index = GramIndex([LAZY])
    all_at_once = normalised(texts, signing=Signing(), index=index, digest="both")
    assert all_at_once.signatures is not None
    assert all_at_once.digests is not None
    assert np.array_equal(all_at_once.signatures, signatures(texts))
    assert np.array_equal(all_at_once.digests, digests(texts, "both"))
    assert all_at_once.hits is not None
    assert all_at_once.hits.text.tolist() == scan(texts, index).text.tolist()


def test_shingles_tell_how_alike_two_texts_are() -> None:
    found = shingles(pa.array(["a b c d e f", "a b c d e g", "a b c d e f a b c d e f", ""]))
    assert found.jaccard(0, 1) == pytest.approx(1 / 3)
    assert found.jaccard(0, 0) == 1.0
    assert found.jaccard(3, 3) == 0.0


def test_xxhash_is_that_of_others() -> None:
    # Published test vectors of xxHash64.
    assert reference.xxh64(b"") == 0xEF46DB3751D8E999
    assert reference.xxh64(b"abc") == 0x44BC2CF5AD770999
    longer = b"Nobody inspects the spammish repetition"
    assert reference.xxh64(longer) == 0xFBCEA83C8A378BF1
