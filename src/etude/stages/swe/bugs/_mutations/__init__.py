"""The kinds of mistake `mutate` makes: one function each, one file per family."""

from collections.abc import Callable, Iterator

import msgspec

from etude.stages.swe.bugs._mutations import (
    attributes,
    blocks,
    calls,
    conditions,
    constants,
    exceptions,
    quantities,
    statements,
    texts,
    variables,
)
from etude.stages.swe.bugs._mutations.function import Function, Place, places
from etude.stages.swe.bugs._mutations.members import Facts
from etude.stages.swe.bugs._mutations.source import Edit, Source

__all__ = ["MUTATIONS", "Edit", "Facts", "Function", "Mutation", "Place", "Source", "places"]


class Mutation(msgspec.Struct, frozen=True):
    """One kind of mistake."""

    find: Callable[[Function], Iterator[Edit]]
    weight: float = 1.0
    """How often it is proposed where several kinds apply, against 1.0 for the most useful."""

    @property
    def name(self) -> str:
        """What the kind is called, such as `off_by_one`."""
        return self.find.__name__


MUTATIONS = (
    Mutation(attributes.wrong_attribute, 0.8),
    Mutation(blocks.dropped_branch, 1.0),
    Mutation(blocks.dropped_else, 0.8),
    Mutation(blocks.dropped_guard, 1.0),
    Mutation(blocks.dropped_with, 0.5),
    Mutation(calls.dropped_argument, 0.7),
    Mutation(calls.dropped_await, 0.4),
    Mutation(calls.dropped_call, 0.9),
    Mutation(calls.missing_copy, 0.7),
    Mutation(calls.missing_key_default, 0.8),
    Mutation(conditions.boolean_logic, 0.9),
    Mutation(conditions.boundary, 0.7),
    Mutation(conditions.comparison, 0.4),
    Mutation(conditions.negated_condition, 0.3),
    Mutation(constants.constant, 0.6),
    Mutation(constants.default_value, 0.6),
    Mutation(constants.dropped_element, 1.0),
    Mutation(exceptions.exception_type, 0.6),
    Mutation(quantities.arithmetic, 0.6),
    Mutation(quantities.off_by_one, 0.8),
    Mutation(quantities.slice_bound, 0.7),
    Mutation(statements.dropped_statement, 0.8),
    Mutation(statements.early_exit, 0.6),
    Mutation(statements.early_return, 0.5),
    Mutation(texts.string_format, 0.6),
    Mutation(variables.swapped_arguments, 0.7),
    Mutation(variables.wrong_return, 0.6),
    Mutation(variables.wrong_variable, 0.8),
)
"""Every kind, by name. Weights follow the share of tries that gave a task when it was measured,
less for those that read as planted."""
