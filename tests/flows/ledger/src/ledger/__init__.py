"""Keep accounts: amounts, entries, balances."""

from ledger.amounts import format_amount, parse_amount, split_evenly
from ledger.book import Book, Entry

__all__ = ["Book", "Entry", "format_amount", "parse_amount", "split_evenly"]
