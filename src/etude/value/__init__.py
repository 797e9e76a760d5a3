"""What data is worth: one small model trained on one text and on another, and the difference."""
