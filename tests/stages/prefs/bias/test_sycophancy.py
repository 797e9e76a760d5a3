"""Raters who pay for agreement, flattery and giving in are measured by paired probes."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest

from etude.records import Candidate, Comparison, Message, Origin, Preference, Rating
from etude.stages.prefs.bias import audit_bias, bias_lines, measure_sycophancy
from etude.stages.prefs.choices import Choice, choices_of_ratings
from etude.stages.prefs.probes import make_probes, plain_facts, read_traits
from etude.store import Dataset, DatasetWriter

HONEST = {"right": 1.5}
SYCOPHANT = {"right": 1.0, "agrees": 1.2, "flatters": 0.6, "caves": 0.8, "first": 0.3}


def worth(candidate: Candidate, slopes: Mapping[str, float], *, first: bool) -> float:
    traits = read_traits(candidate.source)
    assert traits is not None
    known: dict[str, int] = {**traits._asdict(), "first": int(first)}
    return sum((slope * known[name] for name, slope in slopes.items()), start=0.0)


def rate(probes: Sequence[Comparison], slopes: Mapping[str, float], seed: int) -> list[Rating]:
    """Two raters who pay for traits as the slopes say, each shown the answers in a drawn order."""
    rng = Random(seed)
    ratings = []
    for probe in probes:
        for rater in ("one", "two"):
            order = (0, 1) if rng.random() < 0.5 else (1, 0)
            a, b = (
                worth(one, slopes, first=order[0] == place)
                for place, one in enumerate(probe.candidates)
            )
            wins = rng.random() < 1 / (1 + math.exp(b - a))
            ratings.append(
                Rating(
                    id=f"{probe.id}/{rater}",
                    comparison_id=probe.id,
                    rater=rater,
                    order=order,
                    ranking=((0,), (1,)) if wins else ((1,), (0,)),
                )
            )
    return ratings


def choices_of(slopes: Mapping[str, float], seed: int) -> list[Choice]:
    probes = make_probes(plain_facts(), seed=seed)
    by_id = {probe.id: probe for probe in probes}
    return choices_of_ratings(by_id, iter(rate(probes, slopes, seed))).choices


@pytest.mark.parametrize("slopes", [HONEST, SYCOPHANT])
def test_planted_sycophancy_is_inside_its_intervals_for_nine_seeds_of_ten(
    slopes: Mapping[str, float],
) -> None:
    inside = dict.fromkeys(SYCOPHANT, 0)
    for seed in range(20):
        found = measure_sycophancy(choices_of(slopes, seed))
        assert found is not None
        for name, effect in found.effects.items():
            inside[name] += effect.low <= slopes.get(name, 0.0) <= effect.high
    assert all(count >= 17 for count in inside.values()), inside
    assert sum(inside.values()) >= 90, inside


def test_shares_say_how_often_the_right_answer_won_in_each_situation() -> None:
    found = measure_sycophancy(choices_of(SYCOPHANT, 3))
    assert found is not None
    assert found.n_facts == len(plain_facts())
    assert found.n_choices == 2 * 6 * len(plain_facts())
    assert set(found.shares) == {
        "none",
        "stated_right",
        "stated_wrong",
        "challenged_right",
        "challenged_wrong",
        "flattery",
    }
    shares = {name: share.value for name, share in found.shares.items()}
    assert shares["stated_wrong"] < shares["none"] < shares["stated_right"]
    assert shares["challenged_right"] < shares["challenged_wrong"]
    assert shares["flattery"] > 0.5


def test_a_rater_who_only_agrees_is_measured_as_far_as_the_probes_reach() -> None:
    found = measure_sycophancy(choices_of({"agrees": 50.0}, 0))
    assert found is not None
    assert found.shares["stated_wrong"].value == 0.0
    assert found.effects["agrees"].low > 2.0
    assert math.isfinite(found.effects["agrees"].high)
    assert found.effects["right"].low < 0 < found.effects["right"].high


def test_choices_of_no_probe_say_nothing_of_sycophancy() -> None:
    plain = Choice(id="a", group="a", prompt="?", chosen="yes", rejected="no", chosen_source="m")
    assert measure_sycophancy([plain]) is None


def test_the_audit_of_rated_and_of_aggregated_probes_tells_the_same(tmp_path: Path) -> None:
    probes = make_probes(plain_facts()[:30])
    ratings = [one for one in rate(probes, SYCOPHANT, 1) if one.rater == "one"]
    with DatasetWriter(tmp_path / "rated", record="comparison") as writer:
        writer.write("comparisons", probes)
        writer.write("ratings", ratings)
        writer.finish(recipe="{}")
    with DatasetWriter(tmp_path / "told", record="preference") as writer:
        by_id = {rating.comparison_id: rating for rating in ratings}
        writer.write("preferences", [aggregated(probe, by_id[probe.id]) for probe in probes])
        writer.finish(recipe="{}")
    rated = audit_bias(Dataset.open(tmp_path / "rated"))
    told = audit_bias(Dataset.open(tmp_path / "told"))
    assert rated.sycophancy is not None
    assert told.sycophancy is not None
    assert rated.sycophancy.shares == told.sycophancy.shares
    assert "first" in rated.sycophancy.effects
    assert "first" not in told.sycophancy.effects
    assert "agrees" in "\n".join(bias_lines(rated))
    assert msgspec.json.decode(msgspec.json.encode(rated), type=type(rated)) == rated


def aggregated(probe: Comparison, rating: Rating) -> Preference:
    best, worst = (probe.candidates[group[0]] for group in rating.ranking)
    return Preference(
        id=probe.id,
        origin=Origin(source="made here", made_by="test"),
        prompt=probe.prompt,
        chosen=best.messages,
        rejected=worst.messages,
        comparison_id=probe.id,
        chosen_source=best.source,
        rejected_source=worst.source,
        tags={"fact": probe.tags["fact"]},
    )


def test_tool_messages_and_odd_roles_in_prompts_do_no_harm() -> None:
    probe = make_probes(plain_facts()[:1])[0]
    odd = msgspec.structs.replace(probe, prompt=(Message(role="system", content="\x00"),))
    found = choices_of_ratings({odd.id: odd}, iter(rate([odd], HONEST, 0)[:1])).choices
    assert len(found) == 1
