"""Pre-training text: gathered, cleaned, filtered, de-duplicated, balanced, packed."""
