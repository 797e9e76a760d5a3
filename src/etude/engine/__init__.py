"""Where steps run: local processes; the unit of work, its retry and its resume."""
