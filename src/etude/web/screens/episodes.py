"""One episode, turn by turn: what was said, called and seen, what was left behind and its grade."""

from starlette.responses import Response

from etude.errors import ConfigError
from etude.records import Episode, Grade, Task
from etude.store import Dataset
from etude.web.asking import Ask, Screen
from etude.web.markdown import markdown
from etude.web.screens.datasets import NOT_FOUND, admitted, held
from etude.web.seeing import cards, datasets, rows
from etude.web.seeing.moves import moves


def _show(ask: Ask) -> Response:
    found = held(ask)
    number = ask.part("number")
    if found is None or not number.isascii() or not number.isdigit() or len(number) > 9:
        return ask.refuse(404, NOT_FOUND)
    dataset = found.open()
    if "episodes" not in dataset.tables():
        return ask.refuse(404, "this data set holds no episodes")
    row = rows.row_at(dataset, "episodes", int(number))
    if row is None or not isinstance(row.record, Episode):
        return ask.refuse(404, "there is no such episode")
    episode = row.record
    return ask.page(
        "episode.html",
        held=found,
        number=row.number,
        n_rows=dataset.n_rows("episodes"),
        episode=episode,
        grade=_grade(dataset, episode.id),
        task=_task(ask, dataset, episode.task_id),
        moves=moves(episode.turns),
        markdown=markdown,
        patch=cards.Part(heading="patch", kind="diff", text=episode.patch),
        n_prompt=sum(turn.n_prompt_tokens for turn in episode.turns),
        n_completion=sum(turn.n_completion_tokens for turn in episode.turns),
        cost=sum(turn.cost_usd for turn in episode.turns),
    )


def _grade(dataset: Dataset, episode_id: str) -> Grade | None:
    if "grades" not in dataset.tables():
        return None
    try:
        return dataset.find("grades", episode_id, Grade)
    except ConfigError:
        return None


def _task(ask: Ask, dataset: Dataset, task_id: str) -> Task | None:
    """Return the task that was played, where one of the parents is on the shelf."""
    for one in datasets.shelf(ask.home.datasets).values():
        if one.digest in dataset.manifest.parents and one.record == "task":
            try:
                return one.open().find("tasks", task_id, Task)
            except ConfigError:
                continue
    return None


SCREENS = (
    Screen(path="/datasets/{name}/episodes/{number}", answer=admitted(_show), needs="account"),
)
