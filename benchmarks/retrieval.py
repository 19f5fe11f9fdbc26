"""Retrieval: the best 50 under hard rules, exact, beside libraries and vector databases under the same rules.

The rows are those of `_labour_rows`. What one question costs is the making of the row set and the search. Databases
are given the rules as conditions on columns of their own, and find the rows themselves; libraries are given the rows
(`_peers` has what each is told). `--plot DIR` draws time by the share of rows allowed, and cost by the number of rows.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks._labour_rows import TODAY, World, make_world
from benchmarks._peers import EVERYTHING, RECALL, Absent, K, Peer, Rows, Wanted, agrees, attributes, lots, wanted
from benchmarks._peers_databases import EXACT, GRAPHS
from benchmarks._peers_libraries import LIBRARIES, SLOW
from benchmarks._retrieval_timing import Case, Found, case, timed, timed_peer
from eval.charts import Chart
from eval.curves import curves
from matching.eligibility import Rules
from matching.rowset import Allowed, row_set
from models.index import VectorIndex

_FLAT = "FAISS flat fp16 + bitmap"
_SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_EACH = 6
"""Questions for each share."""
_STRICT = Rules(TODAY, unknown={"majors": "hide", "degree": "hide"})


class Asked(NamedTuple):
    """What is asked of peers: the strict rules of the askers first, then lots by share; `conditions` one a case."""

    cases: list[Case]
    conditions: list[Wanted]
    strict: int

    @property
    def masks(self) -> list[NDArray[np.bool_]]:
        """The rows of every case; all rows where any will do."""
        n = len(next(one.mask for one in self.cases if one.mask is not None))
        return [np.ones(n, np.bool_) if one.mask is None else one.mask for one in self.cases]


def run(quick: bool) -> dict[str, Any]:
    """Measure; 100,000 rows when `quick`, else 1,000,000; one thread."""
    faiss.omp_set_num_threads(1)
    most, asks = (100_000, 40) if quick else (1_000_000, 40)
    by_size = {n: _ours(make_world(n), asks) for n in (most // 8, most // 4, most // 2)}
    world = make_world(most)
    whole = by_size[most] = _ours(world, asks)
    asked = _asked(world, asks)
    peers, by_share, absent = _peers(world, asked, quick=quick)
    by_share = _own_shares(world, asked) | by_share
    rows = {f"{n:,} rows, {name}": found for n, all_found in by_size.items() for name, found in all_found.items()}
    rows |= {f"{most:,} rows, peer {name}, strict rules": found for name, found in peers.items()}
    allowed = float(np.mean([mask.mean() for mask in asked.masks[:asks]]))
    return {
        "name": "retrieval",
        "size": {"rows": list(by_size), "asks": asks},
        "targets": _targets(whole, by_size[most // 2], peers, _bytes(world.side.vectors) / most),
        "peers": [
            {"name": f"{name}: {what}", "value": value, "unit": unit}
            for name, found in rows.items()
            for what, value, unit in zip(("CPU", "p50", "p99", "recall"), found, ("ms", "ms", "ms", ""), strict=False)
            if not math.isnan(value)
        ],
        "by_share": {name: [[share, found.cpu] for share, found in points] for name, points in by_share.items()},
        "by_size": {str(n): {name: one.cpu for name, one in found.items()} for n, found in by_size.items()},
        "notes": [
            f"strict rules (unknown majors and degrees hidden) allow {allowed:.1%} of the rows",
            f"load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; CPU of one thread",
            "the least setting of a peer that reaches recall 0.99 is reported: "
            + ", ".join(f"{name} {found.setting}" for name, found in peers.items() if found.setting),
            *absent,
        ],
    }


def plot(result: dict[str, Any], folder: Path) -> None:
    """Draw `retrieval-share.svg` and `retrieval-size.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = result["size"]["rows"][-1]
    by_share: dict[str, list[tuple[float, float]]] = {
        name: [(100 * share, cpu) for share, cpu in points] for name, points in result["by_share"].items()
    }
    names = [name for name in next(iter(result["by_size"].values())) if "askers" not in name]
    by_size = {name: [(float(n), found[name]) for n, found in result["by_size"].items()] for name in names}
    unit = "处理器时间 CPU ms"
    pictures: dict[str, Chart] = {
        "share": curves(
            f"{rows:,} 行 rows，前 {K} 名 best {K}", by_share, x_label="允许的行 rows allowed, %", y_label=unit
        ),
        "size": curves("随行数的代价 / cost by rows", by_size, x_label="行数 rows", y_label=unit),
    }
    for name, picture in pictures.items():
        (folder / f"retrieval-{name}.svg").write_text(picture.svg + "\n", encoding="utf-8")


def _ours(world: World, asks: int) -> dict[str, Found]:
    """Ours under three sets of rules; FAISS flat and the rules asked of every row, under the strict ones."""
    found: dict[str, Found] = {}
    for name, rules in (("strict", _STRICT), ("default", Rules(TODAY))):
        cases = [case(world, i, rules.allowed(world.askers.at(slice(i, i + 1)), world.columns)) for i in range(asks)]
        search = _search(world, rules)
        found[f"ours, {name} rules"] = timed(search, cases)
        for words, part in (("ours, {} rules, the row set alone", _rows_of), ("rules asked of every row, {}", _plain)):
            found[words.format(name)] = timed(part(world, rules), cases)._replace(recall=math.nan)
        if name == "strict":
            found[_FLAT] = timed_peer(LIBRARIES[_FLAT](world, [np.asarray(one.mask) for one in cases]), cases)
            every = [cases[i % asks] for i in range(len(world.queries))]  # recall is that of the first ones
            found["ours, strict rules, all askers"] = timed(search, every)._replace(recall=math.nan)
    free = [case(world, i, None) for i in range(asks // 2)]
    found["ours, no rules"] = timed(lambda i: world.side.vectors.search(world.queries[i], K).rows, free)
    return found


def _search(world: World, rules: Rules) -> Callable[[int], Rows]:
    def search(i: int) -> Rows:
        allowed: Allowed = row_set(world.side, world.askers.at(slice(i, i + 1)), rules)
        found: Rows = world.side.vectors.search(world.queries[i], K, allowed.mask, cells=allowed.cells).rows
        return found

    return search


def _rows_of(world: World, rules: Rules) -> Callable[[int], Rows]:
    def search(i: int) -> Rows:
        return row_set(world.side, world.askers.at(slice(i, i + 1)), rules).cells

    return search


def _plain(world: World, rules: Rules) -> Callable[[int], Rows]:
    def search(i: int) -> Rows:
        rules.allowed(world.askers.at(slice(i, i + 1)), world.columns)
        return np.empty(0, np.int64)

    return search


def _asked(world: World, asks: int) -> Asked:
    """The questions of peers.

    Raises
    ------
    RuntimeError
        The conditions do not allow the rows that the rules allow.
    """
    columns, cases, conditions = attributes(world), [], []
    for i in range(asks):
        mask = _STRICT.allowed(world.askers.at(slice(i, i + 1)), world.columns)
        conditions.append(wanted(world, i))
        if not agrees(columns, conditions[-1], mask):
            raise RuntimeError(f"asker {i}: the conditions of databases are not the rules")
        cases.append(case(world, i, mask))
    for share in _SHARES:
        most = int(share * len(world.vectors))
        mask = columns["lot"] <= most
        for _ in range(_EACH):
            cases.append(case(world, len(cases), None if share == 1 else mask))
            conditions.append(EVERYTHING._replace(lot=most))
    return Asked(cases, conditions, asks)


def _peers(
    world: World, asked: Asked, *, quick: bool
) -> tuple[dict[str, Found], dict[str, list[tuple[float, Found]]], list[str]]:
    """Under the strict rules, by share (100,000 rows only), and who is absent; one peer after another."""
    makes: dict[str, Callable[[], Peer]] = {}
    for name, library in LIBRARIES.items():
        if quick or name not in SLOW:
            makes[name] = lambda make=library: make(world, asked.masks)  # type: ignore[misc]
    for name, database in (EXACT | GRAPHS if quick else EXACT).items():
        makes[name] = lambda make=database: make(world, asked.conditions)  # type: ignore[misc]
    strict: dict[str, Found] = {}
    by_share: dict[str, list[tuple[float, Found]]] = {}
    absent = []
    for name, make in makes.items():
        try:
            peer = make()
        except Absent as why:
            absent.append(f"absent: {name} ({why})")
            continue
        strict[name] = timed_peer(peer, asked.cases[: asked.strict])
        if quick or name == _FLAT:
            by_share[name] = _by_share(asked, lambda cases, first, peer=peer: timed_peer(peer, cases, first=first))  # type: ignore[misc]
        peer.close()
    return strict, {name: points for name, points in by_share.items() if points}, absent


def _by_share(asked: Asked, measure: Callable[[Sequence[Case], int], Found]) -> list[tuple[float, Found]]:
    """The measure at each share, of those that reach the recall."""
    out = []
    for place, share in enumerate(_SHARES):
        first = asked.strict + place * _EACH
        found = measure(asked.cases[first : first + _EACH], first)
        if found.recall >= RECALL:
            out.append((share, found))
    return out


def _own_shares(world: World, asked: Asked) -> dict[str, list[tuple[float, Found]]]:
    """Ours where the rows allowed fill cells, as with rules, and where they lie anywhere."""
    index: VectorIndex = world.side.vectors
    own, sizes, n = lots(world), np.diff(world.side.cells.starts), len(world.vectors)
    order = np.random.default_rng(7).permutation(n)

    def by_cell(first: int, place: int) -> Rows:
        passing = own <= (asked.conditions[first + place].lot or 0)
        mask = np.repeat(passing, sizes)
        return index.search(world.queries[asked.cases[first + place].i], K, mask, cells=np.flatnonzero(passing)).rows

    def anywhere(cases: Sequence[Case], first: int) -> Found:
        masks = [None if one.mask is None else one.mask[order] for one in cases]
        true = [case(world, one.i, mask) for one, mask in zip(cases, masks, strict=True)]
        return timed(lambda place: index.search(world.queries[true[place].i], K, true[place].mask).rows, true)

    cells = _by_share(asked, lambda cases, first: timed(lambda place: by_cell(first, place), cases))
    return {"gradmatch, rows by cell": cells, "gradmatch, rows anywhere": _by_share(asked, anywhere)}


def _targets(
    whole: dict[str, Found], half: dict[str, Found], peers: dict[str, Found], beyond: float
) -> list[dict[str, Any]]:
    ours, alone, made = (
        whole[name]
        for name in ("ours, strict rules", "ours, strict rules, the row set alone", "rules asked of every row, strict")
    )
    every, flat = whole["ours, strict rules, all askers"], peers[_FLAT]
    exponent = math.log2(ours.cpu / half["ours, strict rules"].cpu)
    targets = [
        _target("recall at 50 against brute force", ours.recall, 1.0, "", least=True),
        _target(f"{_FLAT}, row set made in both: CPU", (flat.cpu + made.cpu) / ours.cpu, 3.0, "times", least=True),
        _target("the same, row set given to it", flat.cpu / ours.cpu, 3.0, "times", least=True),
        _target("the same, row set given to both", flat.cpu / (ours.cpu - alone.cpu), 3.0, "times", least=True),
        _target("p99 over p50, all askers", every.p99 / every.p50, 3.0, "times"),
        _target("all rows allowed, CPU", whole["ours, no rules"].cpu, 50.0, "ms"),
        _target("cost when rows double, exponent", exponent, 1.0, ""),
        _target("index bytes a row beyond the vectors as kept", beyond, 1.1 * 384 + 40, "bytes"),
    ]
    for kind, names in (("database", [*EXACT, *GRAPHS]), ("library, given the row set", [*LIBRARIES])):
        reached = {name: peers[name] for name in names if name in peers and peers[name].recall >= RECALL}
        for what in ("cpu", "p50") if reached else ():
            best = min(reached, key=lambda name: float(getattr(reached[name], what)))
            ratio = getattr(reached[best], what) / getattr(ours, what)
            label = f"fastest {kind}, recall {RECALL}, {best}: {what.upper()}"
            targets.append(_target(label, ratio, 5.0, "times", least=True))
    return targets


def _bytes(index: VectorIndex) -> float:
    """Of the index beside the vectors as kept: one byte a number, FAISS's row numbers, cells."""
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        return float(sum((Path(folder) / name).stat().st_size for name in ("codes.faiss", "codes.npz")))


def _target(name: str, value: float, goal: float, unit: str, *, least: bool = False) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": round(value, 4), "goal": goal, "unit": unit, "met": bool(met)}
