"""A small set of texts from templates, some toxic or adult, to see what the step `toxicity` does.

It is by the hand that made the list of terms and is no sample of the web. It shows mistakes of a
kind (mention, medicine, birds, surnames, insults without bad words); its shares are no corpus's.
"""

from __future__ import annotations

from random import Random

import msgspec

from etude.stages.corpus.batch import DROP, from_columns
from etude.stages.corpus.privacy.labelled import Share, wilson
from etude.stages.corpus.steps import Step, steps

_TOXIC = (
    "You are a fucking idiot and so is your whole family.", "shut the f*ck up you stupid bitch",
    "What a bunch of assholes, go kill yourself.", "this shitty site is run by dickheads",
    "get lost you retard, nobody wants you cunts here", "bloody wankers the lot of them",
    "Halt die Fresse, du Arschloch, du Hurensohn!", "ta gueule connard, va te faire foutre",
    "eres un gilipollas, hijo de puta", "kurwa, jebać ich wszystkich", "ты мудак и сука, блядь",
    "你这个傻逼 操你妈", "people like you are vermin and should be gassed", "sh1tty b1tch",
    "I hope you die alone, you worthless waste of space",
)  # fmt: skip
_ADULT = (
    "Watch free porn videos: milf, hentai, creampie and gangbang in HD.",
    "hot horny camgirls live sex chat now", "xvideos pornhub xhamster best blowjob compilation",
    "Busty stripper shows big tits, nude photos inside", "無修正 巨乳 中出し 動画",
    "escort services and erotic massage downtown", "порно онлайн секс видео бесплатно",
    "adult dating, meet local singles tonight",
)  # fmt: skip
_CLEAN = (
    "Great tits and blue tits visit the feeder in winter.", "XXXII. Olympic games",
    "The Scunthorpe assessment was a classic.", "The cockpit of the aircraft was redesigned.",
    "Dick and Jane went to Penistone with Mr Hancock.", "She sued over the racist slur.",
    "Breast cancer screening and oral sex education reduce risk.", "Slut på sidan. Hora cero.",
    "The fire retardant coating delays ignition; le train a du retard.",
    "He graduated magna cum laude from the University of Essex.", "Analysis of therapist hits.",
    "The ass and the ox stood in the stable.", "chicks hatch; the cock crowed at dawn",
    "The bite of the adder is painful, das Buch ist dick.", "Moby Dick is a novel by Melville.",
    "The prosecutor read the messages, in which he called her a bitch.",
    "A bug in the class passes an assertion; push the hash.",
    "The clitoris is an organ of mammals.", "Sex ratio and orgasm in primates: a review.",
    "The cop arrested a sex offender in Sussex.",
)  # fmt: skip
_FILLER = (
    "The weather was fine all week.", "We met at the station and walked home.",
    "The committee will publish its report in May.", "Add the flour and stir for two minutes.",
)  # fmt: skip
_LABELS = {"toxic": _TOXIC, "adult": _ADULT, "clean": _CLEAN}


class ToxicText(msgspec.Struct, frozen=True):
    """A text and what it is: `toxic`, `adult` or `clean`."""

    text: str
    label: str


def toxic_texts(n: int = 200, seed: int = 0) -> list[ToxicText]:
    """Return `n` toxic texts, `n` adult ones and `n` clean ones with words that look alike."""
    chance = Random(seed)
    made = []
    for label, sentences in _LABELS.items():
        for _ in range(n):
            some = chance.choices(sentences, k=chance.randrange(2, 5))
            some += chance.choices(_FILLER, k=chance.randrange(4))
            chance.shuffle(some)
            made.append(ToxicText(" ".join(some), label))
    return made


def measure_toxicity(n: int = 200, seed: int = 0, step: Step | None = None) -> dict[str, Share]:
    """Return the share of texts of each label that a step drops; of `clean`, the false alarms."""
    made = toxic_texts(n, seed)
    origin = {"source": "templates", "licence": "", "made_by": __name__, "parents": []}
    columns = {
        "id": [str(i) for i in range(len(made))],
        "text": [text.text for text in made],
        "origin": [origin] * len(made),
    }
    batch = (step or steps.make("toxicity")).apply(from_columns(columns, len(made)))
    dropped = [False] * len(made)
    if DROP in batch.schema.names:
        dropped = batch.column(DROP).is_valid().to_pylist()
    shares = {}
    for label in _LABELS:
        mine = [gone for text, gone in zip(made, dropped, strict=True) if text.label == label]
        shares[label] = wilson(sum(mine), len(mine))
    return shares
