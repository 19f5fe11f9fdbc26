from collections import Counter
from datetime import date, timedelta
from itertools import islice

import pytest

from matching.errors import QueryError
from matching.sample import SampleProvince, Tuning
from matching.standard.check import check
from matching.standard.privacy import contact_in
from matching.standard.records import Degree, Kind

TYPES = ("graduate", "protected", "employer", "posting", "event", "interaction")
PROVINCE = SampleProvince(11, graduates=3_000, postings=3_000)


@pytest.fixture(scope="module")
def graduates():
    return list(PROVINCE.graduates())


@pytest.fixture(scope="module")
def postings():
    return list(PROVINCE.postings())


def share(records, what):
    return sum(1 for r in records if what(r)) / len(records)


@pytest.mark.parametrize("kind", TYPES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(kind):
    def made(seed):
        province = SampleProvince(seed, graduates=60, postings=80)
        return [r.model_dump_json() for r in province.records(kind)]

    first = made(5)
    assert first == made(5)
    other = made(6)
    assert len(set(first) & set(other)) <= len(first) * (0.25 if kind == "protected" else 0.02)


@pytest.mark.parametrize("kind", ["graduates", "protected", "employers", "postings"])
def test_a_record_depends_on_neither_the_number_nor_the_neighbours(kind, monkeypatch):
    large, small = PROVINCE, SampleProvince(11, graduates=30, postings=30)
    few = list(islice(getattr(small, kind)(), 30))
    assert few == list(islice(getattr(large, kind)(), 30))
    assert list(getattr(large, kind)(start=17, stop=18)) == [few[17]]
    monkeypatch.setattr("matching.sample.province.BLOCK", 7)
    assert list(getattr(large, kind)(start=3, stop=30)) == few[3:]


@pytest.mark.parametrize("kind", TYPES)
def test_every_record_passes_the_door_and_comes_back_the_same(kind):
    province = SampleProvince(2, graduates=400, postings=400)
    records = list(province.records(kind))
    assert len(records) >= 40
    assert all(check(kind, r.model_dump(mode="json")) == r for r in records)
    assert all(r.tenant.startswith("sample-") for r in records)
    assert len({r.key for r in records}) == len(records)


def test_no_contact_data_anywhere(graduates, postings):
    texts = [r.model_dump_json() for r in (*graduates, *postings)]
    assert [t for t in texts if contact_in(t)] == []


def test_degrees_and_places_have_their_shares(graduates):
    known = [g for g in graduates if g.degree]
    assert share(known, lambda g: g.degree is Degree.COLLEGE) == pytest.approx(0.52, abs=0.03)
    assert share(known, lambda g: g.degree.level >= 4) == pytest.approx(0.054, abs=0.015)
    assert share(graduates, lambda g: g.region is not None and g.region.startswith("3601")) == pytest.approx(
        0.33, abs=0.04
    )
    assert len({g.region[:4] for g in graduates if g.region}) == 11
    years = Counter(g.graduation_year - PROVINCE.today.year for g in graduates if g.graduation_year)
    assert set(years) == {-2, -1, 0, 1}
    assert years[0] / years.total() == pytest.approx(0.62, abs=0.03)


def test_popular_majors_lead(graduates):
    leading = [code for code, _ in Counter(g.major_code for g in graduates if g.major_code).most_common(12)]
    assert {"520201", "530302", "570102"} <= set(leading)


def test_fields_are_missing_as_they_are_in_life(graduates, postings):
    assert share(graduates, lambda g: not g.summary) == pytest.approx(0.1, abs=0.025)
    assert share(graduates, lambda g: g.major_code is None) == pytest.approx(0.33, abs=0.06)
    assert share(graduates, lambda g: not g.wishes.titles) == pytest.approx(0.27, abs=0.04)
    assert share(graduates, lambda g: not g.experiences) == pytest.approx(0.13, abs=0.04)
    assert share(postings, lambda p: p.pay is None) == pytest.approx(0.1, abs=0.02)
    assert share(postings, lambda p: p.requirements.degree is None) == pytest.approx(0.2, abs=0.03)
    assert share(postings, lambda p: not p.description) == pytest.approx(0.02, abs=0.01)


def test_postings_are_of_all_kinds_in_all_cities(postings):
    kinds = Counter(p.kind for p in postings)
    assert set(kinds) == set(Kind)
    assert kinds[Kind.INTERNSHIP] / len(postings) == pytest.approx(0.185, abs=0.03)
    assert share(postings, lambda p: p.kind is Kind.PUBLIC_INSTITUTION) == pytest.approx(0.08, abs=0.04)
    assert len({p.regions[0][:4] for p in postings if p.regions and p.regions[0].startswith("36")}) >= 11


def test_postings_live_around_today(postings):
    today = PROVINCE.today
    assert all(today - timedelta(days=120) <= p.published <= today for p in postings if p.published)
    assert all((p.status == "open") == (p.closes >= today) for p in postings if p.closes)
    assert share(postings, lambda p: p.status == "open") == pytest.approx(0.68, abs=0.05)
    later = SampleProvince(11, graduates=1, postings=1, today=today + timedelta(days=365))
    moved = next(later.postings())
    assert moved.published == postings[0].published + timedelta(days=365)


def test_pay_follows_level_and_is_plausible(postings):
    pay = {level: [] for level in (Degree.COLLEGE, Degree.MASTER)}
    for posting in postings:
        if posting.pay and posting.kind is Kind.JOB and posting.requirements.degree in pay:
            pay[posting.requirements.degree].append(posting.pay.monthly()[0])
    middle = {level: sorted(values)[len(values) // 2] for level, values in pay.items()}
    assert 3_000 < middle[Degree.COLLEGE] < 5_500
    assert middle[Degree.MASTER] > 1.3 * middle[Degree.COLLEGE]
    low = [p.pay.monthly()[0] for p in postings if p.pay]
    assert min(low) >= 700
    assert max(low) <= 30_000


def test_texts_vary(graduates, postings):
    described = [p.description for p in postings if p.description]
    assert len(set(described)) / len(described) > 0.95
    lengths = sorted(len(d) for d in described)
    assert lengths[len(lengths) // 20] < 60
    assert 120 < lengths[len(lengths) // 2] < 260
    assert lengths[-1] <= 700
    summaries = [g.summary for g in graduates if g.summary]
    assert len(set(summaries)) / len(summaries) > 0.99
    for mark in ("：\n", "【", "①", "<p>", "１"):
        assert share(described, lambda d, m=mark: m in d) > 0.01, mark


def test_reposts_are_as_many_as_asked_under_another_tenant_and_nearly_the_same():
    for rate in (0.0, 0.08, 0.3):
        province = SampleProvince(1, graduates=0, postings=3_000, tuning=Tuning(reposts=rate))
        postings = list(province.postings())
        originals = province.originals(range(len(postings)))
        repeated = [(p, postings[o]) for p, o in zip(postings, originals, strict=True) if p is not postings[o]]
        assert len(repeated) / 3_000 == pytest.approx(rate, abs=0.02)
        for copy, original in repeated:
            assert copy.tenant != original.tenant
            assert copy.employer_name == original.employer_name
            assert copy.employer_id is None
            assert copy.description.startswith(original.description)
            assert copy.title.startswith(original.title)


def test_employers_are_zipf_and_postings_name_them(postings):
    employers = {e.id: e for e in PROVINCE.employers()}
    assert len(employers) == PROVINCE.employer_count == 500
    counts = Counter(p.employer_name for p in postings).most_common()
    assert counts[0][1] > 6 * counts[len(counts) // 2][1]
    for posting in postings:
        if posting.employer_id:
            employer = employers[posting.employer_id]
            assert (employer.name, employer.tenant) == (posting.employer_name, posting.tenant)


def test_protected_attributes_stand_apart(graduates):
    protected = list(PROVINCE.protected())
    assert [p.key for p in protected] == [g.key for g in graduates]
    assert share(protected, lambda p: bool(p.hardship_groups)) == pytest.approx(0.125, abs=0.02)
    women = {g.key for g, p in zip(graduates, protected, strict=True) if p.sex == "female"}
    nurses = [g for g in graduates if g.major_code == "520201"]
    turners = [g for g in graduates if g.major_code in ("460103", "460301")]
    assert share(nurses, lambda g: g.key in women) > 0.8
    assert share(turners, lambda g: g.key in women) < 0.25


def test_events_invite_employers_of_their_tenant():
    employers = {(e.tenant, e.id) for e in PROVINCE.employers()}
    events = list(PROVINCE.events())
    assert len(events) == 40
    assert {e.kind for e in events} == {"fair", "livestream"}
    assert all((e.tenant, i) in employers for e in events for i in e.employer_ids)
    assert sum(len(e.employer_ids) for e in events) > 100


def test_an_empty_province_is_fine():
    empty = SampleProvince(1, graduates=0, postings=0, tuning=Tuning(events=3))
    assert [len(list(empty.records(kind))) for kind in TYPES] == [0, 0, 0, 0, 3, 0]
    assert list(SampleProvince(1, graduates=20, postings=0).interactions()) == []


@pytest.mark.parametrize(
    "wrong", [{"graduates": -1}, {"postings": -1}, {"tuning": Tuning(reposts=0.9)}, {"tuning": Tuning(activity=-1)}]
)
def test_impossible_provinces_are_refused(wrong):
    with pytest.raises(QueryError, match="no province of"):
        SampleProvince(1, **wrong)


def test_a_province_is_frozen():
    with pytest.raises(AttributeError):
        PROVINCE.seed = 3
    assert date(2026, 6, 15) == PROVINCE.today
