"""Demonstrations: checked, measured, chosen, and made from episodes that were solved."""
