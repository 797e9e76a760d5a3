"""What is done to every byte of a corpus: in C over Arrow's buffers, and the same in Python."""
