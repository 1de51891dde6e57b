"""A flash log of a million records: as columns, and one by one beside the bare schema. JSON.

    python tests/bench/bulk.py [RECORDS]

Records are those that a collar stores: short fixes, statuses, long fixes, what flash is left. The
bare schema is construct's, uncompiled, over the same layouts, a switch for the message and a loop
over the stream. All in one run, each the best of three.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable

from construct import Int8ul, Int32ul, Struct, Switch

from protocols import Reception
from protocols.opencollar_edge import frame
from receiver.bulk import flash_columns, flash_index

RECORDS, ONE_BY_ONE, SEED = 1_000_000, 50_000, 4100
KINDS = {(13, 0x93): 50, (4, 0xF4): 30, (2, 0xF2): 15, (14, 0x94): 5}
SCHEMA = Struct(
    "port" / Int8ul,
    "id" / Int8ul,
    "length" / Int8ul,
    "message" / Switch(
        lambda ctx: (ctx.port, ctx.id),
        {kind: frame.MESSAGES[kind].layout(frame.MESSAGES[kind].size) for kind in KINDS},
    ),
    "stored" / Int32ul,
)  # fmt: skip


def flash_log(records: int) -> bytes:
    """Return a log; latitudes and longitudes are in range, all else is noise."""
    dice = random.Random(SEED)
    kinds = dice.choices(list(KINDS), list(KINDS.values()), k=records)
    return b"".join(_record(dice, *kind) for kind in kinds)


def _record(dice: random.Random, port: int, identifier: int) -> bytes:
    size = frame.MESSAGES[port, identifier].size
    body = bytearray(dice.randbytes(size))
    for place in {13: (4, 8), 2: (5, 9)}.get(port, ()):
        body[place : place + 4] = dice.randrange(-9 * 10**8, 9 * 10**8).to_bytes(
            4, "little", signed=True
        )
    return bytes([port, identifier, size, *body]) + dice.randbytes(4)


def best_s(call: Callable[[], object]) -> float:
    """Return the shortest of three times, in seconds of this process."""
    times = []
    for _ in range(3):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return min(times)


def by_schema(stream: bytes, records: int) -> None:
    offset = 0
    for _ in range(records):
        SCHEMA.parse(stream[offset : offset + 7 + stream[offset + 2]])
        offset += 7 + stream[offset + 2]


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    stream = flash_log(records)
    index_s = best_s(lambda: flash_index(stream))
    index = flash_index(stream)
    columns_s = best_s(lambda: flash_columns(stream, index))
    few = flash_log(ONE_BY_ONE)
    ours_s = best_s(lambda: frame.parse(few, Reception(port=frame.FLASH_PORT)))
    schema_s = best_s(lambda: by_schema(few, ONE_BY_ONE))
    result = {
        "bench": "bulk",
        "records": records,
        "megabytes": round(len(stream) / 1e6, 1),
        "index_s": round(index_s, 3),
        "columns_s": round(columns_s, 4),
        "million_records_a_second_as_columns": round(records / columns_s / 1e6, 1),
        "with_the_index": round(records / (columns_s + index_s) / 1e6, 2),
        "one_by_one_records_a_second": round(ONE_BY_ONE / ours_s),
        "uncompiled_schema_records_a_second": round(ONE_BY_ONE / schema_s),
        "one_by_one_times_schema": round(schema_s / ours_s, 2),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
