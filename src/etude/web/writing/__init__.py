"""Writing: demonstrations from the first word to the reviewer's last."""
