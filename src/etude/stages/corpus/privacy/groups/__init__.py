"""Groups of private items: one file for each kind of thing."""
