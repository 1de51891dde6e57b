"""Folders that a command makes for what it writes."""

from __future__ import annotations

from pathlib import Path


def new_folder(name: str, out: str | None = None) -> Path:
    """Make the folder `out`, else `name` with a number; a rehearsal never writes over another.

    Raises:
        WriteError: it exists already, or cannot be made.
    """
    from receiver.errors import WriteError

    names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
    folder = Path(out or next(name for name in names if not Path(name).exists()))
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise WriteError(f"{folder}: exists already; give another name") from error
    except OSError as error:
        raise WriteError(f"{folder}: cannot be made ({error.strerror})") from error
    return folder
