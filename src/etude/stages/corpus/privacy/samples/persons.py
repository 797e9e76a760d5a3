"""Invented numbers of persons, with check digits worked out here from their definitions."""

from random import Random


def _n(chance: Random, size: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(size))


def _born(chance: Random) -> tuple[str, str, str]:
    """Return year, month and day of a birth."""
    day, month = chance.randrange(1, 29), chance.randrange(1, 13)
    return str(chance.randrange(1930, 2012)), f"{month:02}", f"{day:02}"


def us_ssn(chance: Random) -> str:
    """Return a US social security number."""
    area = chance.choice([n for n in range(1, 900) if n != 666])
    parts = (f"{area:03}", f"{chance.randrange(1, 100):02}", f"{chance.randrange(1, 10000):04}")
    return chance.choice(("-", "-", "-", " ", "")).join(parts)


def uk_nino(chance: Random) -> str:
    """Return a UK national insurance number."""
    prefix = chance.choice(("AB", "CE", "JG", "PW", "SX", "YH", "LM", "HR"))
    a, b, c, suffix = _n(chance, 2), _n(chance, 2), _n(chance, 2), chance.choice("ABCD")
    return chance.choice(
        (
            f"{prefix} {a} {b} {c} {suffix}",
            f"{prefix}{a}{b}{c}{suffix}",
            f"{prefix}{a}{b}{c}{suffix}".lower(),
            f"{prefix} {a}{b}{c} {suffix}",
            f"{prefix}-{a}-{b}-{c}-{suffix}",
        )
    )


def de_tax_id(chance: Random) -> str:
    """Return a German tax number: of ten digits one stands twice, and a check digit."""
    pool = list("0123456789")
    chance.shuffle(pool)
    ten = [*pool[:9], pool[chance.randrange(9)]]
    chance.shuffle(ten)
    while ten[0] == "0":
        chance.shuffle(ten)
    rest = 10
    for digit in ten:
        rest = (int(digit) + rest) % 10
        rest = (rest or 10) * 2 % 11
    number = "".join(ten) + str((11 - rest) % 10)
    spaced = f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"
    return chance.choice((number, spaced, spaced.replace(" ", "/")))


def fr_nir(chance: Random) -> str:
    """Return a French social security number, a few of them Corsican."""
    year, month, _ = _born(chance)
    place = chance.choice(("75", "13", "69", "59", "2A", "2B", "97"))
    body = f"{chance.choice('12')}{year[2:]}{month}{place}{_n(chance, 3)}{_n(chance, 3)}"
    counted = int(body.replace("2A", "19").replace("2B", "18"))
    key = f"{97 - counted % 97:02}"
    parts = (body[0], body[1:3], body[3:5], body[5:7], body[7:10], body[10:])
    return chance.choice((" ".join((*parts, key)), body + key, f"{body} {key}"))


def es_dni(chance: Random) -> str:
    """Return a Spanish identity number, one in four a foreigner's."""
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    if chance.random() < 0.25:
        head, seven = chance.randrange(3), _n(chance, 7)
        letter = letters[int(f"{head}{seven}") % 23]
        return chance.choice((f"{'XYZ'[head]}{seven}{letter}", f"{'XYZ'[head]}-{seven}-{letter}"))
    digits = f"{chance.randrange(10**7, 10**8)}"
    letter = letters[int(digits) % 23]
    dotted = f"{digits[:2]}.{digits[2:5]}.{digits[5:]}-{letter}"
    return chance.choice(
        (
            digits + letter,
            f"{digits}-{letter}",
            dotted,
            f"{digits} {letter}",
            digits + letter.lower(),
        )
    )


def it_cf(chance: Random) -> str:
    """Return an Italian codice fiscale."""
    year, _, day = _born(chance)
    consonants = "BCDFGLMNPRSTVZ"
    body = "".join(chance.choices(consonants, k=6)) + year[2:] + chance.choice("ABCDEHLMPRST")
    body += f"{int(day) + chance.choice((0, 40)):02}{chance.choice('ABCDEFGHIL')}{_n(chance, 3)}"
    odd = {"0": 1, "1": 0, "2": 5, "3": 7, "4": 9, "5": 13, "6": 15, "7": 17, "8": 19, "9": 21}
    values = (
        1,
        0,
        5,
        7,
        9,
        13,
        15,
        17,
        19,
        21,
        2,
        4,
        18,
        20,
        11,
        3,
        6,
        8,
        12,
        14,
        16,
        10,
        22,
        25,
        24,
        23,
    )
    odd |= {chr(65 + i): value for i, value in enumerate(values)}
    total = sum(odd[c] for c in body[::2])
    total += sum(int(c) if c.isdigit() else ord(c) - 65 for c in body[1::2])
    whole = body + chr(65 + total % 26)
    spaced = f"{whole[:3]} {whole[3:6]} {whole[6:11]} {whole[11:]}"
    return chance.choice((whole, whole, whole.lower(), spaced))


def nl_bsn(chance: Random) -> str:
    """Return a Dutch citizen service number."""
    while True:
        eight = f"{chance.randrange(10**7, 10**8)}"
        last = sum(int(d) * w for d, w in zip(eight, range(9, 1, -1), strict=True)) % 11
        if last < 10:
            whole = f"{eight}{last}"
            dotted = f"{whole[:4]}.{whole[4:6]}.{whole[6:]}"
            return chance.choice((whole, dotted, f"{whole[:3]} {whole[3:6]} {whole[6:]}"))


def se_pnr(chance: Random) -> str:
    """Return a Swedish personal number."""
    year, month, day = _born(chance)
    nine = year[2:] + month + day + _n(chance, 3)
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(nine))
    tail = nine[6:] + str(-total % 10)
    short, long = nine[:6], year[:2] + nine[:6]
    return chance.choice((f"{short}-{tail}", f"{long}-{tail}", short + tail, long + tail))


def fi_hetu(chance: Random) -> str:
    """Return a Finnish personal identity code."""
    year, month, day = _born(chance)
    serial = f"{chance.randrange(2, 900):03}"
    sign = chance.choice("-YXW") if year < "2000" else chance.choice("AB")
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(day + month + year[2:] + serial) % 31]
    return f"{day}{month}{year[2:]}{sign}{serial}{check}"


def br_cpf(chance: Random) -> str:
    """Return a Brazilian tax number of a person."""
    digits = [chance.randrange(10) for _ in range(9)]
    for size in (10, 11):
        rest = sum(d * w for d, w in zip(digits, range(size, 1, -1), strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    n = "".join(map(str, digits))
    dotted = f"{n[:3]}.{n[3:6]}.{n[6:9]}-{n[9:]}"
    return chance.choice(
        (dotted, dotted, n, f"{n[:9]}-{n[9:]}", f"{n[:3]} {n[3:6]} {n[6:9]} {n[9:]}")
    )


def in_aadhaar(chance: Random) -> str:
    """Return an Indian Aadhaar number; its check digit is that of the dihedral group D5."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 + (5 if b >= 5 else 0)
        return (a - b) % 5 + (0 if b >= 5 else 5)

    permutation, powers = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), [tuple(range(10))]
    while len(powers) < 8:
        powers.append(tuple(powers[-1][permutation[i]] for i in range(10)))
    body, check = str(chance.randrange(2, 10)) + _n(chance, 10), 0
    for place, digit in enumerate(reversed(body), start=1):
        check = times(check, powers[place % 8][int(digit)])
    last = next(d for d in range(10) if times(check, d) == 0)
    # The inverse on the left and on the right are the same in a group.
    whole = body + str(last)
    groups = (whole[:4], whole[4:8], whole[8:])
    return chance.choice((" ".join(groups), " ".join(groups), "-".join(groups), whole))


def cn_id(chance: Random) -> str:
    """Return a Chinese resident's number."""
    place = chance.choice(("110101", "310115", "440305", "510104", "330106"))
    body = place + "".join(_born(chance)) + _n(chance, 3)
    total = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body))
    check = "10X98765432"[total % 11]
    return body + (check.lower() if chance.random() < 0.3 else check)
