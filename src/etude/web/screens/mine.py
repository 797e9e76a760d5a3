"""Mine: one's own work, time, what came back, and how far one agrees with what was settled."""

from starlette.responses import Response

from etude.pages.charts import histogram
from etude.web.asking import Ask, Screen
from etude.web.seeing.mine import FEWEST, mine


def _show(ask: Ask) -> Response:
    with ask.db.read() as tx:
        found = mine(tx, ask.project, ask.account.id, ask.now)
    return ask.page(
        "mine.html",
        mine=found,
        fewest=FEWEST,
        days=histogram(found.days, "What you finished, by day"),
    )


SCREENS = (Screen(path="/projects/{project}/mine", answer=_show, needs=("writer", "rater")),)
