"""What similarity is, to the bit: vectors at half precision, products summed at double precision.

So a pair has one similarity wherever its row lies and whichever search found it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, dim), rows of length 1."""
Halves = NDArray[np.float16]
"""Shape (n, dim): vectors as kept."""
RowSet = NDArray[np.bool_]
"""Shape (n,): which rows a search may return."""

LEAST_HALF = 2.0**-14
"""The least normal number at half precision."""


_SIGN_AND_REST = np.int32(-0x7000_2000)
"""Of a half widened with its sign and shifted by 13: the sign, the five bits of exponent, the ten of fraction."""
_BIAS = np.float32(2.0**112)
"""What the exponents of the two precisions are apart."""


class Hits(NamedTuple):
    """Rows found for one query: best first, ties by row; no padding, no sentinels."""

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]


def halved(vectors: Vectors | Halves) -> Halves:
    """`vectors` as an index keeps them: rounded to half precision, what is below its normal numbers to 0."""
    half: Halves = vectors.astype(np.float16)
    half[np.abs(half) < np.float16(LEAST_HALF)] = 0.0
    return half


def rounded(vectors: Vectors) -> Vectors:
    """The values that an index keeps of `vectors`, at single precision."""
    return halved(vectors).astype(np.float32)


def ranked(rows: NDArray[np.int64], similarities: NDArray[np.float32], k: int) -> Hits:
    """Best `k` of the given rows, ties by row."""
    order = np.lexsort((rows, -similarities))[:k]
    return Hits(rows[order], similarities[order])


def singles(halves: NDArray[Any]) -> Vectors:
    """Vectors as kept, at single precision: the same numbers as ``astype`` gives, by shifting bits, which is faster.

    Only for numbers that `halved` gives: normal ones and 0.
    """
    bits = np.ascontiguousarray(halves).view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= _SIGN_AND_REST
    out: Vectors = bits.view(np.float32)
    out *= _BIAS
    return out


def similarity_of(vectors: Vectors | Halves, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner product of each row with `query`, summed at double precision."""
    products = (singles(vectors) if vectors.dtype == np.float16 else vectors).astype(np.float64)
    products *= query.astype(np.float64)
    out: NDArray[np.float32] = products.sum(axis=1).astype(np.float32)
    return out
