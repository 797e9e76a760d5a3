"""What data is worth: the same small model trained on one text and on another, and the difference."""
