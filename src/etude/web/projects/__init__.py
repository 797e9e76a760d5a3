"""Projects: what is asked of people, how, and in what order."""
