"""A reader of JSON lines may be slow or gone: nothing waits for it; what is missing is counted."""

from __future__ import annotations

import os
import threading
import time

from receiver.ui.json_lines import Lines


def read_all(descriptor: int) -> bytes:
    content = b""
    while part := os.read(descriptor, 65536):
        content += part
    return content


def test_quick_reader_gets_every_line_in_order() -> None:
    out, into = os.pipe()
    lines = Lines(into, str)
    content: list[bytes] = []
    reader = threading.Thread(target=lambda: content.append(read_all(out)))
    reader.start()
    for k in range(0, 20_000, 10):
        lines.put(range(k, k + 10))
    assert lines.close() == ""
    os.close(into)
    reader.join()
    assert content[0].split() == [str(k).encode() for k in range(20_000)]
    os.close(out)


def test_reader_that_does_not_read_holds_nothing_up() -> None:
    out, into = os.pipe()
    lines = Lines(into, lambda event: "x" * 1000, most=50)
    begin = time.monotonic()
    for _ in range(100):
        lines.put(range(10))
    assert time.monotonic() - begin < 1.0
    said = lines.close()
    assert said.endswith("JSON lines were left out (the reader is too slow)")
    assert 1000 - 50 - 70 <= lines.dropped <= 1000
    os.close(out)
    os.close(into)


def test_reader_that_went_away_is_told() -> None:
    out, into = os.pipe()
    os.close(out)
    lines = Lines(into, str)
    lines.put(range(10))
    time.sleep(0.2)
    lines.put(range(10))
    assert lines.close() == "20 JSON lines were left out (Broken pipe)"
    os.write(into, b"goes nowhere")
    os.close(into)
