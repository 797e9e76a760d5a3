"""How the search agent thinks: sources, symptom, single edits, and their order."""
