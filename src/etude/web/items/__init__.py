"""Items: how they come into a project, and how its lead finds and changes them."""
