"""What every format of conversations needs: wanted rows, and what a layout cannot hold."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from etude.errors import ConfigError
from etude.records import Comparison, Demonstration, Message, Preference, Rating, Record
from etude.store._chat import UnfitError, Wire
from etude.store.dataset import Dataset
from etude.store.formats._base import Format

RecordT = TypeVar("RecordT", bound=Record)
LEFT_OUT = "left-out.jsonl"
_REFUSED = ("rejected", "sent_back")


class ConversationFormat(Format, frozen=True, kw_only=True):
    """A format of conversations or preferences. Demonstrations refused in review stay behind."""

    skip_unfit: bool = False
    """Leave out what the layout cannot hold, and name it in `left-out.jsonl`; otherwise the first
    such record stops the shipment."""

    def fitting(
        self,
        dataset: Dataset,
        folder: Path,
        rows: Iterator[RecordT],
        make: Callable[[RecordT], Wire],
    ) -> Iterator[Wire]:
        """Yield what `make` makes of each record, and keep note of those that it cannot make.

        Raises:
            ConfigError: A record does not fit and `skip_unfit` is off, or none fits.
        """
        left: list[dict[str, str]] = []
        n_fit = 0
        for record in rows:
            try:
                made = make(record)
            except UnfitError as why:
                if not self.skip_unfit:
                    raise ConfigError(
                        f"{dataset.path}: {record.id!r} does not fit this layout: {why}; "
                        "set skip_unfit = true to leave such records out"
                    ) from why
                left.append({"id": record.id, "reason": str(why)})
            else:
                n_fit += 1
                yield made
        if not n_fit:
            raise ConfigError(f"{dataset.path}: holds nothing that fits this layout")
        if left:
            write_lines(folder / LEFT_OUT, iter(left))


def write_lines(path: Path, rows: Iterator[Wire] | Iterator[dict[str, str]]) -> None:
    """Write rows as JSON Lines."""
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)


def write_array(path: Path, rows: Iterator[Wire]) -> None:
    """Write rows as one JSON array, a row a line."""
    with path.open("wb") as file:
        before = b"[\n"
        for row in rows:
            file.write(before + msgspec.json.encode(row))
            before = b",\n"
        file.write(b"\n]\n")


def demonstrations(dataset: Dataset) -> Iterator[Demonstration]:
    """Yield the demonstrations that review has not refused, in order."""
    for row in dataset.rows("demonstrations", Demonstration):
        if row.review not in _REFUSED:
            yield row


def preferences(dataset: Dataset) -> Iterator[Preference]:
    """Yield the preferences, in order."""
    return dataset.rows("preferences", Preference)


def comparisons(dataset: Dataset) -> Iterator[Comparison]:
    """Yield the comparisons, in order."""
    return dataset.rows("comparisons", Comparison)


def ratings(dataset: Dataset) -> dict[str, list[Rating]]:
    """Return the ratings of each comparison, by its id."""
    found: dict[str, list[Rating]] = {}
    if "ratings" in dataset.tables():
        for rating in dataset.rows("ratings", Rating):
            found.setdefault(rating.comparison_id, []).append(rating)
    return found


def about(record: Record) -> Wire:
    """Return the columns that say where a row is from."""
    return {"id": record.id, "licence": record.origin.licence}


def plain(messages: tuple[Message, ...]) -> list[Wire]:
    """Return a conversation as role and content only.

    Raises:
        UnfitError: It holds a call.
    """
    if any(message.calls or message.role == "tool" for message in messages):
        raise UnfitError("it holds calls of tools")
    return [{"role": message.role, "content": message.content} for message in messages]


def only_text(messages: tuple[Message, ...]) -> str:
    """Return an answer that is one message of the assistant.

    Raises:
        UnfitError: It is more, or holds a call.
    """
    if len(messages) != 1 or messages[0].role != "assistant" or messages[0].calls:
        raise UnfitError("an answer is more than one text")
    return messages[0].content
