"""LinkIt's BCH codes: what they mend, what they mend wrongly, and how the CRC catches that. JSON.

    python tests/bench/codes.py [RANDOM WORDS]     (100,000: about four minutes)

Which bits are wrong depends on the remainder alone, so errors are laid over the word 0. The bound
for random words is the share of remainders that some pattern of few enough errors has:
sum of C(n, i) / 2^check bits.
"""

from __future__ import annotations

import json
import random
import sys
import time
from itertools import combinations, islice
from math import comb

from protocols import DecodeError, Reception
from protocols.bch import B127_106_3, B255_223_4, Bch
from protocols.linkit_argos import PROTOCOL

SEED = 4000


def mended(code: Bch, bits: int, errors: int, every: int) -> dict[str, int]:
    """Count patterns of so many errors that are found exactly, of every so-many-th."""
    tried = right = 0
    for places in islice(combinations(range(bits), errors), 0, None, every):
        wrong = sum(1 << place for place in places)
        tried += 1
        right += code.flipped(wrong, bits) == wrong
    return {"patterns": comb(bits, errors), "tried": tried, "mended": right}


def random_words(code: Bch, bits: int, words: int) -> dict[str, float]:
    """Count words of noise that the code takes for a packet, and those that the CRC lets pass."""
    dice = random.Random(SEED)
    by_code = by_both = 0
    for _ in range(words):
        word = dice.getrandbits(bits)
        by_code += code.flipped(word, bits) is not None
        by_both += _is_packet(word.to_bytes(bits // 8, "big"))
    patterns = sum(comb(bits, errors) for errors in range(code.correctable_bits + 1))
    return {
        "words": words,
        "taken by the code": by_code / words,
        "bound": patterns / 2**code.check_bits,
        "taken after the CRC and the date": by_both / words,
        "caught of those taken": 1 - by_both / by_code if by_code else 1.0,
    }


def _is_packet(data: bytes) -> bool:
    try:
        PROTOCOL.parse(data, Reception())
    except DecodeError:
        return False
    return True


def measured(code: Bch, bits: int, words: int, every: tuple[int, ...]) -> dict[str, object]:
    begin = time.process_time()
    patterns = {
        f"{errors} wrong bits": mended(code, bits, errors, step)
        for errors, step in enumerate(every, start=1)
    }
    tried = sum(one["tried"] for one in patterns.values())
    word_us = (time.process_time() - begin) / tried * 1e6
    return {**patterns, "us a word": round(word_us), "noise": random_words(code, bits, words)}


def main() -> None:
    words = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    report = {
        "BCH(127,106,3), 120 bits": measured(B127_106_3, 120, words, (1, 1, 1)),
        "BCH(255,223,4), 248 bits": measured(B255_223_4, 248, words, (1, 1, 53, 7919)),
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
