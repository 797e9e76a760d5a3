"""Right responses: the same answer in other words, as models write it."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random

from etude.records import Reference
from etude.rollout.graders import Grader
from etude.stages.problems.audit._forms import Given, form_of, grader_of

N_SPELLINGS = 10
"""Right responses to each problem."""
_PROSE = (
    "{}",
    "The answer is {}.",
    "Let me work it out step by step.\n\nFirst I read the question again.\n\n{}",
    "<think>\nIs it 17? No, that cannot be.\n</think>\n\n{}",
    "**Final answer:** {}",
    "So the result is\n\n{}\n\nwhich is what was asked for.",
    "   {}   \n\n",
    "Answer: {}\nI checked it twice.",
    "Therefore, {}",
    "1. Read.\n2. Compute.\n3. Check.\n\nHence {}",
)
_SECOND_THOUGHT = "At first I had \\boxed{17017}, but that was a slip. {}"


def spellings(reference: Reference, rng: Random) -> list[str]:
    """Return right responses to a problem, at most ten and each once; none when none is known."""
    use, grader = grader_of(reference)
    answers = [a for a in (reference.answer or reference.solution, *reference.spellings) if a]
    if use in {"code", "codebase"}:
        answers = [reference.solution] if reference.solution else []
    if not answers:
        return []
    written = list(dict.fromkeys(w for a in answers[:3] for w in _rewrite(a, use, grader)))
    fenced, boxed = "\n" in grader.present("0"), "\\boxed{" in grader.present("0")
    prose = [text for text in _PROSE if not fenced or text == "{}" or "\n\n{}" in text]
    prose += [_SECOND_THOUGHT] if boxed else []
    rest = prose[1:]
    rng.shuffle(rest)
    prose = [prose[0], *rest]
    found = []
    for number in range(max(len(written), len(prose), N_SPELLINGS)):
        answer = written[number % len(written)]
        found.append(_say(prose[number % len(prose)], grader.present(answer)))
    found = list(dict.fromkeys(found))
    first, others = found[0], found[1:]
    rng.shuffle(others)
    return [first, *others][:N_SPELLINGS]


def _say(prose: str, presented: str) -> str:
    before, _, after = prose.replace("\\boxed{17017}", "\0").partition("{}")
    return (before + presented + after).replace("\0", "\\boxed{17017}")


def _rewrite(answer: str, use: str, grader: Grader) -> Iterator[str]:
    """Yield an answer as it is, and then in other spellings that are surely the same."""
    yield answer
    form = form_of(answer, use)
    if form.kind != "program":
        yield from _REWRITERS[form.kind](Given(answer, form, use, grader))


def _number(given: Given) -> Iterator[str]:
    answer, form = given.answer, given.form
    value = form.value or Fraction()
    yield f"${answer}$"
    yield f" {answer} "
    yield f"({answer})"
    yield f"\\displaystyle {answer}"
    sign, size = ("-" if value < 0 else ""), abs(value)
    yield f"{sign}\\frac{{{2 * size.numerator}}}{{{2 * size.denominator}}}"
    yield f"{value.numerator}/{value.denominator}"
    yield f"\\dfrac{{{value.numerator}}}{{{value.denominator}}}"
    if value.denominator == 1:
        yield f"{value.numerator}.0"
        yield f"{value.numerator}.00"
        if size >= 1000:
            yield f"{value.numerator:,}"
            yield f"{value.numerator:,}".replace(",", "{,}")
    elif (decimal := _terminating(value)) is not None:
        yield decimal
        yield f"{decimal}0"
    else:
        yield f"{sign}\\tfrac{{{size.numerator}}}{{{size.denominator}}}"
        yield f"{sign}\\frac{{{3 * size.numerator}}}{{{3 * size.denominator}}}"


def _terminating(value: Fraction) -> str | None:
    """Return a fraction as a decimal that ends, if it is one of at most 12 places."""
    scaled = value * 10**12
    if scaled.denominator != 1:
        return None
    digits = f"{abs(scaled.numerator):013d}"
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-12]}.{digits[-12:].rstrip('0') or '0'}"


def _quantity(given: Given) -> Iterator[str]:
    answer, form = given.answer, given.form
    number, unit = answer[: len(answer) - len(form.unit)], form.unit.strip()
    if "%" in unit:
        yield from (f"{number}\\%", f"{number} \\%", f"{number}\\,\\%", f"${number}\\%$")
    else:
        yield from (f"{number}\\text{{ {unit}}}", f"{number} \\text{{ {unit}}}")
        yield from (f"{number}~\\text{{{unit}}}", f"{number}\\,\\mathrm{{{unit}}}")
    yield f" {answer} "
    if "." in number:
        yield f"{number}0{form.unit}"
    else:
        yield f"{number}.0{form.unit}"


def _moment(given: Given) -> Iterator[str]:
    yield from (f" {given.answer} ", f"${given.answer}$", f"\\text{{{given.answer}}}")


def _members(given: Given) -> Iterator[str]:
    form, use, grader = given.form, given.use, given.grader
    opening, closing = form.brackets
    for parts in (form.parts, form.parts[::-1] if opening == "\\{" else form.parts):
        tight, wide = ",".join(parts), ",  ".join(parts)
        yield f"{opening}{tight}{closing}"
        yield f"{opening} {wide} {closing}"
        yield f"${opening}{', '.join(parts)}{closing}$"
        if opening:
            yield f"\\left{opening} {', '.join(parts)} \\right{closing}"
    for at, part in enumerate(form.parts):
        inner = form_of(part, use)
        if inner.kind == "number":
            for other in list(_number(Given(part, inner, use, grader)))[4:7]:
                parts = (*form.parts[:at], other, *form.parts[at + 1 :])
                yield f"{opening}{', '.join(parts)}{closing}"


def _matrix(given: Given) -> Iterator[str]:
    form = given.form
    for name in ("pmatrix", "bmatrix"):
        for between, below in ((" & ", " \\\\ "), ("&", "\\\\"), (" & ", " \\\\\n")):
            body = below.join(between.join(row) for row in form.rows)
            yield f"\\begin{{{name}}}{body}\\end{{{name}}}"
            yield f"\\begin{{{name}}}\n{body}\n\\end{{{name}}}"


def _expression(given: Given) -> Iterator[str]:
    answer = given.answer
    yield f"${answer}$"
    yield f"  {answer}  "
    if "=" in answer or len(answer) > 200:
        return
    yield f"({answer})"
    yield f"\\left({answer}\\right)"
    yield f"0 + {answer}" if not answer.startswith("-") else f"0 {answer}"
    yield f"{answer} + 0"
    yield f"1 \\cdot ({answer})"
    yield f"\\frac{{2 ({answer})}}{{2}}"
    yield f"({answer}) + 5 - 5"
    yield answer.replace(" ", "")


def _letter(given: Given) -> Iterator[str]:
    answer = given.answer
    bare = answer.strip("() .")
    yield from (f"({bare})", f"{bare}.", f"{bare})", f"\\text{{{bare}}}", f" {bare} ")
    yield from (f"\\textbf{{({bare})}}", f"\\text{{({bare})}}", f"\\mathrm{{{bare}}}", f"${bare}$")


def _text(given: Given) -> Iterator[str]:
    answer, use, grader = given.answer, given.use, given.grader
    if use not in {"text", "reasoning_gym"}:
        return
    yield f" {answer} "
    yield f"\n{answer}\n"
    if not set(answer) & set("{}\\$"):
        yield f"\\text{{{answer}}}"
        yield f"\\text{{ {answer} }}"
    if use == "text" and getattr(grader, "ignore_case", False) and answer.isascii():
        yield answer.upper()
        yield answer.lower()


_REWRITERS: dict[str, Callable[[Given], Iterator[str]]] = {
    "number": _number,
    "quantity": _quantity,
    "moment": _moment,
    "members": _members,
    "matrix": _matrix,
    "expression": _expression,
    "letter": _letter,
    "text": _text,
}
