"""Queue: items, whose turn it is at them, and what is left to do. Holds for writing and rating."""
