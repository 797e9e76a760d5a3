"""Classes of false finds that real documentation is full of."""

from random import Random

import pytest

from etude.stages.corpus.privacy import Search, find
from etude.stages.corpus.privacy.samples.decoys import IP_LIKE, NUMBER_LIKE, PHONE_LIKE, SECRET_LIKE

DIGITS = {"#": "0123456789", "~": "0123456789abcdef", "?": "ABCDEFGH"}


@pytest.mark.parametrize("template", [*PHONE_LIKE, *IP_LIKE, *NUMBER_LIKE, *SECRET_LIKE])
@pytest.mark.parametrize("around", ["{}", "It is so.\n{} today", "see it.\n\n{}"])
def test_a_lookalike_is_left_alone(template: str, around: str) -> None:
    chance = Random(7)
    texts = [
        around.format("".join(chance.choice(DIGITS.get(c, c)) for c in template)).encode()
        for _ in range(60)
    ]
    found = find(texts)
    assert [texts[item.text][item.start : item.end] for item in found] == []


def kinds(text: str) -> list[str]:
    return [item.kind for item in find([text.encode()], Search())]


@pytest.mark.parametrize(
    ("kind", "told", "untold"),
    [
        ("phone", "Phone: 7360142", "about 7360142 of them"),
        ("phone", "call me on 2127368642", "at line 2127368642"),
        ("phone", "fax +49 891234", "x +49 891234"),
        ("ip", "connect to host 15.3.3.12", "15.3.3.12 Surface"),
        ("ip", "ping 9.51.2.40", "sqlite 9.51.2.40"),
        ("card", "Visa [4539148803436467]", "rand() # => [4539148803436467]"),
        ("card", "card no. 4539.1488.0343.6467", "v4539.1488.0343.6467"),
        ("es_dni", "DNI 12345678Z", "long id = 12345678Z"),
        ("fr_nir", "NIR 269054958815780", "m=269054958815780"),
        ("in_aadhaar", "Aadhaar 2345 6789 0124", "cols 2345 6789 0124"),
        ("password", "password: xK93mfQ7wp", "checksum: xK93mfQ7wp"),
    ],
)
def test_a_word_that_leads_to_a_number_makes_it_believed(kind: str, told: str, untold: str) -> None:
    assert kinds(told) == [kind]
    assert kinds(untold) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DB_PASSWORD=Tiger1998!", "Tiger1998!"),
        ("passwd: 'CastleMoon42'", "CastleMoon42"),
        ("  password: blue-tiger-moon-castle", "blue-tiger-moon-castle"),
        ("postgres://app:n0vaPixel@db.corp.io/x", "n0vaPixel"),
        ("'X-Auth-Token: AUTH_tkd5359e46ff9e419fa193dbd367f3cd19'",
         "AUTH_tkd5359e46ff9e419fa193dbd367f3cd19"),
        ("<password>xK93mfQ7wp</password>", "xK93mfQ7wp"),
        ("clientSecret = \"5arQDOugDrtIOVklkIet2q2i\"", "5arQDOugDrtIOVklkIet2q2i"),
        ("https://x.org/?token=5arQDOugDrtIOVklk&user=joe", "5arQDOugDrtIOVklk"),
    ],
)  # fmt: skip
def test_a_password_is_found_whole_wherever_it_is_assigned(text: str, value: str) -> None:
    found = find([text.encode()], Search(kinds=("password",)))
    assert [text.encode()[item.start : item.end].decode() for item in found] == [value]


@pytest.mark.parametrize(
    "row",
    ["{a:.4f}  {b:.3f}  {n}", "{n} {m} {n} {m}", "{m} {m} {m} {m} {m} {m}", "{n},{m},{n},{m}"],
)
def test_tables_of_numbers_hold_nothing(row: str) -> None:
    chance = Random(3)
    lines = [
        row.format(
            a=chance.random(),
            b=chance.random() * 9,
            n=chance.randrange(10**6, 10**7),
            m=chance.randrange(1000, 10_000),
        )
        for _ in range(3000)
    ]
    assert find(["\n".join(lines).encode()]) == []
