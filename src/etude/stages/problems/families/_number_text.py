"""Numbers as text: fractions, decimals, signs."""

from fractions import Fraction


def latex(value: Fraction | int) -> str:
    r"""Write a number as LaTeX: `-\frac{3}{4}`, `7`."""
    number = Fraction(value)
    if number.denominator == 1:
        return str(number.numerator)
    sign = "-" if number < 0 else ""
    return rf"{sign}\frac{{{abs(number.numerator)}}}{{{number.denominator}}}"


def has_decimal(value: Fraction | int, places: int = 2) -> bool:
    """Whether a number can be written exactly with so many decimal places."""
    return bool((Fraction(value) * 10**places).denominator == 1)


def decimal(value: Fraction | int, places: int = 0) -> str:
    """Write a number exactly as a decimal, with at least `places` places.

    Raises:
        ValueError: It has no finite decimal of at most twelve places.
    """
    number = Fraction(value)
    for digits in range(places, 13):
        if has_decimal(number, digits):
            scaled = abs(number.numerator) * 10**digits // number.denominator
            whole, part = divmod(scaled, 10**digits)
            sign = "-" if number < 0 else ""
            return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"
    raise ValueError(f"{number} has no finite decimal")


def signed(value: int) -> str:
    """Write a number to stand behind another: `+ 3`, `- 4`."""
    return f"{'-' if value < 0 else '+'} {abs(value)}"
