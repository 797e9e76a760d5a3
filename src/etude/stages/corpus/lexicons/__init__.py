"""Lists of words as data, each with its purpose in its first lines."""
