"""Peers that are libraries: they know no attributes, and are given the rows that are allowed as a bitmap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks._labour_rows import World
from benchmarks._peers import K, Peer, Rows, require

Masks = Sequence[NDArray[np.bool_]]


def flat(world: World, masks: Masks) -> Peer:
    """FAISS, every row, half precision."""
    dim = world.vectors.shape[1]
    index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.train(world.vectors[:1])
    index.add(world.vectors)
    return _with_bitmap(world, masks, index, (0,))


def ivf(world: World, masks: Masks) -> Peer:
    """FAISS, lists learned from the vectors; the setting is how many are read."""
    n, dim = world.vectors.shape
    lists = int(4 * np.sqrt(n))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.train(world.vectors[:: max(n // (40 * lists), 1)])
    index.add(world.vectors)
    return _with_bitmap(world, masks, index, [lists // part for part in (32, 16, 8, 4, 2)])


def hnsw(world: World, masks: Masks) -> Peer:
    """FAISS, a graph; the setting is how many rows are held on the way."""
    index = faiss.IndexHNSWFlat(world.vectors.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 60
    index.add(world.vectors)
    return _with_bitmap(world, masks, index, (250, 1_000, 4_000))


def usearch(world: World, masks: Masks) -> Peer:
    """USearch's exact search over the allowed rows, which are gathered for it: its graph takes no filter in Python."""
    found = require("usearch.index")
    packed = [np.packbits(mask, bitorder="little") for mask in masks]
    vectors = np.ascontiguousarray(world.vectors)

    def search(i: int, _: int) -> Rows:
        rows = np.flatnonzero(np.unpackbits(packed[i], count=len(vectors), bitorder="little"))
        near = found.search(vectors[rows], world.queries[i], min(K, len(rows)), metric="ip", exact=True, threads=1)
        return rows[near.keys.astype(np.int64)]

    return Peer(search)


LIBRARIES: dict[str, Callable[[World, Masks], Peer]] = {
    "FAISS flat fp16 + bitmap": flat,
    "FAISS IVF + bitmap": ivf,
    "FAISS HNSW + bitmap": hnsw,
    "USearch exact over the rows": usearch,
}
SLOW = ("FAISS HNSW + bitmap",)
"""Too long to build at a million rows: eight minutes."""


def _with_bitmap(world: World, masks: Masks, index: faiss.Index, settings: Sequence[int]) -> Peer:
    """The packed row sets are given to the peer; what it does with them is timed."""
    packed = [np.packbits(mask, bitorder="little") for mask in masks]

    def asked(i: int, setting: int) -> faiss.SearchParameters:
        selector = faiss.IDSelectorBitmap(packed[i])
        if isinstance(index, faiss.IndexIVFFlat):
            return faiss.SearchParametersIVF(sel=selector, nprobe=setting)
        if isinstance(index, faiss.IndexHNSWFlat):
            return faiss.SearchParametersHNSW(sel=selector, efSearch=setting)
        return faiss.SearchParameters(sel=selector)

    def search(i: int, setting: int) -> Rows:
        rows: Rows = index.search(world.queries[i][None, :], K, params=asked(i, setting))[1][0]
        return rows[rows >= 0]

    return Peer(search, settings)
