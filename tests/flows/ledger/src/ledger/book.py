"""A book of entries."""

from ledger.amounts import format_amount


class Entry:
    """One movement on one account."""

    def __init__(self, account, cents, note="", tags=()):
        if not account:
            raise ValueError("no account")
        self.account = account
        self.cents = cents
        self.note = note
        self.tags = set(tags)


class Book:
    """Entries in the order they were made."""

    def __init__(self, entries=()):
        self.entries = list(entries)

    def add(self, account, cents, note="", tags=()):
        """Add an entry and return it."""
        entry = Entry(account, cents, note, tags)
        self.entries.append(entry)
        return entry

    def balance(self, account=None):
        """Return the sum of one account, or of all."""
        total = 0
        for entry in self.entries:
            if account is None or entry.account == account:
                total += entry.cents
        return total

    def accounts(self):
        """Return the accounts in alphabetical order."""
        return sorted({entry.account for entry in self.entries})

    def tagged(self, tag):
        """Return the entries that carry a tag."""
        return [entry for entry in self.entries if tag in entry.tags]

    def largest(self, n=1):
        """Return the entries with the largest movements, either way."""
        ordered = sorted(self.entries, key=lambda entry: abs(entry.cents), reverse=True)
        return ordered[:n]

    def running(self, account):
        """Return the balance of an account after each of its entries."""
        total, balances = 0, []
        for entry in self.entries:
            if entry.account != account:
                continue
            total += entry.cents
            balances.append(total)
        return balances

    def transfer(self, source, target, cents, note=""):
        """Move an amount from one account to another."""
        if cents <= 0:
            raise ValueError("a transfer moves a positive amount")
        if source == target:
            return []
        return [self.add(source, -cents, note), self.add(target, cents, note)]

    def statement(self):
        """Return one line per account."""
        return [f"{name}: {format_amount(self.balance(name))}" for name in self.accounts()]
