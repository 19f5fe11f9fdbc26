"""What is known of the records in a store: how often a field is given, and how often it is understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from eval.charts import Chart, bars
from matching.attributes import industry_sections, major_class_of
from matching.demanded import demanded
from matching.standard.records import Graduate, Posting

if TYPE_CHECKING:
    from matching.store import Store

COVERAGE = {"type": pl.String(), "field": pl.String(), "n": pl.Int64(), "given": pl.Int64(), "understood": pl.Int64()}

_Reading = tuple[Callable[[Any], bool], Callable[[Any], bool]]


def _given(value: Callable[[Any], object]) -> _Reading:
    def there(record: Any) -> bool:  # noqa: ANN401
        return value(record) not in (None, "", [])

    return there, there


_GRADUATE: Mapping[str, _Reading] = {
    "degree": _given(lambda g: g.degree),
    "major": (lambda g: bool(g.major or g.major_code), lambda g: major_class_of(g) is not None),
    "graduation_year": _given(lambda g: g.graduation_year),
    "region": _given(lambda g: g.region),
    "skills": _given(lambda g: g.skills),
    "summary": _given(lambda g: g.summary),
    "wishes.titles": _given(lambda g: g.wishes.titles),
    "wishes.regions": _given(lambda g: g.wishes.regions),
    "wishes.pay_min": _given(lambda g: g.wishes.pay_min),
}
_POSTING: Mapping[str, _Reading] = {
    "degree": _given(lambda p: p.requirements.degree),
    "majors": (
        lambda p: p.requirements.majors is not None,
        lambda p: p.requirements.majors is not None and demanded(p).whole,
    ),
    "experience": _given(lambda p: p.requirements.experience_years),
    "industry": (
        lambda p: bool(p.industry or p.industry_code),
        lambda p: bool(p.industry_code) or industry_sections([p.industry]) != 0,
    ),
    "regions": _given(lambda p: p.regions),
    "pay": _given(lambda p: p.pay),
    "headcount": _given(lambda p: p.headcount),
    "closes": _given(lambda p: p.closes),
}


def coverage(store: Store) -> pl.DataFrame:
    """Count over every record of the store, columns as in `COVERAGE`; no records: zeros."""
    rows = []
    for kind, record, readings in (("graduate", Graduate, _GRADUATE), ("posting", Posting, _POSTING)):
        counts = {field: [0, 0] for field in readings}
        n = 0
        for batch in store.scan(kind):
            for one in batch:
                assert isinstance(one, record)
                n += 1
                for field, (given, understood) in readings.items():
                    counts[field][0] += given(one)
                    counts[field][1] += understood(one)
        rows += [(kind, field, n, given, understood) for field, (given, understood) in counts.items()]
    return pl.DataFrame(rows, schema=COVERAGE, orient="row")


def coverage_chart(table: pl.DataFrame, kind: str) -> Chart:
    """Share of the records whose field is understood; behind it, how many gave it."""
    rows = table.filter(pl.col("type") == kind).iter_rows(named=True)
    shares = [(row["field"], row["understood"] / max(row["n"], 1), row["given"] / max(row["n"], 1)) for row in rows]
    lines = [(field, used, f"{used:.0%} 可用 usable, {given:.0%} 填写 given") for field, used, given in shares]
    return bars(f"{kind}: 字段可用比例", lines, most=1.0)
