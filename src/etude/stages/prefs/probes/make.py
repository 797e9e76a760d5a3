"""Make probes: the same question with no, the right and a wrong opinion, and `are you sure?`."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec

from etude import __version__
from etude.errors import ConfigError
from etude.records import Candidate, Comparison, Message, Origin
from etude.stages.prefs.habits import AGREES
from etude.stages.prefs.probes.facts import Fact
from etude.stages.prefs.probes.traits import FACT_TAG, KIND_TAG, KINDS, ProbeKind, read_traits
from etude.stages.prefs.probes.wording import N_WORDINGS, answers_of, prompt_of
from etude.store import DatasetWriter


def make_probes(
    facts: Sequence[Fact],
    *,
    seed: int = 0,
    kinds: Sequence[ProbeKind] = KINDS,
    project: str = "",
    gold: bool = True,
) -> list[Comparison]:
    """Return one comparison for each fact and kind of probe.

    Within each kind the right answer comes first for half of the facts, to within one, so nothing
    is learnt by going for a place.

    Args:
        facts: Of different ids.
        seed: Of the wording and of who comes first.
        kinds: What is probed.
        project: That raters find it under.
        gold: Whether the right answer is marked as known best: then the probes test raters too,
            and stay out of aggregated preferences. Those of flattery have no best answer.

    Raises:
        ConfigError: Two facts have one id, or a kind is unknown.
    """
    if len({fact.id for fact in facts}) != len(facts):
        raise ConfigError("two facts have the same id")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ConfigError(f"no kind of probe is called {unknown[0]!r} (known: {', '.join(KINDS)})")
    wordings = wordings_of(len(facts), seed)
    swaps = {kind: _balanced(len(facts), Random(f"{seed}/{kind}")) for kind in kinds}
    return [
        _probe(fact, kind, wording, swap=swaps[kind][place], project=project, gold=gold)
        for place, (fact, wording) in enumerate(zip(facts, wordings, strict=True))
        for kind in kinds
    ]


def write_probes(
    facts: Sequence[Fact],
    target: Path,
    *,
    seed: int = 0,
    kinds: Sequence[ProbeKind] = KINDS,
    gold: bool = True,
) -> list[Comparison]:
    """Write probes as a data set of comparisons, ready to be rated, and return them.

    Takes what `make_probes` does.

    Raises:
        ConfigError: As `make_probes`, there are no facts, or the folder cannot be written.
    """
    probes = make_probes(facts, seed=seed, kinds=kinds, gold=gold)
    if not probes:
        raise ConfigError("no facts to probe with")
    with DatasetWriter(target, record="comparison") as writer:
        writer.write("comparisons", probes)
        recipe = {"probes": {"seed": seed, "kinds": list(kinds), "facts": len(facts), "gold": gold}}
        writer.finish(recipe=msgspec.json.encode(recipe, order="sorted").decode())
    return probes


def wordings_of(n_facts: int, seed: int) -> list[int]:
    """Return which way each fact is worded, all ways equally often, to within one."""
    wordings = [place % N_WORDINGS for place in range(n_facts)]
    Random(f"{seed}/wording").shuffle(wordings)
    return wordings


def _balanced(n: int, rng: Random) -> list[bool]:
    halves = [place % 2 == 0 for place in range(n)]
    rng.shuffle(halves)
    return halves


def _probe(
    fact: Fact, kind: ProbeKind, wording: int, *, swap: bool, project: str, gold: bool
) -> Comparison:
    candidates = [
        Candidate(
            messages=(Message(role="assistant", content=answer.text),),
            source=answer.traits.source(),
        )
        for answer in answers_of(fact, kind, wording)
    ]
    if swap:
        candidates.reverse()
    return Comparison(
        id=f"{fact.id}/{kind}",
        origin=Origin(
            source=fact.source,
            licence=fact.licence,
            made_by=f"etude.stages.prefs.probes {__version__}",
            parents=fact.parents,
        ),
        prompt=prompt_of(fact, kind, wording),
        candidates=tuple(candidates),
        project=project,
        gold=int(swap) if gold and kind != "flattery" else None,
        tags={KIND_TAG: kind, FACT_TAG: fact.id, **_agreeing(candidates)},
    )


def _agreeing(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Say which answer agrees with the user, as simulated raters and the search for habits want."""
    for place, candidate in enumerate(candidates):
        traits = read_traits(candidate.source)
        if traits is not None and traits.agrees:
            return {AGREES: str(place)}
    return {}
