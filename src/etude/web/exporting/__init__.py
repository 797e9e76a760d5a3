"""Exporting: what people made of a project as a data set, and as others read it."""
