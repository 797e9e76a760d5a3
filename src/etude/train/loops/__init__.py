"""Loops: ways of training, one file each."""
