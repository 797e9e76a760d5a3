"""Texts that are shipped beside the data."""
