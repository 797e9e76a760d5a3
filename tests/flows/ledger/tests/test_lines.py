from ledger import parse_amount

LINES = ["1.00 100", "-2.50 -250", "3,000 300000", "+.07 7"]


def make_case(line):
    def check(self):
        text, cents = line.split()
        assert parse_amount(text) == int(cents)

    return check


class TestLines:
    pass


for number, line in enumerate(LINES):
    setattr(TestLines, f"test_line_{number}", make_case(line))
