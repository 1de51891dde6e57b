"""Hearing weak beacons in samples: spectra, noise floor, pulses, tracks. Pure: no I/O, no clock.

Screen coarsely, decide finely: overlapping spectra of the whole band find every place that may hold
a pulse with few operations, and only these places are looked at with all the resolution there is.
"""
