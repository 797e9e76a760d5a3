"""What can be left out of a function, and what has to go with it, for `omit`."""
