"""What a run says of its own pace and cost."""

import time

import pytest

from etude.stages.swe.ledger import Verdict
from etude.stages.swe.pace import MakerShare, Pace, Progress, add_shares, by_maker, peak_mb


def _verdict(maker: str, number: int, spent_s: float) -> Verdict:
    return Verdict(
        recipe="r",
        codebase="c",
        candidate=str(number),
        maker=maker,
        kind="k",
        reason="",
        duration_s=spent_s,
    )


def test_what_each_maker_gave_adds_up_over_codebases() -> None:
    seen = [_verdict("mutate", 1, 2.0), _verdict("omit", 2, 3.5), _verdict("mutate", 3, 1.0)]
    shares = by_maker(seen, seen[1:])
    assert shares == (
        MakerShare(maker="mutate", n_kept=1, n_judged=2, machine_s=3.0),
        MakerShare(maker="omit", n_kept=1, n_judged=1, machine_s=3.5),
    )
    assert add_shares([*shares, *shares]) == (
        MakerShare(maker="mutate", n_kept=2, n_judged=4, machine_s=6.0),
        MakerShare(maker="omit", n_kept=2, n_judged=2, machine_s=7.0),
    )
    assert by_maker([], []) == ()


def test_time_left_counts_all_codebases_and_only_what_was_made_in_this_sitting() -> None:
    told: list[Progress] = []
    pace = Pace(told.append, n_codebases=3, limit=10)
    pace.begin(0)
    for _ in range(5):
        pace.took(fresh=False)
    pace.tell(Progress(codebase="a", doing="making tasks", n_kept=5, n_wanted=10))
    assert told[-1].left_s is None
    time.sleep(0.05)
    pace.took(fresh=True)
    pace.begin(10)
    pace.tell(Progress(codebase="b", doing="making tasks", n_kept=6, n_wanted=10))
    assert (told[-1].number, told[-1].n_codebases, told[-1].n_tasks) == (2, 3, 16)
    assert told[-1].left_s == pytest.approx(14 * 0.05, rel=0.9, abs=0.15)
    pace.begin(16)
    pace.tell(Progress(codebase="c", doing="making tasks", n_kept=10, n_wanted=10))
    assert told[-1].left_s == 0.0


def test_the_largest_process_is_at_least_this_one() -> None:
    assert 10 < peak_mb() < 100_000
