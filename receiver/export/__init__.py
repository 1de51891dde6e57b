"""Files going out, each written in one step: a half file is never left behind."""

from __future__ import annotations

import os
from pathlib import Path

from receiver.errors import WriteError


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        WriteError: no room, no permission, no such folder.
    """
    if path.is_dir():
        raise WriteError(f"{path}: cannot be written (it is a folder; name a file)")
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True) if temporary.parent.is_dir() else None
        raise WriteError(f"{path}: cannot be written ({error.strerror})") from error
