"""What can be taken out of a project, and what has to go with it, for `remove`."""
