"""Models that learn from the data: training loops, one file each; the only home of torch."""
