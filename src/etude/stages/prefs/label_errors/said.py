"""What a report on label errors says on a terminal, the doubts before the list."""

from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.label_errors.find import ErrorReport

_BELIEF = {
    "none": "THE FEATURES TELL NOTHING: errors planted on purpose were not found better than by "
    "drawing lots; do not use this list or the estimated number",
    "weak": "the features are weak: errors planted on purpose were found little better than by "
    "drawing lots; the list is a hint where to look first, the estimated number means little",
    "fair": "the features are fair: review the list from the top, and expect many false alarms",
    "strong": "the features are strong: most of what tops the list should prove wrong",
}


def error_lines(report: ErrorReport, n_shown: int = 20) -> list[str]:
    """Return the report as lines for a terminal.

    Args:
        report: What was found.
        n_shown: Most suspects to list.
    """
    planted = report.planted
    lines = [
        _BELIEF[report.strength],
        f"planted: {planted.n_planted} labels made wrong; AUC {_said(planted.area, 1, 3)}, "
        f"precision at that many {_said(planted.precision)} against {100 * planted.base:.1f} "
        "by lot (%)",
        f"{report.n_items} items of {len(report.names)} labels; given labels foretold out of fold: "
        f"{_said(report.accuracy)} %",
        f"likely wrong: {len(report.suspects)} listed, {report.n_errors:.0f} estimated",
    ]
    if report.worth is None:
        lines.append("what fixing is worth: not measurable here")
    else:
        worth = report.worth
        shown = worth.gain.low > 0 or worth.gain.high < 0
        lines.append(
            f"giving {worth.n_fixed} suspects their likely label: held-out accuracy "
            f"{_said(worth.before)} -> {_said(worth.after)} %, gain {_said(worth.gain)} over "
            f"{worth.n_test} items{'' if shown else ': neither gain nor loss is shown'}"
        )
    return lines + [
        f"  {suspect.confidence:.3f}  {suspect.id}  {suspect.label} -> {suspect.likely}"
        for suspect in report.suspects[:n_shown]
    ]


def _said(found: Estimate, times: float = 100, digits: int = 1) -> str:
    value, low, high = (times * part for part in (found.value, found.low, found.high))
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
