"""The parts of the grader of programs."""
