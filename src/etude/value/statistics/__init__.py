"""Statistics of what data is worth: differences, learning curves, noise, mixtures. No torch."""
