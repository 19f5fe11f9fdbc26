"""Real collections of postings through their mappings: every figure was looked at row by row when it was set."""

from pathlib import Path

import pytest

from matching.intake.load import load
from matching.intake.mapping import read_mapping
from matching.standard.records import Degree, Kind, PayUnit
from matching.store import Store

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = pytest.mark.shared

EXPECTED = {
    # source: rows, accepted, reasons, left out
    "zhilian-shenzhen-2018": (16_394, 15_773, {("title", "missing"): 621}, {}),
    "51job-bigdata-2019": (4_910, 4_909, {("id", "duplicate_id"): 1}, {"regions": 1}),
    "taidi2023-postings": (1_575, 1_575, {}, {"regions": 134}),
    "liepin-dataanalyst-2019": (
        4_002,
        3_981,
        {("id", "duplicate_id"): 18, ("pay.months", "out_of_range"): 2, ("id", "missing"): 1},
        {"industry_code": 10},
    ),
}


@pytest.fixture(scope="module", params=EXPECTED)
def taken(request, tmp_path_factory):
    path = DATA / request.param / "postings.csv"
    if not path.exists():
        pytest.skip("the real postings are not on this machine")
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}") as store:
        report = load(path, read_mapping(request.param), store)
        records = {record.id: record for batch in store.scan("posting") for record in batch}
        again = load(path, read_mapping(request.param), store)
    return request.param, report, records, again


def test_rows_accepted_and_refused_by_reason(taken):
    name, report, records, again = taken
    rows, accepted, reasons, left = EXPECTED[name]
    assert (report.rows, report.accepted, dict(report.reasons)) == (rows, accepted, reasons)
    assert dict(report.left) == pytest.approx(left, abs=5)  # the code tables may come to know more places
    assert len(records) == accepted
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, accepted)


def test_what_the_traps_of_each_source_hide_is_read_right(taken):
    name, _, records, _ = taken
    degrees = [r.requirements.degree for r in records.values()]
    pay = [r.pay.monthly() for r in records.values() if r.pay]
    assert all(low is None or 50 <= low <= 500_000 for low, _ in pay)
    share = {
        # source: degree stated, pay stated, region known; shares of all
        "zhilian-shenzhen-2018": (0.98, 0.94, 1.0),
        "51job-bigdata-2019": (0.84, 0.95, 0.99),
        "taidi2023-postings": (1.0, 1.0, 0.91),
        "liepin-dataanalyst-2019": (1.0, 0.83, 0.84),
    }[name]
    found = (
        sum(d is not None for d in degrees) / len(records),
        len(pay) / len(records),
        sum(bool(r.regions) for r in records.values()) / len(records),
    )
    assert found == pytest.approx(share, abs=0.02)


def test_units_and_codes_of_single_sources(taken):
    name, _, records, _ = taken
    units = {unit: sum(r.pay is not None and r.pay.unit == unit for r in records.values()) for unit in PayUnit}
    if name == "51job-bigdata-2019":
        assert (units[PayUnit.DAY], units[PayUnit.YEAR]) == (15, 288)
        shifted = [r for r in records.values() if r.requirements.experience_years is None and r.requirements.degree]
        assert len(shifted) == pytest.approx(687, abs=20)
    elif name == "taidi2023-postings":
        assert (units[PayUnit.DAY], units[PayUnit.YEAR]) == (5, 1)
        assert sum(r.requirements.degree is Degree.DOCTOR for r in records.values()) == 4
        assert sum(r.kind is Kind.INTERNSHIP for r in records.values()) == 29
        assert sum(r.headcount is None for r in records.values()) == 120
    elif name == "liepin-dataanalyst-2019":
        assert max(r.pay.months for r in records.values() if r.pay) == 24
        assert sum(not r.employer_name for r in records.values()) == pytest.approx(1_270, abs=20)
        assert not any(r.title.startswith("招聘") for r in records.values())
    else:
        assert sum(r.pay is not None and r.pay.min is None for r in records.values()) == 5
        assert "440300" in {code for r in records.values() for code in r.regions}
