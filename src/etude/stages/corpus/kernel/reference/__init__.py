"""The kernel in plain Python: what tests hold it against, and what runs where it is not compiled."""
