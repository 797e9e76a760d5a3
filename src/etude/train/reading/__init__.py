"""Reading: rows of tokens for the loop that reads, and what a model has learned from them."""
