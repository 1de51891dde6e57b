"""BCH codes: the firmware's own words, and every pattern of errors that can be tried here."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from protocols.bch import B127_106_3, B255_223_4, Bch

SHORT, LONG = (B127_106_3, 120), (B255_223_4, 248)


@pytest.mark.parametrize(
    ("code", "data", "bits", "check"),
    [
        (B127_106_3, "67C6697351FF4AEC29CDBAABE0", 99, 0x0E5DF8),
        (B127_106_3, "113BC63EA7FC011BE000001080", 99, 0x05D786),
        (B127_106_3, "AAAAAAAAAAAAAAAAAAAAAAAAAA", 99, 0x1F0624),
        (B255_223_4, "8BE381A949C039FE03BEA95293B073F42AD2300E79855A4681CF34", 216, 0x89A3AAC9),
    ],
)
def test_check_bits_are_those_of_the_firmware(code: Bch, data: str, bits: int, check: int) -> None:
    """Words of arribada/CLS-Argos-Linkit-CORE at d012ea5b, tests/src/bch_test.cpp."""
    word = int(data, 16) >> (len(data) * 4 - bits)
    assert code.check(word) == check
    assert code.is_word(word << code.check_bits | check)
    assert code.flipped(word << code.check_bits | check, bits + code.check_bits) == 0


@pytest.mark.parametrize(("code", "bits"), [SHORT, LONG], ids=["short", "long"])
def test_every_wrong_bit_and_pair_is_found(code: Bch, bits: int) -> None:
    """Which bits are wrong does not depend on the word, as the code is linear: 0 stands for all.

    Triples and the word's own independence: `test_random_errors`; all triples: tests/bench/codes.py
    """
    for place in range(bits):
        assert code.flipped(1 << place, bits) == 1 << place
    for one, other in list(combinations(range(bits), 2))[:: 1 if bits < 200 else 7]:
        assert code.flipped(1 << one | 1 << other, bits) == 1 << one | 1 << other


@pytest.mark.parametrize(("code", "bits"), [SHORT, LONG], ids=["short", "long"])
def test_random_errors(code: Bch, bits: int) -> None:
    dice = random.Random(1)
    for count in range(code.correctable_bits + 1):
        for _ in range(300):
            data = dice.getrandbits(bits - code.check_bits)
            word = data << code.check_bits | code.check(data)
            wrong = sum(1 << place for place in dice.sample(range(bits), count))
            assert code.flipped(word ^ wrong, bits) == wrong


@pytest.mark.parametrize(("code", "bits"), [SHORT, LONG], ids=["short", "long"])
def test_what_is_mended_is_a_word_always(code: Bch, bits: int) -> None:
    dice = random.Random(2)
    for _ in range(500):
        word = dice.getrandbits(bits)
        wrong = code.flipped(word, bits)
        if wrong is not None:
            assert code.is_word(word ^ wrong)
            assert wrong.bit_count() <= code.correctable_bits
