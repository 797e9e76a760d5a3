"""reasoning_gym: every data set of reasoning-gym, as one family each.

They are made in a process of their own, which is killed when it hangs: some do at higher levels.
The package's curricula say what a level is; where there is none, there is one level.
"""

import atexit
import functools
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from random import Random
from types import MappingProxyType
from typing import ClassVar

import msgspec

from etude.errors import ConfigError, TaskError, blame
from etude.rollout.killable import Killable
from etude.stages.problems.families._base import Family, Posed

_WORKER = "etude.rollout.graders._reasoning_gym"
NAMES_TIMEOUT_S = 30.0
MAX_HUNG = 3
"""How often a level of a data set may have to be killed before it is no longer tried."""


class ReasoningGymFamily(Family, frozen=True, kw_only=True):
    """Poses what one data set of reasoning-gym makes."""

    dataset: str
    """Name of the data set, such as `chain_sum`."""
    timeout_s: float = 10.0
    """How long making one problem may take, in seconds; then there is none."""

    grader: ClassVar[Mapping[str, object]] = MappingProxyType({"use": "reasoning_gym"})

    @classmethod
    def variants(cls) -> Mapping[str, Mapping[str, object]]:
        """Return every data set.

        Raises:
            ConfigError: reasoning-gym is not installed, or cannot be loaded.
        """
        return {listed.name: {"dataset": listed.name} for listed in _listed()}

    @property
    def topic(self) -> str:  # type: ignore[override]  # every data set has its own
        """The package's word for what the data set is about, such as `arithmetic`."""
        return self._about().topic

    @property
    def levels(self) -> int:  # type: ignore[override]
        """How many levels there are: 1 where there is no curriculum."""
        return self._about().levels

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one problem.

        Raises:
            TaskError: Making it failed, crashed or took too long.
            ConfigError: There is no such data set, or no reasoning-gym.
        """
        order = {
            "dataset": self.dataset,
            "level": max(1, min(level, self.levels)),
            "seed": str(rng.getrandbits(64)),
        }
        said = self._make(order, f"{self.dataset} at level {order['level']}")
        with blame(TaskError, f"reading a problem of {self.dataset}"):
            made = msgspec.json.decode(said, type=_Made)
        if made.fault:
            raise TaskError(made.fault)
        return Posed(
            statement=made.question,
            answer=made.answer,
            spellings=(made.right,) if made.right else (),
            data=made.data,
        )

    def _make(self, order: Mapping[str, object], what: str) -> bytes:
        if _hung()[what] >= MAX_HUNG:
            raise TaskError(f"{what} took too long {MAX_HUNG} times and is not tried again")
        try:
            return _maker().ask(msgspec.json.encode(order), timeout_s=self.timeout_s)
        except TaskError:
            _hung()[what] += 1
            raise

    def _about(self) -> "_Listed":
        for listed in _listed():
            if listed.name == self.dataset:
                return listed
        raise ConfigError(f"reasoning-gym has no data set {self.dataset!r}")


class _Made(msgspec.Struct, forbid_unknown_fields=True):
    """What the worker answers."""

    question: str
    answer: str
    right: str
    data: str
    fault: str


class _Listed(msgspec.Struct, forbid_unknown_fields=True):
    """What the worker says of one data set."""

    name: str
    topic: str
    levels: int


@functools.cache
def _hung() -> Counter[str]:
    """Return how often each level of each data set had to be killed, in this process."""
    return Counter()


@functools.cache
def _maker() -> Killable:
    """Return the process that makes problems, one for all data sets; it ends with this one."""
    maker = Killable(f"{_WORKER}:make")
    atexit.register(maker.close)
    return maker


@functools.cache
def _listed() -> tuple[_Listed, ...]:
    if find_spec("reasoning_gym") is None:
        raise ConfigError(
            "the family 'reasoning_gym' needs the package 'reasoning-gym'; "
            "pip install 'etude[reasoning-gym]'"
        )
    try:
        said = _maker().ask(b"{}", timeout_s=NAMES_TIMEOUT_S)
    except TaskError as cause:
        raise ConfigError(f"reasoning-gym cannot be loaded: {cause}") from cause
    return msgspec.json.decode(said, type=tuple[_Listed, ...])
