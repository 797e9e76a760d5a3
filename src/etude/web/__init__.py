"""The app: people write, rate and review; leads see what it comes to."""
