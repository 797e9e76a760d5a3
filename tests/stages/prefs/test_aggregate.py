"""Ratings become preferences, truer than by majority, with what they rest on."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from etude.errors import ConfigError
from etude.records import Candidate, Comparison, Message, Origin, Preference, Rating
from etude.stages.prefs.aggregate import AggregateRecipe, aggregate_dataset, soft_labels
from etude.stages.prefs.habits import AGREES
from etude.stages.prefs.ratings import LEFT, read_ballots
from etude.stages.prefs.simulate import (
    Design,
    Simulated,
    SimulatedRater,
    honest,
    inverter,
    simulate,
    spammer,
    write_simulated,
)
from etude.store import Dataset


def share_right(made: Simulated, method: str) -> float:
    ballots = read_ballots(made.comparisons, made.ratings)
    labels = soft_labels(ballots, method)  # type: ignore[arg-type]
    right = []
    for pair, label, known in zip(ballots.votes.pairs, labels, ballots.known, strict=True):
        best = made.best[pair.comparison_id]
        if known < 0:
            left_is_better = best.index(pair.left) < best.index(pair.right)
            right.append(0.5 if label.left == 0.5 else (label.left > 0.5) == left_is_better)
    return float(np.mean(right))


def test_truth_is_recovered_better_than_by_majority() -> None:
    crowd = (*honest(6), spammer(), spammer("spammer-2"), inverter(), inverter("inverter-2"))
    gains = []
    for seed in range(6):
        made = simulate(crowd, Design(n_comparisons=250, overlap=6), seed)
        majority, skilled, mace = (
            share_right(made, method) for method in ("majority", "dawid_skene", "mace")
        )
        gains.append(skilled - majority)
        assert mace > majority
    assert min(gains) > 0.03
    assert float(np.mean(gains)) > 0.08


def test_probabilities_are_about_as_often_right_as_they_say() -> None:
    made = simulate(honest(8), Design(n_comparisons=800, overlap=3), seed=2)
    ballots = read_ballots(made.comparisons, made.ratings)
    sure, right = [], []
    for pair, label in zip(ballots.votes.pairs, soft_labels(ballots), strict=True):
        best = made.best[pair.comparison_id]
        sure.append(max(label.left, 1 - label.left))
        right.append((label.left > 0.5) == (best.index(pair.left) < best.index(pair.right)))
    assert float(np.mean(sure)) == pytest.approx(float(np.mean(right)), abs=0.05)


def test_a_data_set_of_preferences_says_what_each_rests_on(tmp_path: Path) -> None:
    made = simulate(honest(5), Design(n_comparisons=40, overlap=3, n_candidates=3), seed=1)
    ratings = write_simulated(made, tmp_path / "ratings")
    outcome = aggregate_dataset(ratings, AggregateRecipe(), tmp_path / "preferences")
    written = Dataset.open(tmp_path / "preferences")
    rows = list(written.rows("preferences", Preference))
    assert outcome.n_kept == len(rows) == written.n_rows("preferences")
    assert outcome.n_kept + sum(outcome.dropped.values()) == outcome.n_pairs == 120
    assert written.manifest.parents == (ratings.manifest.digest,)
    assert written.n_rows("ratings") == len(made.ratings)
    assert written.verify() == []
    known = {comparison.id: comparison for comparison in made.comparisons}
    for row in rows:
        assert 0.5 < row.probability <= 1
        assert row.n_ratings == 3
        assert row.origin.parents[0] == row.comparison_id
        assert len(row.origin.parents) == 4
        by_source = {one.source: one for one in known[row.comparison_id].candidates}
        assert by_source[row.chosen_source].messages == row.chosen
        assert by_source[row.rejected_source].messages == row.rejected
        agreeing = by_source[row.chosen_source], by_source[row.rejected_source]
        place = int(known[row.comparison_id].tags[AGREES])
        wanted = [known[row.comparison_id].candidates[place] == one for one in agreeing]
        assert row.tags.get(AGREES) == {(True, False): "chosen", (False, True): "rejected"}.get(
            (wanted[0], wanted[1])
        )
    assert len({row.id for row in rows}) == len(rows)
    again = aggregate_dataset(ratings, AggregateRecipe(), tmp_path / "again")
    assert again.n_kept == outcome.n_kept
    assert Dataset.open(tmp_path / "again").manifest.digest == written.manifest.digest


def test_extremes_are_one_pair_of_each_comparison(tmp_path: Path) -> None:
    made = simulate(honest(3, 1.0, 1.0), Design(n_comparisons=20, overlap=3, n_candidates=4), 1)
    ratings = write_simulated(made, tmp_path / "ratings")
    aggregate_dataset(ratings, AggregateRecipe(pairs="extremes", gold=True), tmp_path / "out")
    rows = list(Dataset.open(tmp_path / "out").rows("preferences", Preference))
    assert len(rows) == 20
    known = {comparison.id: comparison for comparison in made.comparisons}
    for row in rows:
        best = made.best[row.comparison_id]
        assert row.chosen_source == known[row.comparison_id].candidates[best[0]].source
        assert row.rejected_source == known[row.comparison_id].candidates[best[-1]].source


def small(tmp_path: Path, ratings: list[Rating]) -> Dataset:
    comparisons = tuple(
        Comparison(
            id=name,
            origin=Origin(source="test", licence="CC0-1.0", made_by="test"),
            prompt=(Message(role="user", content="?"),),
            candidates=tuple(
                Candidate(messages=(Message(role="assistant", content=text),)) for text in "xy"
            ),
        )
        for name in ("a", "b")
    )
    made = Simulated(comparisons=comparisons, ratings=tuple(ratings), best={}, raters=())
    return write_simulated(made, tmp_path / "small")


def said(name: str, rater: str, *ranking: tuple[int, ...], **fields: object) -> Rating:
    filled = {"comparison_id": "a", "order": (0, 1), "ranking": ranking, **fields}
    return Rating(id=name, rater=rater, **filled)  # type: ignore[arg-type]


def test_a_ruling_decides_and_a_ruled_tie_is_no_preference(tmp_path: Path) -> None:
    votes = [said(str(k), f"r{k}", (0,), (1,)) for k in range(3)]
    votes += [said(f"b{k}", f"r{k}", (0,), (1,), comparison_id="b") for k in range(3)]
    ruling = said("z", "judge", (1,), (0,), purpose="adjudication")
    tie = said("t", "judge", (0, 1), purpose="adjudication", comparison_id="b")
    outcome = aggregate_dataset(
        small(tmp_path, [*votes, ruling, tie]), AggregateRecipe(), tmp_path / "out"
    )
    (row,) = Dataset.open(tmp_path / "out").rows("preferences", Preference)
    assert row.chosen[0].content == "y"
    assert row.probability == 0.95
    assert row.tags == {"adjudicated": "yes"}
    assert row.origin.parents == ("a", "0", "1", "2", "z")
    assert row.origin.licence == "CC0-1.0"
    assert outcome.n_adjudicated == 1
    assert outcome.dropped == {"ruled a tie": 1}


def test_what_is_bad_undecided_or_rarely_rated_is_dropped_by_name(tmp_path: Path) -> None:
    bad = [said(str(k), f"r{k}", verdict="both_bad") for k in range(2)]
    mixed = [
        said("p", "r0", (0,), (1,), comparison_id="b"),
        said("q", "r1", (1,), (0,), comparison_id="b"),
    ]
    made = small(tmp_path, [*bad, *mixed])
    with pytest.raises(ConfigError, match=r"no preference is left of 2 pairs: .*both bad"):
        aggregate_dataset(made, AggregateRecipe(method="majority"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ConfigError, match="too few ratings"):
        aggregate_dataset(made, AggregateRecipe(min_ratings=3), tmp_path / "out")
    with pytest.raises(ConfigError, match="cannot leave out 'x', who rated nothing"):
        aggregate_dataset(made, AggregateRecipe(leave_out=("x",)), tmp_path / "out")
    with pytest.raises(ConfigError, match="not rated"):
        aggregate_dataset(small(tmp_path / "none", []), AggregateRecipe(), tmp_path / "out")
    with pytest.raises(ConfigError, match="min_ratings"):
        AggregateRecipe(min_ratings=0)


def test_raters_left_out_do_not_count_but_their_ratings_are_kept(tmp_path: Path) -> None:
    raters = (*honest(3, 0.9, 0.95), SimulatedRater(name="away", accuracy=0.1))
    made = simulate(raters, Design(n_comparisons=80, overlap=4), seed=1)
    recipe = AggregateRecipe(method="majority", leave_out=("away",), leave_out_flagged=True)
    outcome = aggregate_dataset(write_simulated(made, tmp_path / "in"), recipe, tmp_path / "out")
    assert outcome.left_out == ("away",)
    written = Dataset.open(tmp_path / "out")
    assert all(row.n_ratings == 3 for row in written.rows("preferences", Preference))
    assert written.n_rows("ratings") == len(made.ratings)
    assert msgspec.json.decode(written.manifest.recipe, type=AggregateRecipe) == recipe
    assert LEFT == 0
