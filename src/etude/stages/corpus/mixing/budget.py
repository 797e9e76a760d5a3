"""The data budget: how much unique text there is, what reading it again is worth, when it ends.

The law is that of data-constrained scaling (Muennighoff et al., 2023): with U unique tokens read
1 + R times, the reading is worth U + U · R* · (1 - exp(-R/R*)) fresh tokens, R* = 15.39. It was
fitted to models of up to 9 billion parameters on one mixture of web text, read whole each time; for
domains read at different rates it is applied to each domain by itself, which nobody has measured.
"""

import math
from collections.abc import Mapping

import msgspec

from etude.errors import ConfigError
from etude.stages.corpus.mixing.weights import natural, plan

REPEATED_DATA = 15.387756
"""R*_D: how many repetitions take the worth of one more to 1/e (Muennighoff et al., 2023)."""
EXCESS_PARAMETERS = 5.309743
"""R*_N: the same for parameters beyond what the unique data could train."""
TOKENS_PER_PARAMETER = 20.0
"""Compute-optimal tokens for each parameter (Hoffmann et al., 2022, rounded as usual)."""


class DomainBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one domain has and what is asked of it."""

    domain: str
    unique_tokens: float
    weight: float
    """Its share of what is read."""
    read_tokens: float
    """How many of its tokens are read, repeats counted."""
    epochs: float
    worth_tokens: float
    """How many fresh tokens that reading is worth."""
    next_token_worth: float
    """What one more token of it would be worth, in fresh ones: 1 while unread text is left."""
    lasts_tokens: float
    """Size of a whole run, with these weights, at which this domain has been read once."""
    half_worth_tokens: float
    """Size of a whole run at which one more of its tokens is worth half a fresh one."""


class DataBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a corpus has for a model of some size."""

    parameters: float
    """0 when no model was named."""
    wanted_tokens: float
    read_tokens: float
    """Less than wanted where caps on repetition do not let more be read."""
    unique_tokens: float
    """Of the whole corpus."""
    epochs: float
    worth_tokens: float
    worth_parameters: float
    """What the parameters are worth with so little unique data; 0 when no model was named."""
    domains: tuple[DomainBudget, ...]


def worth_of_tokens(unique: float, read: float) -> float:
    """Return how many fresh tokens it is worth to read `read` tokens of a text of `unique`."""
    if read <= unique or unique <= 0:
        return min(read, max(unique, 0.0))
    repetitions = read / unique - 1
    return unique + unique * REPEATED_DATA * -math.expm1(-repetitions / REPEATED_DATA)


def worth_of_next_token(unique: float, read: float) -> float:
    """Return what one more token is worth, in fresh ones, after `read` tokens."""
    if unique <= 0:
        return 0.0
    return math.exp(-max(read / unique - 1, 0.0) / REPEATED_DATA)


def epochs_until(worth: float) -> float:
    """Return after how many epochs one more token is worth only this share of a fresh one.

    Raises:
        ConfigError: The share is not between 0 and 1.
    """
    if not 0 < worth <= 1:
        raise ConfigError(f"a share must be above 0 and at most 1, and is {worth}")
    return 1 - REPEATED_DATA * math.log(worth)


def worth_of_parameters(unique_tokens: float, parameters: float) -> float:
    """Return how many parameters a model is worth when it has so few unique tokens to learn from.

    Those that the unique tokens could train (a twentieth of them) count whole.
    """
    base = unique_tokens / TOKENS_PER_PARAMETER
    if parameters <= base or base <= 0:
        return min(parameters, max(base, 0.0))
    excess = parameters / base - 1
    return base + base * EXCESS_PARAMETERS * -math.expm1(-excess / EXCESS_PARAMETERS)


def data_budget(
    unique_tokens: Mapping[str, float],
    *,
    tokens: float = 0,
    parameters: float = 0,
    weights: Mapping[str, float] | None = None,
    max_epochs: float = 0,
) -> DataBudget:
    """Return what a corpus has for a run.

    Args:
        unique_tokens: Tokens of each domain, after de-duplication.
        tokens: Tokens to train on; 0 means 20 for each parameter.
        parameters: Size of the model; 0 when only tokens are asked for.
        weights: What share each domain should have; none means by size.
        max_epochs: How often any domain may be read; 0 means no cap.

    Raises:
        ConfigError: Neither tokens nor parameters are given, or a number is negative.
    """
    if tokens < 0 or parameters < 0 or not (tokens or parameters):
        raise ConfigError("name how many tokens to train on, or how many parameters the model has")
    wanted = tokens or TOKENS_PER_PARAMETER * parameters
    shares = plan(unique_tokens, weights or natural(unique_tokens), wanted, max_epochs)
    domains = tuple(
        DomainBudget(
            domain=share.domain,
            unique_tokens=share.available,
            weight=share.weight,
            read_tokens=share.taken,
            epochs=share.epochs,
            worth_tokens=worth_of_tokens(share.available, share.taken),
            next_token_worth=worth_of_next_token(share.available, share.taken),
            lasts_tokens=_run(share.available, share.weight),
            half_worth_tokens=_run(share.available * epochs_until(0.5), share.weight),
        )
        for share in shares.shares
    )
    unique = sum(unique_tokens.values())
    used = sum(domain.unique_tokens for domain in domains if domain.read_tokens)
    return DataBudget(
        parameters=parameters,
        wanted_tokens=wanted,
        read_tokens=shares.taken,
        unique_tokens=unique,
        epochs=shares.taken / used,
        worth_tokens=sum(domain.worth_tokens for domain in domains),
        worth_parameters=worth_of_parameters(used, parameters),
        domains=domains,
    )


def _run(size: float, weight: float) -> float:
    """Size of the whole run in which a domain of this weight is read so much."""
    return size / weight if weight else math.inf
