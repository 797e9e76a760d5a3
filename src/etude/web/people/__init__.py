"""People: accounts, what they may do, how they get in, and the log of what was done."""
