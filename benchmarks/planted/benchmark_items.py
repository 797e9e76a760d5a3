"""A made-up benchmark: questions that occur in no real text, so that each find is a planting."""

import random

import msgspec

_PLACES = ("Veldmoor", "Karsund", "Ostrava Point", "Tillingrad", "New Ambria", "Lower Quennel")
_PEOPLE = (
    "Marisol Achterberg",
    "Tobin Falkirk",
    "Yusra Delgard",
    "Anselm Prochazka",
    "Ottoline Vey",
)
_THINGS = (
    "barrels of tamarind syrup",
    "crates of copper hinges",
    "brass astrolabes",
    "wool carpets",
)
_REASONS = (
    "because the harbour had frozen earlier than anyone could remember",
    "since the ferry across the estuary runs only on alternate Thursdays",
    "after the guild of lamplighters refused to extend their credit any further",
    "although the customs officer had already sealed the northern warehouse",
)
_QUESTIONS = (
    "How many does each of the remaining partners receive at the end of the season?",
    "Which of the four explanations is best supported by the passage above?",
    "What is the smallest number of trips that are needed?",
    "Express the answer as a fraction in lowest terms.",
)


class BenchmarkItem(msgspec.Struct, frozen=True, kw_only=True):
    """One question."""

    id: str
    text: str


def items(count: int, seed: int) -> list[BenchmarkItem]:
    """Return `count` questions of 18 to 60 words, no two alike."""
    rng = random.Random(f"{seed}/benchmark")
    made: dict[str, None] = {}
    while len(made) < count:
        text = (
            f"{rng.choice(_PEOPLE)} of {rng.choice(_PLACES)} bought {rng.randint(13, 997)} "
            f"{rng.choice(_THINGS)} at {rng.randint(2, 98)} florins apiece"
        )
        if rng.random() < 0.7:
            text += f" {rng.choice(_REASONS)}"
        if rng.random() < 0.6:
            text += (
                f", and then sold {rng.randint(11, 500)} of them to {rng.choice(_PEOPLE)} "
                f"for {rng.randint(3, 99)} florins each"
            )
        made[f"{text}. {rng.choice(_QUESTIONS)}"] = None
    return [BenchmarkItem(id=f"item-{n:03}", text=text) for n, text in enumerate(made)]


def disguise(text: str, rng: random.Random) -> tuple[str, str]:
    """Return how an item appears in a document, and the name of that way."""
    way = rng.choice(("verbatim", "upper case", "other line breaks", "without punctuation", "part"))
    words = text.split()
    if way == "upper case":
        return text.upper(), way
    if way == "other line breaks":
        return "\n".join(" ".join(words[n : n + 6]) for n in range(0, len(words), 6)), way
    if way == "without punctuation":
        return "".join(char for char in text if char.isalnum() or char == " "), way
    if way == "part":
        return " ".join(words[: max(16, len(words) * 2 // 3)]), way
    return text, way
