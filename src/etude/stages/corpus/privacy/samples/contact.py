"""Invented ways to reach somebody: addresses of e-mail, phones, machines."""

from random import Random

_USERS = (
    *("maria.silva", "j.r.tolk", "o'brien.k", "kim_lee", "x", "anna-lena.w", "bob2001", "r2d2"),
    *("First.Last+news", "sales.emea", "DrStrange", "müller", "josé.p", "a1b2c3", "the-cat", "q_"),
)
_HOSTS = (
    *("gmail.com", "yahoo.co.uk", "web.de", "uni-bonn.de", "mail.ru", "qq.com", "hotmail.fr"),
    *("corp.internal.acme.io", "bücher.de", "x.org", "st-andrews.ac.uk", "my-firm.museum"),
    *("proton.me", "123reg.net", "sub.domain.com.br", "xn--bcher-kva.ch"),
)


def email(chance: Random) -> str:
    """Return an address, one in six hidden from programs in some way."""
    user, host = chance.choice(_USERS), chance.choice(_HOSTS)
    if chance.random() < 0.5:
        user += str(chance.randrange(1000))
    hidden = chance.random()
    if hidden < 0.05:
        return f"{user} [at] {host}"
    if hidden < 0.10:
        return f"{user} (at) {host.replace('.', ' (dot) ')}"
    if hidden < 0.13:
        return f"{user} at {host.replace('.', ' dot ')}"
    if hidden < 0.17:
        return f"{user}&#64;{host}"
    return f"{user}@{host}"


def _digits(chance: Random, n: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(n))


def _american(chance: Random) -> str:
    while True:
        area, exchange = f"{chance.randrange(200, 990)}", f"{chance.randrange(200, 1000)}"
        if "11" not in (area[1:], exchange[1:]) and exchange != "555":
            break
    line = _digits(chance, 4)
    return chance.choice(
        (
            f"({area}) {exchange}-{line}",
            f"({area}){exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"{area} {exchange} {line}",
            f"1-{area}-{exchange}-{line}",
            f"+1 ({area}) {exchange}-{line}",
            f"+1{area}{exchange}{line}",
            f"+1 {area} {exchange} {line}",
            f"{area}{exchange}{line}",
            f"{area}/{exchange}-{line}",
        )
    )


def _european(chance: Random) -> str:
    d = _digits
    return chance.choice(
        (
            f"+44 20 7{d(chance, 3)} {d(chance, 4)}",
            f"+44 (0)161 {chance.randrange(200, 999)} {d(chance, 4)}",
            f"0161 {chance.randrange(200, 999)} {d(chance, 4)}",
            f"07{chance.choice('45789')}{d(chance, 2)} {d(chance, 6)}",
            f"+49 89 {d(chance, 7)}",
            f"+49 (0)30/{d(chance, 4)}-{d(chance, 2)}",
            f"030/{chance.randrange(2, 9)}{d(chance, 6)}",
            f"0171 {chance.randrange(2, 9)}{d(chance, 6)}",
            f"0049 711 {chance.randrange(2, 9)}{d(chance, 5)}",
            f"+33 6 {' '.join(d(chance, 2) for _ in range(4))}",
            f"06.{'.'.join(d(chance, 2) for _ in range(4))}",
            f"01 4{d(chance, 1)} {' '.join(d(chance, 2) for _ in range(3))}",
            f"+34 6{d(chance, 2)} {d(chance, 3)} {d(chance, 3)}",
            f"+39 02 {d(chance, 8)}",
            f"+31 6 {d(chance, 8)}",
            f"+46 70-{d(chance, 3)} {d(chance, 2)} {d(chance, 2)}",
            f"+358 40 {d(chance, 7)}",
            f"+48 {d(chance, 3)}-{d(chance, 3)}-{d(chance, 3)}",
            f"+7 (495) {chance.randrange(200, 999)}-{d(chance, 2)}-{d(chance, 2)}",
        )
    )


def _other(chance: Random) -> str:
    d = _digits
    return chance.choice(
        (
            f"+86 138 {d(chance, 4)} {d(chance, 4)}",
            f"138{d(chance, 8)}",
            f"+91-98{d(chance, 3)}-{d(chance, 5)}",
            f"+81 3-{d(chance, 4)}-{d(chance, 4)}",
            f"090-{d(chance, 4)}-{d(chance, 4)}",
            f"+55 11 9{d(chance, 4)}-{d(chance, 4)}",
            f"(11) 9{d(chance, 4)}-{d(chance, 4)}",
            f"+61 4{d(chance, 2)} {d(chance, 3)} {d(chance, 3)}",
            f"+27 82 {d(chance, 3)} {d(chance, 4)}",
            f"+971 50 {d(chance, 3)} {d(chance, 4)}",
            f"+234 803 {d(chance, 3)} {d(chance, 4)}",
        )
    )


def phone(chance: Random) -> str:
    """Return a phone number in one of some forty spellings."""
    return chance.choice((_american, _american, _european, _european, _other))(chance)


def ip(chance: Random) -> str:
    """Return a public address of version 4 or 6."""
    if chance.random() < 0.7:
        first = chance.choice(
            [n for n in range(11, 223) if n not in (127, 169, 172, 192, 198, 203)]
        )
        rest = [chance.randrange(256), chance.randrange(256), chance.randrange(1, 255)]
        return ".".join(map(str, (first, *rest)))
    groups = [f"{chance.randrange(0x10000):x}" for _ in range(7)]
    head = f"2{chance.choice('0a6')}0{chance.randrange(1, 16):x}"
    if head == "2001":
        head = "2003"
    spelled = chance.random()
    if spelled < 0.4:
        return ":".join((head, *groups))
    if spelled < 0.7:
        return ":".join((head, *groups[:2])) + "::" + groups[6]
    return ":".join((head, *groups)).upper()


def private_ip(chance: Random) -> str:
    """Return an address of a private network."""
    return chance.choice(("10.{}.{}.{}", "192.168.{1}.{2}", "172.20.{1}.{2}")).format(
        chance.randrange(32, 256), chance.randrange(33, 256), chance.randrange(1, 255)
    )


def name(chance: Random) -> str:
    """Return the name of a person."""
    given = (
        "Maria",
        "John",
        "Aisha",
        "Sven",
        "Wei",
        "Olga",
        "Pedro",
        "Fatou",
        "Takeshi",
        "Brónagh",
    )
    family = (
        "Silva",
        "O'Connor",
        "Khan",
        "Lindqvist",
        "Zhang",
        "Petrova",
        "García",
        "Diop",
        "Sato",
    )
    middle = chance.choice(("", "", "", " J.", " van der"))
    return f"{chance.choice(given)}{middle} {chance.choice(family)}"
