"""Rating: what a rater sees and says, fresh answers to compare, and settling disagreements."""
