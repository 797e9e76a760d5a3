"""Invented private items and what surrounds them, for measuring how well they are found.

Written from the numbers' own definitions and from how people spell them, not from the patterns of
the search: what the search does not know must show.
"""
