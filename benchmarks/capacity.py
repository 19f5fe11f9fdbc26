"""Capacity: cores, memory, hours and cost of a province and of the country, from measured unit costs.

The unit costs are the JSON of ``scripts/bench night-run --json FILE`` (``--costs FILE``; default: what stands in
``docs/unit_costs.json``). Nothing is measured here. With N postings and M graduates who are asked:

- a graduate costs ``fixed + slope * N`` CPU seconds, the line through the measured sizes by least squares, neither
  below nothing: so cost a graduate is taken to grow linearly beyond what was measured, and the whole with M·N;
- the build costs a measured time a record, and the encoding ``1 / TEXTS_A_SECOND`` for each text not in the cache;
- the snapshot is bytes a row times rows, each side; a machine maps it once, each process adds its own memory, taken as
  the greatest that was measured less the snapshot's bytes then;
- the build's memory is the line through the measured sizes by records;
- cores = core-hours / (window · efficiency); cost = core-hours · price / efficiency.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

UNIT_COSTS = Path(__file__).parent.parent / "docs" / "unit_costs.json"
TEXTS_A_SECOND = 12.0
"""Texts of 450 characters that a core encodes a second: fp32, one thread's CPU time (docs/encoders.md)."""
PRICE = 0.04
"""Price of a core-hour where none is given: a parameter, not a quotation."""
EFFICIENCY = 0.8
"""Share of the cores' time that is work: blocks that end late, machines that are lost, starting."""
WINDOW = 6.0
"""Hours of a night."""
CORES = 32
"""Cores of a machine of the cluster."""


class Size(NamedTuple):
    """How many are matched; `fresh` is the share of texts that changed since the night before."""

    name: str
    graduates: int
    postings: int
    fresh: float = 0.05


PLACES = (Size("province", 500_000, 1_000_000), Size("country", 12_000_000, 10_000_000))


class Need(NamedTuple):
    """What a night takes: core-hours by step, cores, machines, bytes, and money."""

    rank_hours: float
    build_hours: float
    encode_hours: float
    first_encode_hours: float
    cores: int
    machines: int
    snapshot: float
    memory: float
    build_memory: float
    cost: float
    per_thousand: float


def line_of(measured: list[dict[str, Any]]) -> tuple[float, float]:
    """CPU seconds a graduate: those that do not depend on postings, and those a posting."""
    return _line([one["rows"]["postings"] for one in measured], [one["total"] / 1000 for one in measured])


def _line(sizes: list[int], values: list[float]) -> tuple[float, float]:
    """What does not depend on size, and what one more costs; neither is below nothing."""
    x, y = np.array(sizes, np.float64), np.array(values, np.float64)
    slope, fixed = (max(float(value), 0.0) for value in np.polyfit(x, y, 1))
    if not fixed:  # the line must go through nothing then
        slope = float(x @ y / (x @ x))
    return fixed, slope


def needs(costs: dict[str, Any], size: Size, *, price: float = PRICE) -> Need:
    """What a night of `size` takes by the formulas above."""
    measured = costs["unit_costs"]
    last = measured[-1]
    fixed, slope = line_of(measured)
    rank = size.graduates * (fixed + slope * size.postings) / 3600
    records = size.graduates + size.postings
    build = records * last["build_ms"] / 1000 / 3600
    encode = records / TEXTS_A_SECOND / 3600
    snapshot = sum(last["bytes_a_row"][side] * getattr(size, side) for side in ("graduates", "postings"))
    then = sum(last["bytes_a_row"][side] * last["rows"][side] for side in last["rows"])
    private = max(last["memory"] - then, 0.0)
    held, more = _line([sum(one["rows"].values()) for one in measured], [one["build_memory"] for one in measured])
    cores = math.ceil(rank / WINDOW / EFFICIENCY)
    cost = (rank + build + encode * size.fresh) * price / EFFICIENCY
    return Need(
        rank_hours=rank,
        build_hours=build,
        encode_hours=encode * size.fresh,
        first_encode_hours=encode,
        cores=cores,
        machines=math.ceil(cores / CORES),
        snapshot=snapshot,
        memory=snapshot + min(cores, CORES) * private,
        build_memory=held + more * records,
        cost=cost,
        per_thousand=cost / size.graduates * 1000,
    )


def table(costs: dict[str, Any], *, price: float = PRICE) -> str:
    """The needs of `PLACES` as a Markdown table."""
    found = [needs(costs, size, price=price) for size in PLACES]
    heads = [f"{size.name}: {size.graduates:,} × {size.postings:,}" for size in PLACES]
    rows: list[tuple[str, list[str]]] = [
        ("ranking everyone, core-hours a night", [f"{need.rank_hours:,.1f}" for need in found]),
        ("building the snapshot, core-hours (one process)", [f"{need.build_hours:,.1f}" for need in found]),
        (f"encoding {PLACES[0].fresh:.0%} of the texts, core-hours", [f"{need.encode_hours:,.1f}" for need in found]),
        ("encoding all texts the first time, core-hours", [f"{need.first_encode_hours:,.1f}" for need in found]),
        (f"cores to rank in {WINDOW:g} hours at {EFFICIENCY:.0%}", [f"{need.cores:,}" for need in found]),
        (f"machines of {CORES} cores", [f"{need.machines:,}" for need in found]),
        ("snapshot, GiB", [f"{need.snapshot / 2**30:,.1f}" for need in found]),
        ("memory a machine, GiB", [f"{need.memory / 2**30:,.1f}" for need in found]),
        ("memory of the build, GiB", [f"{need.build_memory / 2**30:,.1f}" for need in found]),
        (f"cost a night at {price:g} a core-hour", [f"{need.cost:,.2f}" for need in found]),
        ("cost a thousand graduates and night", [f"{need.per_thousand:,.4f}" for need in found]),
    ]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(heads)]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(values)} |" for name, values in rows)])


def planned(costs: Path | None, price: float | None) -> dict[str, Any]:
    """The result of ``scripts/bench capacity``: the table, and the line that it comes from, as notes."""
    held = json.loads((costs or UNIT_COSTS).read_text(encoding="utf-8"))
    fixed, slope = line_of(held["unit_costs"])
    return {
        "name": "capacity",
        "targets": [],
        "notes": [
            f"unit costs of {held['machine']}, sizes {held['size']['postings']}",
            f"a graduate: {fixed * 1000:.3g} ms and {slope * 1e9:.3g} ms a million postings",
            *table(held, price=PRICE if price is None else price).splitlines(),
        ],
    }


def run(quick: bool) -> dict[str, Any]:
    """The plan from the unit costs that stand in the documents; `quick` changes nothing."""
    return planned(None, None)
