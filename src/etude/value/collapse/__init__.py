"""Collapse: models that read what models before them wrote, generation after generation."""
