"""Software-engineering environments: codebase, bug, hidden tests, validated task."""
