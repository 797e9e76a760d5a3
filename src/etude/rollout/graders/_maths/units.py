"""Units behind a number, with exact conversion, and words that only name what was counted."""

import re
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    """What is measured, and how much of its basic unit this one is."""

    dimension: str
    factor: Fraction = Fraction(1)


def _table() -> dict[str, Unit]:
    inch, mile = Fraction(254, 10000), Fraction(1609344, 1000)
    gallon, pound = Fraction(3785411784, 10**9), Fraction(45359237, 10**8)
    rows: list[tuple[str, str, Fraction | int]] = [
        ("length", "m meter meters metre metres", 1),
        ("length", "cm centimeter centimeters centimetre centimetres", Fraction(1, 100)),
        ("length", "mm millimeter millimeters millimetre millimetres", Fraction(1, 1000)),
        ("length", "km kilometer kilometers kilometre kilometres", 1000),
        ("length", "in inch inches", inch),
        ("length", "ft foot feet", inch * 12),
        ("length", "yd yard yards", inch * 36),
        ("length", "mi mile miles", mile),
        ("time", "s sec secs second seconds", 1),
        ("time", "min mins minute minutes", 60),
        ("time", "h hr hrs hour hours", 3600),
        ("time", "day days", 86400),
        ("time", "week weeks", 604800),
        ("month", "month months", 1),
        ("month", "year years yr yrs", 12),
        ("mass", "kg kilogram kilograms", 1),
        ("mass", "g gram grams", Fraction(1, 1000)),
        ("mass", "mg milligram milligrams", Fraction(1, 10**6)),
        ("mass", "t tonne tonnes", 1000),
        ("mass", "lb lbs pound pounds", pound),
        ("mass", "oz ounce ounces", pound / 16),
        ("volume", "l L liter liters litre litres", Fraction(1, 1000)),
        ("volume", "ml mL milliliter milliliters millilitre millilitres", Fraction(1, 10**6)),
        ("volume", "gal gallon gallons", gallon / 1000),
        ("speed", "mph", mile / 3600),
        ("speed", "kph kmh", Fraction(1000, 3600)),
        ("dollar", "dollar dollars usd bucks", 1),
        ("dollar", "cent cents", Fraction(1, 100)),
        ("euro", "euro euros eur", 1),
        ("pound", "pounds sterling gbp", 1),
        ("force", "N newton newtons", 1),
        ("energy", "J joule joules", 1),
        ("energy", "kJ kilojoule kilojoules", 1000),
        ("power", "W watt watts", 1),
        ("power", "kW kilowatt kilowatts", 1000),
        ("voltage", "V volt volts", 1),
        ("current", "A amp amps ampere amperes", 1),
        ("frequency", "Hz hertz", 1),
        ("pressure", "Pa pascal pascals", 1),
        ("amount", "mol mole moles", 1),
        ("temperature", "K kelvin kelvins", 1),
        ("turn", "rad radian radians", 1),
    ]  # fmt: skip
    return {w: Unit(d, Fraction(f)) for d, words, f in rows for w in words.split()}


UNITS = _table()
"""Units by their names. A name of one letter counts only behind a space."""

_PREFIXES = {"square ": "2", "sq ": "2", "sq. ": "2", "cubic ": "3", "cu ": "3"}
_SUFFIX = re.compile(
    r"(?<=[\d)}.% ])((?:square |sq\.? |cubic |cu )?[A-Za-z]+\.?)"
    r"(?: ?\^ ?(?:\{ ?([23]) ?\}|([23])))?"
    r"(?: ?(?:/| per ) ?([A-Za-z]+\.?)(?: ?\^ ?(?:\{ ?([23]) ?\}|([23])))?)?$"
)
_PER = re.compile(r" (?:an|a) (?=[A-Za-z]+$)")
_COUNTED = re.compile(r"(?<=[\d)}]) ((?:[A-Za-z]{3,15} ){0,2}[A-Za-z]{3,15})$")
_CURRENCY = {"dollar": "dollar", "euro": "euro", "pound": "pound"}
_MONEY = re.compile(r"(-?) ?\\(dollar|euro|pound) ?(.+)|(.+?) ?\\(dollar|euro|pound)")
_PERCENT = re.compile(r"(?<=[\d)}.]) ?(?:percent|per cent|pct|percentage)$")
_DEGREES = re.compile(r"(?<=[\d)}.]) ?(?:degrees?|deg)$")
# Words that change what a number means, and so never only name what was counted.
_MEANINGFUL_WORDS = (
    "and not but plus minus times over than more less about approximately roughly maybe any "
    "all the hundred thousand million billion trillion dozen half twice double percent point "
    "points degree degrees base mod modulo else other both either none unknown most least "
    "between through max min sin cos tan log exp half halves third thirds quarter quarters "
    "fourths fifths sixths sevenths eighths ninths tenths hundredths thousandths millionths "
    "squared cubed factorial root roots power inverse negative zero one two three four five "
    "six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds "
    "thousands millions billions pairs dozens exactly incorrect wrong false modulo choose "
)
_MEANINGFUL = frozenset(_MEANINGFUL_WORDS.split()) | UNITS.keys()
_LONGEST = 45


_AMOUNT = r"(\d{1,12}(?:\.\d{1,12})?) ?([A-Za-z]{1,12})"
_COMPOUND = re.compile(
    rf"{_AMOUNT}(?: and |, and |, | ){_AMOUNT}(?:(?: and |, and |, | ){_AMOUNT})?"
)
_NO_UNIT = re.compile(
    r"(?<=[\d)} ]) ?(?:square |sq\.? |cubic |cu )?units?(?: ?\^ ?(?:\{[23]\}|[23]))?$"
)


def compound(text: str) -> tuple[Fraction, Unit] | None:
    """Return the value of amounts such as `2 hours and 30 minutes`, in their basic unit."""
    found = _COMPOUND.fullmatch(text)
    if found is None:
        return None
    amounts, names = found.groups()[::2], found.groups()[1::2]
    units = [UNITS.get(name or "") or UNITS.get((name or "").lower()) for name in names]
    dimensions = {u.dimension if u else "" for u, name in zip(units, names, strict=True) if name}
    if len(dimensions) != 1 or "" in dimensions:
        return None
    total = sum(
        (Fraction(a or 0) * u.factor for a, u in zip(amounts, units, strict=True) if u), Fraction(0)
    )
    return total, Unit(dimensions.pop())


def split_unit(text: str) -> tuple[str, Unit | None]:
    """Return a cleaned answer without its unit, and the unit; `%` and `°` stay with the number."""
    if "\\" in text and (money := _MONEY.fullmatch(text)):
        sign, before, behind, value, after = money.groups()
        return (sign or "") + (behind or value).strip(), Unit(_CURRENCY[before or after])
    tail = text[-_LONGEST:]
    if not tail[-1:].isalpha() and tail[-1:] not in "}.23":
        return text, None
    head = text[: len(text) - len(tail)]
    for pattern, sign in ((_PERCENT, "%"), (_DEGREES, r"^\circ"), (_NO_UNIT, "")):
        if found := pattern.search(tail):
            return head + tail[: found.start()] + sign, None
    tail = _PER.sub(" per ", tail)
    found = _SUFFIX.search(tail)
    unit = _unit(found, tail) if found else None
    if found and unit:
        return (head + tail[: found.start()]).strip(), unit
    if found := _COUNTED.search(tail):
        words = found[1].lower().split()
        if _MEANINGFUL.isdisjoint(words):
            return (head + tail[: found.start()]).strip(), Unit("counted " + _stem(words[0]))
    return text, None


def _stem(word: str) -> str:
    return word.removesuffix("s")


def _unit(found: "re.Match[str]", tail: str) -> Unit | None:
    """Return the unit that a match spells, or `None`."""
    name, size = found[1].removesuffix("."), found[2] or found[3]
    for prefix, power in _PREFIXES.items():
        if name.startswith(prefix):
            name, size = name.removeprefix(prefix), power
    if len(name) == 1 and tail[found.start() - 1 : found.start()] != " ":
        return None
    upper = _raised(UNITS.get(name) or UNITS.get(name.lower()), size)
    if upper is None or not found[4]:
        return upper
    lower = _raised(UNITS.get(found[4].removesuffix(".")), found[5] or found[6])
    if lower is None:
        return None
    dimension = f"{upper.dimension}/{lower.dimension}"
    if dimension == "length/time":
        dimension = "speed"
    return Unit(dimension, upper.factor / lower.factor)


def _raised(unit: Unit | None, size: str | None) -> Unit | None:
    """Return a power of a unit; the cube of a length is a volume."""
    if unit is None or not size:
        return unit
    dimension = "volume" if unit.dimension == "length" and size == "3" else unit.dimension + size
    return Unit(dimension, unit.factor ** int(size))
