"""An agent plays a task in one box, and its patch is judged in others."""

from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.bench import Bench, open_bench
from etude.rollout.environment import Environment, open_environments
from etude.rollout.episode import agent_name, run_episode
from etude.rollout.grading import grade, reason_to_drop

__all__ = [
    "Agent",
    "Bench",
    "Environment",
    "Outcome",
    "PlayLimits",
    "agent_name",
    "grade",
    "open_bench",
    "open_environments",
    "reason_to_drop",
    "run_episode",
]
