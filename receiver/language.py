"""What users read and hear, in their language. The English text is the key of a phrase."""

from __future__ import annotations


def phrase(text: str, **values: object) -> str:
    """Return a phrase in the language that is set, its `{names}` filled in."""
    return text.format(**values) if values else text
