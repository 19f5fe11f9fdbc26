"""Which fair to hold next: known answers on small worlds, days that are out, nobody left to serve."""

from datetime import UTC, date, datetime

import pytest

from matching.build import build
from matching.demo import TODAY, graduates, postings
from matching.fairs.suggesting import Asked, suggest
from matching.fairs.weeks import Span, exams, weeks_from
from matching.language import Words
from matching.live import open_state
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event, Graduate, Interaction, Posting
from matching.store import Guest, Lists, Store
from models.hashing import HashingEncoder

ENCODER = EncoderSettings(name="hashing")


def nurse(n, **changes):
    told = {"degree": "本科", "major": "护理学", "graduation_year": 2026, "region": "360100", "skills": ["急救护理"]}
    return Graduate.model_validate({"tenant": "demo", "id": f"n{n}", **told, **changes})


def ward(n, **changes):
    told = {"title": "护士", "employer_id": f"h{n}", "employer_name": f"示例医院{n}", "industry_code": "Q84",
            "regions": ["360100"], "requirements": {"majors": ["护理学类"]}, "headcount": 3}  # fmt: skip
    return Posting.model_validate({"tenant": "demo", "id": f"w{n}", **told, **changes})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("suggest"), encoder=ENCODER)
    with Store.open(settings.store) as store:
        others = [
            p.model_copy(update={"regions": ["360700"], "employer_id": f"o{n}"}) for n, p in enumerate(postings())
        ]
        wards = [ward(n) for n in range(3)] + [ward(4, closes="2026-07-12", headcount=9)]
        store.upsert([*graduates(), *[nurse(n) for n in range(12)], *wards, *others])
        build(store, HashingEncoder(), settings)
        yield store, open_state(settings, HashingEncoder()), settings


def ask(opened, **changes):
    return suggest(*opened, Asked("demo", **changes), today=TODAY)


def test_the_theme_that_serves_most_comes_first_with_whom_to_invite(opened):
    found = ask(opened)
    best = found[0]
    assert best.draft.region == "360100"
    assert best.draft.industries == ["卫生和社会工作"] or best.draft.majors
    assert {invite.key for invite in best.employers} >= {"h0", "h1", "h2"}
    assert best.supply >= 12
    assert 0 < best.served < best.turn_out < best.invited
    assert best.served == pytest.approx(max(served for _, served in best.weeks), abs=0.01)
    assert [one.served for one in found] == sorted((one.served for one in found), reverse=True)
    assert "尚未获得服务的求职毕业生 17 人" in best.why.zh
    assert ask(opened) == found


def test_an_employer_whose_posting_closes_is_not_counted_on_later(opened):
    by_industry = next(one for one in ask(opened, top=50) if one.draft.industries)
    early, late = by_industry.weeks[0][1], by_industry.weeks[-1][1]
    assert by_industry.weeks[0][0] == date(2026, 6, 29)  # in the week before, the universities have their finals
    assert early > late > 0


def test_whoever_is_served_already_is_not_counted(opened):
    store = opened[0]
    before = ask(opened)[0]
    fair = Event(tenant="demo", id="held", title="x", region="360100",
                 starts_at=before.draft.starts_at, ends_at=before.draft.ends_at)  # fmt: skip
    store.upsert([fair])
    Lists(store).save(fair.key, [Guest(f"demo:n{n}", "invited", {"meetings": []}) for n in range(6)], {}, base=0)
    act = Interaction(tenant="demo", id="i1", graduate="demo:n6", posting="demo:w0", action="interviewed",
                      at=datetime(2026, 6, 1, tzinfo=UTC))  # fmt: skip
    store.upsert([act])
    after = ask(opened)[0]
    assert after.served < before.served
    assert "尚未获得服务的求职毕业生 10 人" in after.why.zh
    assert after.draft.starts_at.date() != before.draft.starts_at.date()  # the city has an event on that day
    assert suggest(*opened, Asked("nobody"), today=TODAY) == []


def test_a_draft_can_be_kept_as_it_is(opened):
    draft = ask(opened)[0].draft
    opened[0].upsert([draft])
    assert opened[0].get("event", draft.key) == draft
    opened[0].delete("event", [draft.key])


def test_exams_fall_where_they_fell():
    fell = {
        2023: {date(2023, 11, 26), date(2023, 12, 23), date(2023, 6, 17), date(2023, 12, 16)},
        2024: {date(2024, 12, 1), date(2024, 12, 21), date(2024, 6, 15), date(2024, 12, 14), date(2024, 3, 16)},
        2025: {date(2025, 11, 30), date(2025, 12, 20), date(2025, 6, 14), date(2025, 12, 13), date(2025, 3, 15)},
    }
    for year, days in fell.items():
        assert days <= {span.first for span in exams(year)}


def test_weeks_leave_out_holidays_exams_and_what_is_asked():
    october = weeks_from(date(2025, 9, 20), 2)
    assert [week.monday for week in october] == [date(2025, 9, 29), date(2025, 10, 6)]
    assert october[0].days == (date(2025, 9, 29), date(2025, 9, 30))
    assert Words("法定节假日", "a public holiday") in october[0].notes
    assert october[1].days[0] == date(2025, 10, 9)
    assert date(2025, 10, 11) in october[1].days[:3]  # a Saturday that is worked
    away = Span(date(2026, 9, 1), date(2026, 9, 30), Words("军训", "drill"))
    assert weeks_from(date(2026, 8, 29), 1, avoid=[away])[0].days == ()
    far = weeks_from(date(2031, 3, 1), 1)[0]
    assert any("尚未公布" in note.zh for note in far.notes)
