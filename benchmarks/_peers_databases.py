"""Peers that are databases: vectors and attributes in columns of their own, asked with the conditions of each asker.

All hold single-precision vectors, use one thread where they let us say so, and have the indices over attributes that
their manuals propose for such conditions. What they cost to fill and to index is not measured.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._labour_rows import World
from benchmarks._peers import ANY_MAJOR, COLUMNS, EXPERIENCE, Absent, K, Peer, Rows, Wanted, attributes, require, where

_BATCH = 5_000


def duckdb(world: World, asked: Sequence[Wanted]) -> Peer:
    """DuckDB, exact: one table, the conditions before the distances."""
    module, pa = require("duckdb"), require("pyarrow")
    base = module.connect(config={"threads": 1})
    base.register("given", _table(world, pa))
    base.execute("CREATE TABLE p AS SELECT * FROM given")
    dim = world.vectors.shape[1]

    def search(i: int, _: int) -> Rows:
        near = f"array_inner_product(v, ?::FLOAT[{dim}])"
        ask = f"SELECT row FROM p WHERE {where(asked[i])} ORDER BY {near} DESC, row LIMIT {K}"
        found: Rows = base.execute(ask, [world.queries[i]]).fetchnumpy()["row"]
        return found

    return Peer(search, close=base.close)


def lance(world: World, asked: Sequence[Wanted]) -> Peer:
    """LanceDB without a vector index: bitmaps and trees over the attributes, then every distance."""
    return _lance(world, asked, lists=0)


def lance_ivf(world: World, asked: Sequence[Wanted]) -> Peer:
    """LanceDB with IVF_FLAT, filtered before the search; the setting is how many lists are read."""
    return _lance(world, asked, lists=int(np.sqrt(len(world.vectors))))


def _lance(world: World, asked: Sequence[Wanted], *, lists: int) -> Peer:
    os.environ |= {"LANCE_CPU_THREADS": "1", "TOKIO_WORKER_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    module, pa, folder = require("lancedb"), require("pyarrow"), TemporaryDirectory(prefix="gradmatch-lance-")
    table = module.connect(folder.name).create_table("p", _table(world, pa))
    for name in COLUMNS:
        table.create_scalar_index(name, index_type="BTREE" if name in ("place", "lot") else "BITMAP")
    if lists:
        table.create_index(metric="dot", vector_column_name="v", index_type="IVF_FLAT", num_partitions=lists)

    def search(i: int, probes: int) -> Rows:
        found = table.search(world.queries[i], vector_column_name="v").distance_type("dot")
        found = found.where(where(asked[i]), prefilter=True).select(["row", "_distance"]).limit(K)
        found = found.nprobes(probes) if lists else found.bypass_vector_index()
        rows: Rows = found.to_arrow()["row"].to_numpy()
        return rows

    return Peer(search, [lists // part for part in (16, 8, 4, 2, 1)] if lists else (0,), close=folder.cleanup)


def sqlite_rows(world: World, asked: Sequence[Wanted]) -> Peer:
    """sqlite-vec's distance function over the rows that SQLite finds by a covering index."""
    ask = f"SELECT a.row FROM a JOIN p USING (row) WHERE {{}} ORDER BY vec_distance_cosine(p.v, ?) LIMIT {K}"
    return _sqlite(world, asked, "CREATE TABLE p (row INTEGER PRIMARY KEY, v BLOB)", ask)


def sqlite_vec0(world: World, asked: Sequence[Wanted]) -> Peer:
    """sqlite-vec's own table, `row IN (…)`: conditions with OR cannot be said on its metadata columns."""
    dim = world.vectors.shape[1]
    table = f"CREATE VIRTUAL TABLE p USING vec0(row INTEGER PRIMARY KEY, v float[{dim}] distance_metric=cosine)"
    ask = f"SELECT row FROM p WHERE row IN (SELECT row FROM a WHERE {{}}) AND v MATCH ? AND k = {K}"
    return _sqlite(world, asked, table, ask)


def _sqlite(world: World, asked: Sequence[Wanted], table: str, ask: str) -> Peer:
    apsw, extension = require("apsw"), require("sqlite_vec")
    base = apsw.Connection(":memory:")
    base.enable_load_extension(True)
    base.load_extension(extension.loadable_path())
    columns = attributes(world)
    base.execute(f"{table}; CREATE TABLE a (row INTEGER PRIMARY KEY, {', '.join(COLUMNS)})")
    with base:
        base.executemany(
            "INSERT INTO p (row, v) VALUES (?, ?)", ((i, v.tobytes()) for i, v in enumerate(world.vectors))
        )
        each = zip(range(len(world.vectors)), *(columns[name].tolist() for name in COLUMNS), strict=True)
        base.executemany(f"INSERT INTO a VALUES (?{', ?' * len(COLUMNS)})", each)
    base.execute(f"CREATE INDEX by_all ON a ({', '.join(COLUMNS[:-1])}); CREATE INDEX by_lot ON a (lot); ANALYZE")

    def search(i: int, _: int) -> Rows:
        return _rows(base.execute(ask.format(where(asked[i])), (world.queries[i].tobytes(),)).fetchall())

    return Peer(search, close=base.close)


def pgvector(world: World, asked: Sequence[Wanted]) -> Peer:
    """PostgreSQL with pgvector, exact: it finds the rows by its own plan, then every distance."""
    base = _postgres(world)
    return _pgvector(world, asked, base, (0,))


def pgvector_graph(world: World, asked: Sequence[Wanted]) -> Peer:
    """PostgreSQL with pgvector's HNSW with iterative scans; the setting is `hnsw.ef_search`."""
    base = _postgres(world)
    base.execute("SET maintenance_work_mem = '2GB'; SET max_parallel_maintenance_workers = 1")
    base.execute("CREATE INDEX ON p USING hnsw (v vector_ip_ops)")
    base.execute("SET hnsw.iterative_scan = strict_order; SET hnsw.max_scan_tuples = 1000000; SET enable_sort = off")
    base.execute("SET hnsw.scan_mem_multiplier = 64")
    return _pgvector(world, asked, base, (40, 200, 1_000))


def _pgvector(world: World, asked: Sequence[Wanted], base: Any, settings: Sequence[int]) -> Peer:  # noqa: ANN401 — as below
    server = int(base.execute("SELECT pg_backend_pid()").fetchone()[0])
    clock = Path(f"/proc/{server}/schedstat")
    if not clock.exists():
        raise Absent("PostgreSQL runs on another machine")
    now = [0]

    def search(i: int, setting: int) -> Rows:
        if setting != now[0]:
            base.execute(f"SET hnsw.ef_search = {setting}")
            now[0] = setting
        ask = f"SELECT row FROM p WHERE {where(asked[i])} ORDER BY v <#> %b::float8[]::vector LIMIT {K}"
        return _rows(base.execute(ask, [world.queries[i].tolist()]).fetchall())

    def close() -> None:
        base.execute("DROP TABLE p")
        base.close()

    return Peer(search, settings, lambda: time.process_time() + int(clock.read_text().split()[0]) / 1e9, close)


def _postgres(world: World) -> Any:  # noqa: ANN401 — as below
    psycopg, columns = require("psycopg"), attributes(world)
    url = os.environ.get("GRADMATCH_TEST_POSTGRES", "")
    if not url:
        raise Absent("GRADMATCH_TEST_POSTGRES names no PostgreSQL")
    base = psycopg.connect(url, autocommit=True)
    if not base.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone():
        raise Absent("PostgreSQL has no pgvector")
    base.execute("CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS p")
    smaller = ", ".join(f"{name} {'int' if name in ('place', 'lot') else 'smallint'}" for name in COLUMNS)
    base.execute(f"CREATE UNLOGGED TABLE p (row int, {smaller}, v vector({world.vectors.shape[1]}))")
    rows = zip(range(len(world.vectors)), *(columns[name].tolist() for name in COLUMNS), world.vectors, strict=True)
    with base.cursor().copy("COPY p FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", *("int4" if name in ("place", "lot") else "int2" for name in COLUMNS), "bytea"])
        for *plain, vector in rows:
            copy.write_row([*plain, _sent(vector)])
    base.execute(f"CREATE INDEX ON p ({', '.join(COLUMNS[:-1])}); CREATE INDEX ON p (lot)")
    base.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
    base.execute("VACUUM ANALYZE p")
    return base


def _sent(vector: NDArray[np.float32]) -> bytes:
    """As pgvector's binary format has it: how many numbers, nothing, and the numbers, big-endian."""
    return len(vector).to_bytes(2, "big") + b"\0\0" + vector.astype(">f4").tobytes()


def qdrant(world: World, asked: Sequence[Wanted]) -> Peer:
    """Qdrant (Edge: its engine in the process), indexed payload, its graph where it thinks that it pays."""
    return _qdrant(world, asked, (64, 256, 1_024), graph=True)


def qdrant_exact(world: World, asked: Sequence[Wanted]) -> Peer:
    """Qdrant (Edge), exact search behind the indexed payload."""
    return _qdrant(world, asked, (0,), graph=False)


def _qdrant(world: World, asked: Sequence[Wanted], settings: Sequence[int], *, graph: bool) -> Peer:
    q, folder, columns = require("qdrant_edge"), TemporaryDirectory(prefix="gradmatch-qdrant-"), attributes(world)
    config = q.EdgeConfig(
        vectors=q.EdgeVectorParams(size=world.vectors.shape[1], distance=q.Distance.Dot),
        hnsw_config=q.HnswIndexConfig(m=16 if graph else 0, ef_construct=100, full_scan_threshold=10_000),
        optimizers=q.EdgeOptimizersConfig(default_segment_number=1, max_segment_size=100_000_000),
        max_search_threads=1,
        wal_enabled=False,
    )
    shard = q.EdgeShard.create(folder.name, config)
    for name in (*COLUMNS[:5], "majors", "lot"):
        shard.update(q.UpdateOperation.create_field_index(name, q.PayloadSchemaType.Integer))
    majors = np.stack([columns[f"major{i}"] for i in range(3)], axis=1).tolist()
    for start in range(0, len(world.vectors), _BATCH):
        each = range(start, min(start + _BATCH, len(world.vectors)))
        own = {name: columns[name][each.start : each.stop].tolist() for name in (*COLUMNS[:5], "lot")}
        payloads = [{name: own[name][i - start] for name in own} | {"majors": majors[i]} for i in each]
        points = [q.Point(i, world.vectors[i].tolist(), payload) for i, payload in zip(each, payloads, strict=True)]
        shard.update(q.UpdateOperation.upsert_points(points))
    shard.optimize()
    filters = [_filter(q, one) for one in asked]

    def search(i: int, setting: int) -> Rows:
        params = q.SearchParams(hnsw_ef=setting or None, exact=not setting)
        request = q.SearchRequest(q.Query.Nearest(world.queries[i].tolist()), K, filter=filters[i], params=params)
        return np.array([found.id for found in shard.search(request)], np.int64)

    def close() -> None:
        shard.close()
        folder.cleanup()

    return Peer(search, settings, close=close)


def _filter(q: ModuleType, asked: Wanted) -> Any:  # noqa: ANN401 — a type of a package that is not there for mypy
    """The conditions of `where`, as Qdrant has them; the majors are one list."""

    def between(name: str, least: int | None, most: int) -> Any:  # noqa: ANN401
        return q.FieldCondition(name, range=q.RangeFloat(gte=least, lte=most))

    if asked.lot is not None:
        return q.Filter(must=[between("lot", None, asked.lot)])
    parts = [q.FieldCondition("live", match=q.MatchValue(1))]
    if asked.kinds is not None:
        parts.append(q.FieldCondition("kind", match=q.MatchAny(list(asked.kinds))))
    if asked.degree is not None:
        parts += [between("degree", 0, asked.degree), between("experience", None, EXPERIENCE)]
    if asked.major is not None:
        parts.append(q.FieldCondition("majors", match=q.MatchAny([ANY_MAJOR, asked.major])))
    if asked.places is not None:
        parts.append(between("place", asked.places[0], asked.places[1] - 1))
    return q.Filter(must=parts)


def _table(world: World, pa: ModuleType) -> Any:  # noqa: ANN401 — as above
    flat = pa.FixedSizeListArray.from_arrays(pa.array(world.vectors.reshape(-1)), world.vectors.shape[1])
    return pa.table({"row": np.arange(len(world.vectors)), **attributes(world), "v": flat})


def _rows(found: Sequence[tuple[int, ...]]) -> Rows:
    return np.array([row[0] for row in found], np.int64)


EXACT: dict[str, Callable[[World, Sequence[Wanted]], Peer]] = {
    "DuckDB, exact": duckdb,
    "LanceDB, exact": lance,
    "sqlite-vec, rows by an index": sqlite_rows,
    "sqlite-vec, its own table": sqlite_vec0,
    "pgvector, exact": pgvector,
}
"""Also at a million rows."""
GRAPHS: dict[str, Callable[[World, Sequence[Wanted]], Peer]] = {
    "LanceDB, IVF_FLAT": lance_ivf,
    "pgvector, HNSW": pgvector_graph,
    "Qdrant, exact": qdrant_exact,
    "Qdrant": qdrant,
}
"""Long to build or to fill: at 100,000 rows only."""
