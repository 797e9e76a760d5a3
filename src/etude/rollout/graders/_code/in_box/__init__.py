"""What runs inside the boxes of the grader of programs. Imports little: it starts for each verdict.

Nothing here is trusted but the examiner, which keeps its memory from the program it examines.
"""
