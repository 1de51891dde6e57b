"""Catalogues, one a language, and the inventory of every phrase that the sources say to people."""
