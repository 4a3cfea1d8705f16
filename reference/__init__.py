"""The formulas of the notes as naive JAX forward functions: what the hand-written derivatives are judged against.

One file per file of ``handgrad``, the same names, each line a transcription of the note's. There is no derivative and
no stabilisation here; a ``where`` stands only where JAX must take the notes' value at a kink.
"""
