"""How far a share of few cases can be relied on: the interval in which it would lie by chance alone, 95 times of 100.

It is the score interval of E. B. Wilson (Journal of the American Statistical Association 22, 1927), as R. G. Newcombe
recommends it for few cases and for shares near 0 or 1 (Statistics in Medicine 17, 1998, method 3, without correction).
It is reckoned in decimals, so that every machine prints the same digits.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, NamedTuple

LEVEL_PERCENT: Final = 95
METHOD: Final = "wilson"
_Z: Final = Decimal("1.959963984540054")
"""The 97.5th percentile of the normal distribution."""
_DIGITS: Final = 28


class Interval(NamedTuple):
    """The ends of an interval in per cent, as they are printed, without the sign."""

    low: str
    high: str


def wilson(numerator: int, denominator: int, decimals: int = 1) -> Interval | None:
    """Return the interval of a share of cases, its ends rounded half up; None where there is no such share.

    >>> wilson(81, 263, 2)
    Interval(low='25.53', high='36.62')
    >>> wilson(0, 0) is None
    True
    """
    if denominator <= 0 or not 0 <= numerator <= denominator:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        cases, share, squared = Decimal(denominator), Decimal(numerator) / denominator, _Z * _Z
        middle = share + squared / (2 * cases)
        reach = _Z * ((share * (1 - share) + squared / (4 * cases)) / cases).sqrt()
        whole = 1 + squared / cases
        ends = ((middle - reach) / whole, (middle + reach) / whole)
        low, high = (_printed(min(max(end, Decimal(0)), Decimal(1)), decimals) for end in ends)
    return Interval(low, high)


def _printed(share: Decimal, decimals: int) -> str:
    return str((share * 100).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))
