"""Amounts of money in cents."""


def parse_amount(text):
    """Return cents from text such as `12.50`, `-3` or `1,200.05`."""
    text = text.strip().replace(",", "")
    if not text:
        raise ValueError("empty amount")
    sign = 1
    if text[0] in "+-":
        sign = -1 if text[0] == "-" else 1
        text = text[1:]
    whole, dot, part = text.partition(".")
    if dot and len(part) > 2:
        raise ValueError("too many decimals")
    cents = int(whole or "0") * 100
    if part:
        cents += int(part.ljust(2, "0"))
    return sign * cents


def format_amount(cents, *, symbol="", grouping=True):
    """Return text such as `1,200.05` from cents."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    text = f"{whole:,}" if grouping else str(whole)
    return f"{sign}{symbol}{text}.{part:02d}"


def split_evenly(cents, n_shares):
    """Split an amount into shares that differ by one cent at most; larger shares come first."""
    if n_shares <= 0:
        raise ValueError("no shares")
    base, rest = divmod(cents, n_shares)
    return [base + 1 if i < rest else base for i in range(n_shares)]
