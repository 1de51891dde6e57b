"""Homing: what a searcher needs to know now, computed once for the screen, the ear and the phone.

Pure functions on what a running search has; `Snapshot` is what they give and all that a face of
the program reads.
"""
