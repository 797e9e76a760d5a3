import unittest

import pytest

from ledger import Book, Entry

SEEN = []


@pytest.fixture
def book():
    book = Book()
    book.add("rent", -90000, "March", ["home"])
    book.add("wages", 250000)
    book.add("rent", -90000, "April", ["home", "late"])
    book.add("food", -1234)
    return book


def test_balance_of_one_account(book):
    assert book.balance("rent") == -180000


def test_balance_of_all(book):
    assert book.balance() == 68766


def test_accounts_are_sorted(book):
    assert book.accounts() == ["food", "rent", "wages"]


def test_tagged_entries(book):
    assert [entry.note for entry in book.tagged("home")] == ["March", "April"]
    assert len(book.tagged("late")) == 1


def test_largest_entry(book):
    assert book.largest()[0].account == "wages"


def test_largest_two(book):
    assert [entry.cents for entry in book.largest(2)] == [250000, -90000]


def test_running_balance(book):
    assert book.running("rent") == [-90000, -180000]


def test_statement(book):
    assert book.statement() == ["food: -12.34", "rent: -1,800.00", "wages: 2,500.00"]


def test_a_book_copies_the_entries_it_is_given():
    entries = [Entry("a", 1)]
    book = Book(entries)
    book.add("b", 2)
    assert len(entries) == 1


def test_order_dependent_first():
    SEEN.append(1)


def test_order_dependent_second():
    assert SEEN


class TransferTest(unittest.TestCase):
    def setUp(self):
        self.book = Book()

    def test_transfer_keeps_the_total(self):
        self.book.transfer("a", "b", 500)
        self.assertEqual(self.book.balance(), 0)

    def test_transfer_moves(self):
        self.book.transfer("a", "b", 500)
        self.assertEqual(self.book.balance("a"), -500)
        self.assertEqual(self.book.balance("b"), 500)

    def test_transfer_to_itself_does_nothing(self):
        self.assertEqual(self.book.transfer("a", "a", 500), [])

    def test_negative_transfer_is_refused(self):
        with self.assertRaises(ValueError):
            self.book.transfer("a", "b", 0)

    def test_entry_needs_an_account(self):
        with self.assertRaises(ValueError):
            Entry("", 1)
