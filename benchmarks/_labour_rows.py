"""The rows that retrieval is measured on: postings in the order of their cells, and graduates who ask.

Vectors are real encoded postings where `var/bench/real.npz` has them (made on the first run from public collections),
and jittered copies; attributes are skewed and go with the vectors, as a labour market's do: a major class for each
cluster, a degree, a kind, days of publication.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.encode import _postings as _postings_texts
from matching.attributes import GraduateRows, PostingRows, mask_words
from matching.cells import Cells, layout
from models.encoder import SentenceEncoder, Side
from models.index import VectorIndex
from models.offline_e5 import prepare
from models.similarity import rounded

_ROOT = Path(__file__).resolve().parents[1]
TODAY = date(2026, 6, 15)
_DAY = 20_619
_CLASSES = 90


class World(NamedTuple):
    """Postings in the order of their cells, and graduates who ask."""

    side: Any
    columns: PostingRows
    vectors: NDArray[np.float32]
    askers: GraduateRows
    queries: NDArray[np.float32]


@dataclass(frozen=True)
class _Rows:
    """What `row_set` needs of a side."""

    columns: PostingRows
    vectors: VectorIndex
    cells: Cells
    alive: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.alive)

    def at(self, rows: NDArray[np.int64] | slice) -> PostingRows:
        return self.columns.at(rows)


def make_world(n: int, seed: int = 0) -> World:
    """`n` postings and 200 graduates."""
    rng = np.random.default_rng(seed)
    base, questions = _real()
    group = np.arange(len(base)) * _CLASSES // len(base)
    order = np.argsort(_projected(base), kind="stable")  # neighbours share a major class
    base, source = base[order], rng.integers(0, len(base), n)
    source = np.minimum(source, rng.integers(0, len(base), n))  # skewed: some classes are large
    vectors = np.empty((n, base.shape[1]), np.float32)
    for start in range(0, n, 50_000):
        part = base[source[start : start + 50_000]]
        part = part + rng.normal(scale=0.012, size=part.shape).astype(np.float32)
        vectors[start : start + 50_000] = part / np.linalg.norm(part, axis=1, keepdims=True)
    columns = _postings(rng, group[source])
    keys = [f"t:{i:07d}" for i in range(n)]
    rows = layout(columns, keys)
    columns, vectors = columns.at(rows), vectors[rows]
    cells = Cells.of(columns)
    side = _Rows(columns, VectorIndex.from_vectors(vectors, cells.starts), cells, np.ones(n, np.bool_))
    picked = rng.integers(0, len(questions), 200)
    return World(side, columns, rounded(vectors), _graduates(rng, 200), questions[picked])


def _postings(rng: np.random.Generator, major: NDArray[np.int64]) -> PostingRows:
    n = len(major)
    state = rng.choice(np.array([-1, 0, 1], np.int8), n, p=[0.39, 0.1, 0.51])
    masks = np.zeros((n, mask_words()), np.uint64)
    for extra in range(3):
        place = np.where(extra == 0, major, (major + extra * rng.integers(0, 2, n)) % _CLASSES)
        masks[np.arange(n), place >> 6] |= np.uint64(1) << (place & 63).astype(np.uint64)
    masks[state != 1] = 0
    degree = rng.choice(np.array([-1, 0, 2, 3, 4, 5], np.int8), n, p=[0.1, 0.08, 0.4, 0.36, 0.05, 0.01])
    zero = PostingRows.of([])
    filled = {name: np.zeros((n, *getattr(zero, name).shape[1:]), getattr(zero, name).dtype) for name in zero._fields}
    filled |= {"majors": state, "major_mask": masks, "degree": degree}
    filled["kind"] = rng.choice(np.arange(5, dtype=np.int8), n, p=[0.7, 0.18, 0.02, 0.08, 0.02])
    filled["experience"] = rng.choice(np.array([np.nan, 0, 1, 3, 5], np.float32), n, p=[0.5, 0.2, 0.2, 0.08, 0.02])
    filled["years"] = rng.choice(np.array([-1, 0], np.int8), n, p=[0.6, 0.4])
    city = (rng.zipf(1.4, n) - 1) % 60
    filled["places"][:, 0] = 360_000 + city // 11 * 100 + 100 + city % 11
    filled["published"] = (_DAY - rng.integers(0, 120, n)).astype(np.int32)
    filled["closes"] = (filled["published"] + rng.integers(10, 200, n)).astype(np.int32)
    filled["open"] = rng.random(n) < 0.95
    filled["vacancies"] = rng.poisson(4, n).astype(np.int32)
    return PostingRows(**filled)


def _graduates(rng: np.random.Generator, n: int) -> GraduateRows:
    zero = GraduateRows.of([])
    filled = {name: np.zeros((n, *getattr(zero, name).shape[1:]), getattr(zero, name).dtype) for name in zero._fields}
    filled["degree"] = rng.choice(np.array([2, 3, 4], np.int8), n, p=[0.5, 0.44, 0.06])
    filled["major_class"] = np.minimum(rng.integers(0, _CLASSES, n), rng.integers(0, _CLASSES, n)).astype(np.int16)
    filled["graduation_year"] = np.full(n, 2026, np.int16)
    filled["wish_kinds"] = rng.choice(np.array([0, 1, 3], np.uint8), n)
    filled["pay_min"] = np.full(n, np.nan, np.float32)
    filled["regions_only"] = rng.random(n) < 0.5
    filled["wish_from"][:, 0] = 360_100
    filled["wish_to"][:, 0] = 360_200
    filled["seeking"] = np.ones(n, np.bool_)
    filled["visible"] = np.ones(n, np.bool_)
    return GraduateRows(**filled)


def _real() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Encoded real postings and titles, kept under `var/bench`; made vectors where there is no real text or encoder."""
    path = _ROOT / "var" / "bench" / "real.npz"
    if not path.exists():
        _encode(path)
    with np.load(path) as held:
        return held["v"], held["q"]


def _encode(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    texts, _ = _postings_texts()
    texts = [text[:90] for text in dict.fromkeys(text.strip() for text in texts) if len(text) > 8][:4_000]
    encoder = SentenceEncoder(prepare(Path(os.environ.get("GRADMATCH_TEST_ENCODERS", _ROOT / "var" / "encoders"))))
    queries = encoder.encode([text[:40] for text in texts[:200]], side=Side.QUERY)
    np.savez(path, v=encoder.encode(texts, side=Side.PASSAGE), q=queries)


def _projected(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places along the direction in which the vectors differ most."""
    centred = vectors - vectors.mean(axis=0)
    axis = np.linalg.svd(centred[:1_000], full_matrices=False)[2][0]
    out: NDArray[np.float32] = centred @ axis
    return out
