"""The record of a search: what was heard and entered, as it came, before anything is computed.

One SQLite file: WAL, synchronous=FULL, STRICT tables, append-only by triggers, one writer. Each row
has a CRC32, each batch of rows a link of a SHA-256 chain. Nothing is ever changed or deleted; a row
is corrected by a new one. Keys of collars are never in it.
"""

from __future__ import annotations

from receiver.journal.store import Journal, is_journal
from receiver.journal.writer import Writer

__all__ = ["Journal", "Writer", "is_journal"]
