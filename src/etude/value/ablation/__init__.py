"""Ablation: one small model on one text and on another, at equal tokens, over several seeds."""
