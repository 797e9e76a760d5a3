"""What a page says of itself."""

import pytest

from etude.stages.corpus.html_head import read_head, spdx_of


@pytest.mark.parametrize(
    ("address", "licence"),
    [
        ("http://creativecommons.org/licenses/by/3.0/", "CC-BY-3.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/deed.de", "CC-BY-NC-ND-4.0"),
        ("https://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        ("https://creativecommons.org/licenses/by/3.0/pl/", "CC-BY-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://example.org/terms", "https://example.org/terms"),
    ],
)
def test_creative_commons_addresses_become_spdx(address: str, licence: str) -> None:
    assert spdx_of(address) == licence


def test_quotes_entities_and_case_do_not_matter() -> None:
    head = read_head(
        "<HTML LANG=fr><TITLE>\n L&eacute;a  et\tBob</TITLE><META NAME='ROBOTS' CONTENT=noai>"
    )
    assert (head.title, head.language, head.opt_out) == ("Léa et Bob", "fr", ("meta:noai",))


def test_noindex_for_a_gatherer_of_training_text_is_a_signal_and_for_others_is_not() -> None:
    page = '<meta name="CCBot" content="noindex"><meta name="robots" content="noindex">'
    assert read_head(page).opt_out == ("meta:ccbot",)


def test_a_page_that_says_nothing_has_an_empty_head() -> None:
    head = read_head("plain words")
    assert (head.title, head.language, head.licence, head.opt_out) == ("", "", "", ())
