"""A life so small that it learns nothing."""

from etude.value.life.recipe import LifeRecipe, World

WORLD = World(documents=400, problems=60, shown_problems=10, copies=2, raters=5, overlap=5, own=20)
SHAPE = {"hidden": 16, "layers": 1, "heads": 2, "kv_heads": 1, "mlp": 32, "context": 256}
SHORT = {"threads": 1, "batch": 4, "held_out_rows": 10, "eval_every": 2, "save_every": 2}
TINY = LifeRecipe(
    world=WORLD,
    read={
        "threads": 1, "batch": 4, "length": 32, "steps": 6, "eval_every": 3, "save_every": 3,
        "held_out_texts": 5, "model": SHAPE, "vocabulary": {"size": 400},
    },
    imitate={**SHORT, "steps": 4, "answer_tokens": 4},
    judge={**SHORT, "steps": 4},
    prefer={**SHORT, "steps": 4, "answer_tokens": 4},
    practise={
        **SHORT, "steps": 2, "batch": 2, "group": 2, "held_out_rows": 4, "attempts": 1,
        "answer_tokens": 4, "eval_every": 1, "save_every": 1, "jobs": 1,
    },
    practise_seeds=2,
    attempts=1,
    answer_tokens=6,
)  # fmt: skip


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
