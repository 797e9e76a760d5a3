"""Follows a robot over a grid."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, worded

TEMPLATES = (
    "A robot stands at $(0, 0)$ and faces {facing}. North is the direction of growing $y$, east "
    "that of growing $x$. It carries out these commands, one after another:\n\n{commands}\n\n"
    "Where does it stop? {form}",
    "Starting at the origin and looking {facing} (north is up, along the $y$ axis; east is right, "
    "along the $x$ axis), a robot does the following.\n\n{commands}\n\nWhat are its coordinates at "
    "the end? {form}",
    "A turtle on a square grid begins at $(0, 0)$ with its nose to the {facing}. Moving east "
    "adds to $x$, moving north adds to $y$. It is told:\n\n{commands}\n\nAt which point does it "
    "end? {form}",
)
FORM = "Give the ordered pair $(x, y)$."
FACINGS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
Command = tuple[str, int]


class RobotWalkFamily(Family, frozen=True, kw_only=True):
    """Steps and turns; repeated blocks at the higher levels."""

    topic = "grids"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one walk."""
        n_commands = by_level(level, 4, 6, 9, 8, 12)
        top = by_level(level, 5, 9, 12, 12, 20)
        commands: list[Command] = []
        for place in range(n_commands):
            turn = ("left", "right", "back") if level > 1 else ("left", "right")
            kind = "go" if place % 2 else rng.choice((*turn, "go"))
            commands.append((kind, rng.randint(1, top) if kind == "go" else 0))
        repeats = 1 if level < 4 else rng.randint(2, level)
        start = rng.choice(sorted(FACINGS))
        text = [_text(command) for command in commands]
        if repeats > 1:
            text.append(f"Do all of this again, so that it is done {repeats} times in all.")
        path = _walk(commands * repeats, FACINGS[start])
        x, y = path[-1]
        mirrored = [({"left": "right", "right": "left"}.get(k, k), n) for k, n in commands]
        wrong = [
            (y, x),
            (-x, y),
            (x, -y),
            _walk(mirrored * repeats, FACINGS[start])[-1],
            _walk(commands, FACINGS[start])[-1],
            path[-2] if len(path) > 1 else (x + 1, y),
            (x + 1, y),
        ]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                facing=start,
                commands="\n".join(f"{i + 1}. {line}" for i, line in enumerate(text)),
                form=FORM,
            ),
            answer=str((x, y)),
            near_misses=slips(str((x, y)), *(str(w) for w in wrong)),
            solution=f"After each move it stands at ${', '.join(map(str, path))}$.",
        )


def _walk(commands: list[Command], facing: tuple[int, int]) -> list[tuple[int, int]]:
    """Return where a robot stands after each move."""
    x, y = 0, 0
    dx, dy = facing
    path = [(0, 0)]
    for kind, steps in commands:
        if kind == "go":
            x, y = x + steps * dx, y + steps * dy
            path.append((x, y))
        elif kind == "left":
            dx, dy = -dy, dx
        elif kind == "right":
            dx, dy = dy, -dx
        else:
            dx, dy = -dx, -dy
    return path


def _text(command: Command) -> str:
    """Write a command."""
    kind, steps = command
    if kind == "go":
        return f"Go forward {counted(steps, 'unit')}."
    return "Turn around." if kind == "back" else f"Turn {kind} by 90 degrees."
