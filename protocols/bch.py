"""Binary BCH codes: find and mend the wrong bits of a word.

A word is a whole number, its first bit the highest: data, then the check bits, the remainder of
`data * x^check_bits` divided by the generator. A shortened code leaves out leading zeros.

Errors are located by Berlekamp's algorithm in Massey's form (IEEE Trans. Inf. Theory 15, 1969) and
by trying every place of the word as a root of the locator (Chien). More wrong bits than the code
can mend are told for most words, not for all: whoever needs certainty has a second checksum.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

Element = int  # of the field: 0, or a power of its root


class Bch:
    """A BCH code of one generator over one field."""

    def __init__(self, generator: int, field_polynomial: int, correctable_bits: int) -> None:
        """Polynomials have the coefficient of x^0 as their lowest bit."""
        self.generator, self.correctable_bits = generator, correctable_bits
        self.check_bits = generator.bit_length() - 1
        self._order = (1 << (field_polynomial.bit_length() - 1)) - 1
        self._power = _powers(field_polynomial, self._order)
        self._log = {element: number for number, element in enumerate(self._power)}

    def check(self, data: int) -> int:
        """Return the check bits of data."""
        return self._remainder(data << self.check_bits)

    def is_word(self, word: int) -> bool:
        """Tell whether the check bits of a word are those of its data."""
        return self._remainder(word) == 0

    def flipped(self, word: int, bits: int) -> int | None:
        """Return which of the `bits` bits of a word are wrong, as a mask; None: too many are."""
        remainder = self._remainder(word)
        if not remainder:
            return 0
        locator = self._locator(
            [self._at(remainder, number) for number in range(1, 2 * self.correctable_bits + 1)]
        )
        errors = len(locator) - 1
        places = [place for place in range(bits) if self._is_root(locator, place)]
        if errors > self.correctable_bits or len(places) != errors:
            return None
        return sum(1 << place for place in places)

    def _remainder(self, word: int) -> int:
        while (excess := word.bit_length() - self.check_bits) > 0:
            word ^= self.generator << (excess - 1)
        return word

    def _at(self, polynomial: int, number: int) -> Element:
        """Return the value of a polynomial with coefficients 0 and 1 at root^number."""
        places = (place for place in range(polynomial.bit_length()) if polynomial >> place & 1)
        return reduce(xor, (self._power[place * number % self._order] for place in places), 0)

    def _times(self, one: Element, other: Element, sign: int = 1) -> Element:
        """Return a product, or with `sign` -1 a quotient."""
        if not one or not other:
            return 0
        return self._power[(self._log[one] + sign * self._log[other]) % self._order]

    def _locator(self, syndromes: list[Element]) -> list[Element]:
        """Return the shortest polynomial, lowest coefficient first, that yields the syndromes."""
        current, before, before_discrepancy = [1], [1], 1
        errors, shift = 0, 1
        for step in range(len(syndromes)):
            terms = (
                self._times(coefficient, syndromes[step - number])
                for number, coefficient in enumerate(current[: step + 1])
            )
            discrepancy = reduce(xor, terms, 0)
            if discrepancy:
                factor = self._times(discrepancy, before_discrepancy, -1)
                added = [0] * shift + [self._times(factor, one) for one in before]
                mended = _sum(current, added)
                if 2 * errors <= step:
                    before, before_discrepancy = current, discrepancy
                    errors, shift = step + 1 - errors, 0
                current = mended
            shift += 1
        return current

    def _is_root(self, locator: list[Element], place: int) -> bool:
        terms = (
            self._times(coefficient, self._power[-place * number % self._order])
            for number, coefficient in enumerate(locator)
        )
        return reduce(xor, terms, 0) == 0


def _powers(field_polynomial: int, order: int) -> list[Element]:
    """Return the powers of the field's root, from 0 to order - 1."""
    powers = [1]
    while len(powers) < order:
        doubled = powers[-1] << 1
        powers.append(doubled ^ field_polynomial if doubled > order else doubled)
    return powers


def _sum(one: list[Element], other: list[Element]) -> list[Element]:
    """Return the sum of two polynomials, without leading zeros."""
    size = max(len(one), len(other))
    total = [a ^ b for a, b in zip(_padded(one, size), _padded(other, size), strict=True)]
    while not total[-1]:
        total.pop()
    return total


def _padded(polynomial: list[Element], size: int) -> list[Element]:
    return polynomial + [0] * (size - len(polynomial))


# LinkIt, CLS: the generators of its firmware; the fields are the only ones whose roots they have.
B127_106_3 = Bch(0x26D9E3, 0x89, 3)
B255_223_4 = Bch(0x1EE5B42FD, 0x11D, 4)
