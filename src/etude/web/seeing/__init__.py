"""Seeing: how a project goes, what its ratings are worth, and what data sets hold."""
