"""Noise: a model learns labels of which a share is wrong; what quality is worth in quantity."""
