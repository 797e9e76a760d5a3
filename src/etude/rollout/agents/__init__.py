"""Agents: who plays a task, one file each."""

from etude.plugins import Kind
from etude.rollout._base import Agent

agents = Kind("etude.rollout.agents", Agent)

__all__ = ["agents"]
