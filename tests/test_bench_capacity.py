"""Capacity planning: known unit costs give known needs; the document's table is the one that the code prints."""

from pathlib import Path

import pytest

from benchmarks import capacity
from benchmarks.capacity import Size, line_of, needs


def costs(fixed, slope, **last):
    """Unit costs of a machine on which a graduate costs ``fixed + slope * postings`` seconds."""
    measured = [
        {
            "rows": {"graduates": 1_000, "postings": n},
            "total": 1_000 * (fixed + slope * n),
            "build_ms": 0.5,
            "bytes_a_row": {"graduates": 1_000.0, "postings": 2_000.0},
            "build_memory": 5_000_000 + 20_000 * (1_000 + n),
            "memory": 1_000 * 1_000 + 2_000 * n + 100_000,
            **last,
        }
        for n in (10_000, 20_000, 40_000)
    ]
    return {"unit_costs": measured, "machine": "a machine", "size": {"postings": [10_000, 20_000, 40_000]}}


def test_the_line_is_found_and_is_never_below_nothing():
    fixed, slope = line_of(costs(0.002, 1e-7)["unit_costs"])
    assert (fixed, slope) == (pytest.approx(0.002), pytest.approx(1e-7))
    fixed, slope = line_of(costs(-0.0001, 1e-7)["unit_costs"])
    assert fixed == 0.0
    assert 0.9e-7 < slope < 1e-7
    assert line_of(costs(0.002, 0.0)["unit_costs"])[1] == pytest.approx(0.0, abs=1e-15)


def test_needs_by_hand():
    """3.6 million people at 2 ms, and 100 ms for a million postings: 102 ms each, 102 core-hours."""
    need = needs(costs(0.002, 1e-7), Size("x", 3_600_000, 1_000_000, fresh=0.1), price=0.5)
    assert need.rank_hours == pytest.approx(102.0)
    assert need.build_hours == pytest.approx(4_600_000 * 0.0005 / 3_600)
    assert need.first_encode_hours == pytest.approx(4_600_000 / 12 / 3_600)
    assert need.encode_hours == pytest.approx(need.first_encode_hours / 10)
    assert need.cores == 22  # 102 / 6 / 0.8 = 21.25
    assert need.machines == 1
    assert need.snapshot == pytest.approx(3_600_000 * 1_000 + 1_000_000 * 2_000)
    assert need.memory == pytest.approx(need.snapshot + 22 * 100_000)
    assert need.build_memory == pytest.approx(5_000_000 + 20_000 * 4_600_000)
    hours = need.rank_hours + need.build_hours + need.encode_hours
    assert need.cost == pytest.approx(hours * 0.5 / 0.8)
    assert need.per_thousand == pytest.approx(need.cost / 3_600)


def test_the_documents_table_is_what_the_measured_unit_costs_give():
    document = Path(__file__).parent.parent / "docs" / "capacity.md"
    printed = [note for note in capacity.run(quick=True)["notes"] if note.startswith("|")]
    assert len(printed) == 13
    assert "\n".join(printed) in document.read_text(encoding="utf-8")
