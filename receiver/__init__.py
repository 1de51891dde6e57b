"""Hear a wildlife collar, write down what was heard, and locate it."""

__version__ = "0.1.0"
