"""The page's own files, read once when the server starts: no path of a request reaches the disk."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

# Said here and not asked of the system: a wrong entry of Windows' registry would blank the page.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = {".html", ".js", ".mjs", ".css", ".json", ".webmanifest", ".svg", ".txt"}
LARGEST_FILE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: plain, packed where that is smaller, and the mark of its content."""

    media_type: str
    content: bytes
    packed: bytes | None
    etag: str

    def response(self, request: Request) -> Response:
        """Return the answer to a request: nothing where the phone has it already."""
        headers = {"ETag": self.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        content = self.content
        if self.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = self.packed, "gzip"
        return Response(content, media_type=self.media_type, headers=headers)


def read_folder(folder: Path) -> dict[str, StaticFile]:
    """Return the files of a folder that a page may have, by their paths within it."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES)
    return {
        path.relative_to(folder).as_posix(): _read(path)
        for path in paths
        if path.is_file() and path.stat().st_size <= LARGEST_FILE_BYTES
    }


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    packed = gzip.compress(content, mtime=0) if path.suffix in PACKED else None
    if packed is not None and len(packed) >= len(content):
        packed = None
    mark = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return StaticFile(MEDIA_TYPES[path.suffix], content, packed, mark)
