"""What to make, one folder per stage of training."""
