"""The kernel in plain Python: readable, slow, and what the C is held against."""
