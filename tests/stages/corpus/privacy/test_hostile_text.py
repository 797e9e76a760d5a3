"""No text keeps the search busy for ever: patterns that could be split in millions of ways hang."""

from random import Random

import pytest

from etude.stages.corpus.privacy import KINDS, Search, find

HEADS = ["", "+", "00", "(0", "tel: ", "phone: +", "ssn ", "iban DE", "password=", "token: "]
HEADS += ["user:", "http://u:", "a@", "eyJ", "AKIA", "nino ", "dni ", "cpf ", "ip ", "1.", "Dear "]
UNITS = ["1", "12", "123", "1234", "0", "a", "A", "aA1", "1 ", "1-", "1.", "1/", "(1)", "( 1", "1)"]
UNITS += [
    "a.",
    "a@",
    "@",
    "a-",
    ".",
    "-",
    "_",
    ":",
    "1:",
    "f:",
    "=",
    "'",
    "\\",
    "é",
    "x_",
    "+1",
    "::",
]
TAILS = ["", "x", "!", "#", "@", "é", "_", " 1", "-"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(4))
def test_repeated_pieces_do_not_hang_the_search(seed: int) -> None:
    rng = Random(seed)
    for _ in range(800):
        unit = "".join(rng.choice(UNITS) for _ in range(rng.choice([1, 1, 2, 3])))
        times = rng.choice([15, 40, 64, 100, 300]) // len(unit)
        text = rng.choice(HEADS) + unit * max(1, times) + rng.choice(TAILS)
        find([f"{text}\n".encode()], Search(kinds=KINDS))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "tel: +" + "1" * 100 + "x",
        "00" + "12" * 40 + "_",
        "token: " + "_" * 100 + "!",
        "password=" + ":" * 64 + "@",
        "token: " + "x_" * 50 + "@",
        "phone " + "1" * 60 + "x",
    ],
)
def test_texts_that_hung_it_once_do_not(text: str) -> None:
    assert find([f"{text}\n".encode() * 20], Search(kinds=KINDS)) == []
