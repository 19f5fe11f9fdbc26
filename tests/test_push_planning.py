"""A night from the store: wishes, news, stages and hold-out; what is planned stays; what happened is learned from."""

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from matching.bulk import RANKED
from matching.errors import QueryError
from matching.push.planning import Question, lot, plan_night
from matching.question import CHINA
from matching.settings import PushSettings, Settings
from matching.standard.records import Graduate, Interaction, Posting, Protected
from matching.store import (
    Campaign,
    Campaigns,
    Draft,
    Item,
    Lists,
    Outbox,
    Overtaken,
    Result,
    Verdict,
    Wish,
    Wishes,
    standing,
)
from matching.store.claiming import Terms
from matching.store.times import to_micros

NOW = datetime(2026, 6, 15, 20, tzinfo=CHINA)
DAY = date(2026, 6, 15)
PEOPLE = [f"demo:g{n}" for n in range(6)]
JOBS = [f"a:p{n}" for n in range(4)]
SETTINGS = Settings(push=PushSettings(digest=2, help=0.0))


@pytest.fixture
def store(sqlite_store):
    sqlite_store.upsert([Graduate(tenant="demo", id=key[5:]) for key in PEOPLE])
    sqlite_store.upsert(
        [
            Posting(
                tenant="a", id=key[2:], title="会计", employer_id=f"e{n}", headcount=9, published=date(2026, 6, 1 + n)
            )
            for n, key in enumerate(JOBS)
        ]
    )
    return sqlite_store


def pairs(graduates=PEOPLE, postings=JOBS):
    """Everyone suits everything; earlier postings a little better."""
    lines = [(g, p, 9.0 - rank, 0.5, rank, "pass") for g in graduates for rank, p in enumerate(postings, 1)]
    columns = zip(*lines, strict=True)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, RANKED, strict=True)], schema=RANKED)


def night(store, *, now=NOW, turn=1, campaign=None, settings=SETTINGS, graduates=PEOPLE):
    own = campaign or Campaign("c")
    if own.stopped is None:
        Campaigns(store).create(own)
    return plan_night(store, settings, pairs(), graduates, Question(own, now.date(), now, turn=turn))


def got(found):
    return {d.graduate: [i.posting for i in d.items] for d in found.drafts}


def send_all(store, now=NOW):
    box = Outbox(store)
    terms = Terms("files", 7 * 86_400_000_000, 99, 0, lambda wish, moment: moment)
    claimed, _ = box.claim(terms, f"k{now}", now=to_micros(now) + 1, most=1_000)
    box.settle(f"k{now}", [Result(m.id, Verdict.SENT) for m in claimed], now=to_micros(now) + 1, repeats=False)
    return claimed


def test_a_night_is_written_sent_and_not_repeated(store):
    found = night(store)
    assert got(found) == {key: ["a:p0", "a:p1"] for key in PEOPLE}
    assert found.certificate["messages"] == 6
    assert found.write(store)
    assert not found.write(store)
    assert len(send_all(store)) == 6
    tomorrow = night(store, now=NOW + timedelta(days=1))
    assert got(tomorrow) == {key: ["a:p2", "a:p3"] for key in PEOPLE}
    assert night(store).night.sends.height == 0  # the gap
    assert set(night(store).missed.values()) == {"no budget"}


def test_a_planner_that_was_killed_while_it_wrote_leaves_nobody_out(store, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    first = night(store)
    with monkeypatch.context() as patch:
        patch.setattr("matching.store.campaigns.withdraw", killed)
        with pytest.raises(KeyboardInterrupt):
            first.write(store)
    assert Outbox(store).counts() == {"planned": 6}  # written, and never to be sent
    assert Outbox(store).next_due() is None
    assert waiting(store) == {}
    tomorrow = night(store, now=NOW + timedelta(days=1))
    assert got(tomorrow) == got(first)  # though nobody ran it again that day
    again = night(store)
    assert again.drafts == first.drafts
    assert again.write(store)
    assert len(send_all(store)) == 6


def test_the_same_night_is_the_same_bytes(store):
    assert night(store).drafts == night(store, graduates=PEOPLE[::-1]).drafts


def test_wishes_and_stages(store):
    Wishes(store).set(PEOPLE[0], Wish(stop=True))
    Wishes(store).set(PEOPLE[1], Wish(until=NOW + timedelta(days=1)))
    Wishes(store).set(PEOPLE[2], Wish(plain=True))
    found = night(store)
    assert [found.missed[key] for key in PEOPLE[:2]] == ["opted out"] * 2
    plain = next(d for d in found.drafts if d.graduate == PEOPLE[2])
    assert (plain.plain, [i.posting for i in plain.items]) == (True, ["a:p3", "a:p2"])  # the newest, not the best
    assert got(found)[PEOPLE[3]] == ["a:p0", "a:p1"]
    staged = night(store, campaign=Campaign("c", share=0.5))
    inside = {key for key in PEOPLE if lot("stage", "c", key) < 0.5}
    assert 0 < len(inside) < 6
    assert set(got(staged)) == inside - set(PEOPLE[:2])
    assert all(staged.missed[key] == "not in this stage" for key in set(PEOPLE[3:]) - inside)


def test_the_hold_out_is_planned_for_and_never_sent_to(store):
    found = night(store, campaign=Campaign("c", holdout=0.5))
    held = {d.graduate for d in found.drafts if d.held}
    assert held == {key for key in PEOPLE if lot("hold-out", key) < 0.5}
    assert found.certificate["held out"] == len(held) > 0
    found.write(store)
    assert {m.graduate for m in send_all(store)} == set(PEOPLE) - held
    assert Campaigns(store).funnel("c").reasons == {"hold-out": len(held)}


def test_a_second_plan_goes_around_what_waits(store):
    night(store, graduates=PEOPLE[:3]).write(store)
    found = night(store, turn=2)
    assert set(got(found)) == set(PEOPLE[3:])
    assert found.certificate["waiting before"] == 6
    assert found.missed == dict.fromkeys(PEOPLE[:3], "no budget")


def test_what_waits_takes_places(store):
    store.upsert([Posting(tenant="a", id="p0", title="会计", employer_id="e0", headcount=1)])
    narrow = Settings(push=PushSettings(digest=1, help=0.0, wanted=0.5, hard=1.0))
    first = night(store, graduates=PEOPLE[:1], settings=narrow)
    assert got(first) == {PEOPLE[0]: ["a:p0"]}
    first.write(store)
    second = night(store, turn=2, settings=narrow)
    assert "a:p0" in got(night(store, turn=2))[PEOPLE[1]]
    sends = [p for items in got(second).values() for p in items]
    assert sends.count("a:p0") < 5


def test_silence_of_an_employer_lowers_what_its_postings_are_worth(store):
    old = NOW - timedelta(days=20)
    store.upsert(
        [
            Interaction(tenant="x", id=f"i{n}", graduate=f"x:g{n}", posting="a:p0", action="applied", at=old)
            for n in range(30)
        ]
    )
    silent = night(store).night.sends.filter(posting="a:p0")["value"].max() or 0.0
    store.upsert(
        [
            Interaction(
                tenant="x", id=f"j{n}", graduate=f"x:g{n}", posting="a:p0", action="answered", at=NOW - timedelta(1)
            )
            for n in range(30)
        ]
    )
    answers = night(store).night.sends.filter(posting="a:p0")["value"].max()
    assert answers > 2 * silent


def test_those_who_do_not_open_are_left_longer_in_peace_until_they_do(store):
    settings = Settings(push=PushSettings(digest=1, patience=0, help=0.0))
    night(store, settings=settings).write(store)
    send_all(store)
    store.upsert(
        [
            Interaction(
                tenant="demo", id="o", graduate=PEOPLE[0], posting="a:p0", action="opened", at=NOW + timedelta(hours=1)
            )
        ]
    )
    later = night(store, now=NOW + timedelta(hours=30), settings=settings)  # 20 h for who opened, 40 h for who did not
    assert set(got(later)) == {PEOPLE[0]}
    assert set(got(night(store, now=NOW + timedelta(hours=41), settings=settings))) == set(PEOPLE)


def test_who_says_no_to_a_fair_has_opened_its_invitation(store):
    settings = Settings(push=PushSettings(digest=1, patience=0, help=0.0))
    Campaigns(store).create(Campaign("c"))
    drafts = [Draft(f"m{n}", key, (Item("event/demo:fair", 1),), 0, to_micros(NOW) + 1) for n, key in enumerate(PEOPLE)]
    Campaigns(store).write_night("n", "c", drafts, day=DAY)
    send_all(store, NOW - timedelta(minutes=1))
    Lists(store).answer("demo:fair", {PEOPLE[0]: "no"})
    assert set(got(night(store, now=NOW + timedelta(hours=30), settings=settings))) == {PEOPLE[0]}


def test_floors_are_for_priority_groups_and_their_use_is_logged(store):
    store.upsert([Protected(tenant="demo", id="g5", hardship_groups=["脱贫户"])])
    found = night(store)
    assert found.certificate["floor promised"] == found.certificate["floor met"] == 1
    assert found.certificate["floor price"] == pytest.approx(0.0, abs=1e-9)
    assert {use.purpose for use in store.uses_of_protected()} == {"push: floors of priority groups"}


def test_a_campaign_of_a_tenant_and_a_stopped_one(store):
    assert night(store, campaign=Campaign("c", tenant="other")).drafts == ()
    with pytest.raises(QueryError, match="the campaign was stopped: enough"):
        night(store, campaign=Campaign("c", stopped=NOW, reason="enough"))


def renew(store, *, now=NOW + timedelta(hours=1), campaign=None, turn=2, **settings):
    """The night of `NOW`, decided again."""
    own = campaign or Campaign("c")
    Campaigns(store).create(own)
    question = Question(own, now.date(), now, turn=turn, standing=standing(store, "c"))
    push = SETTINGS.push.model_copy(update=settings)
    return plan_night(store, SETTINGS.model_copy(update={"push": push}), pairs(), PEOPLE, question)


def waiting(store):
    return {m.graduate: [i.posting for i in m.items] for m in Outbox(store).waiting("c")}


def ids(store):
    return {m.graduate: m.id for m in Outbox(store).waiting("c")}


def counts(found):
    return [found.certificate[name] for name in ("kept", "changed", "withdrawn", "new")]


def test_decided_again_where_nothing_changed_nothing_is_written(store):
    night(store).write(store)
    before = ids(store)
    found = renew(store)
    assert (found.drafts, found.instead_of, counts(found)) == ((), (), [6, 0, 0, 0])
    assert found.certificate["begun with"] == found.certificate["sends"] == 12
    assert found.certificate["gap"] <= 0.01
    assert found.question.night == "c-2026-06-15-night-2"
    assert found.write(store)
    assert ids(store) == before


def test_decided_again_only_those_move_whom_a_change_touches(store):
    night(store, graduates=PEOPLE[:5]).write(store)
    before = ids(store)
    store.upsert([Posting(tenant="a", id="p1", title="会计", employer_id="e1", headcount=9, status="closed")])
    Wishes(store).set(PEOPLE[0], Wish(stop=True))
    found = renew(store)
    assert counts(found) == [0, 4, 1, 1]
    assert found.missed == {PEOPLE[0]: "opted out"}
    assert found.write(store)
    assert waiting(store) == {key: ["a:p0", "a:p2"] for key in PEOPLE[1:]}
    assert not set(ids(store).values()) & set(before.values())
    assert Campaigns(store).funnel("c").reasons == {"planned anew": 5}
    assert renew(store).certificate["kept"] == 5  # both plans of the night are one


def test_what_was_claimed_stays_sent_and_counts(store):
    night(store).write(store)
    box = Outbox(store)
    terms = Terms("files", 7 * 86_400_000_000, 99, 0, lambda wish, moment: moment)
    first, _ = box.claim(terms, "k", now=to_micros(NOW) + 1, most=1)
    gone = first[0].graduate
    store.upsert([Posting(tenant="a", id="p1", title="会计", employer_id="e1", headcount=9, status="closed")])
    found = renew(store)
    assert counts(found) == [0, 5, 0, 0]
    assert found.missed == {gone: "no budget"}
    found.write(store)
    assert set(waiting(store)) == set(PEOPLE) - {gone}


def test_limits_hold_over_kept_and_new_together(store):
    one = {"digest": 1, "help": 0.0, "wanted": 0.5, "hard": 1.0}
    push = Settings(push=PushSettings(**one))
    night(store, settings=push).write(store)
    before = [p for inside in waiting(store).values() for p in inside]
    store.upsert([Posting(tenant="a", id="p0", title="会计", employer_id="e0", headcount=1)])
    renew(store, **one).write(store)
    sends = [p for inside in waiting(store).values() for p in inside]
    assert before.count("a:p0") > sends.count("a:p0") == 1
    assert len(sends) == len(before) == 6


def test_a_sender_that_is_quicker_undoes_the_whole_of_it(store):
    night(store).write(store)
    store.upsert([Posting(tenant="a", id="p1", title="会计", employer_id="e1", headcount=9, status="closed")])
    found = renew(store)
    claimed = send_all(store)
    with pytest.raises(Overtaken, match="6 messages"):
        found.write(store)
    assert Outbox(store).counts() == {"sent": len(claimed)} == {"sent": 6}
    assert Campaigns(store).nights("c") == ["c-2026-06-15-night"]
    assert standing(store, "c") is None


def test_killed_before_the_switch_the_earlier_plan_still_holds(store, monkeypatch):
    night(store).write(store)
    before = ids(store)
    store.upsert([Posting(tenant="a", id="p1", title="会计", employer_id="e1", headcount=9, status="closed")])

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("matching.store.campaigns.withdraw", killed)
        with pytest.raises(KeyboardInterrupt):
            renew(store).write(store)
    assert set(standing(store, "c").pairs["message"]) == set(before.values())
    assert renew(store).write(store)
    assert waiting(store) == {key: ["a:p0", "a:p2"] for key in PEOPLE}
    assert Outbox(store).counts() == {"planned": 6, "suppressed": 6}
    assert len(send_all(store, NOW + timedelta(hours=2))) == 6


def test_what_waits_for_another_channel_or_has_ended_is_written_anew(store):
    night(store).write(store)
    assert counts(renew(store, campaign=Campaign("c", channel="hook"))) == [0, 6, 0, 0]
    Campaigns(store).create(Campaign("c"))
    later = renew(store, now=NOW + timedelta(hours=SETTINGS.push.valid_hours + 1))
    assert counts(later) == [0, 6, 0, 0]
    assert later.question.night == "c-2026-06-15-night-2"  # it stays that night's, whatever day it is


def test_the_hold_out_is_decided_again_with_the_others(store):
    own = Campaign("c", holdout=0.5)
    night(store, campaign=own).write(store)
    held = [key for key in PEOPLE if lot("hold-out", key) < 0.5]
    assert counts(renew(store, campaign=own)) == [6, 0, 0, 0]
    store.upsert([Posting(tenant="a", id="p1", title="会计", employer_id="e1", headcount=9, status="closed")])
    renew(store, campaign=own).write(store)
    assert Campaigns(store).funnel("c").reasons == {"planned anew": 6, "hold-out": len(held)}
    assert {m.graduate for m in send_all(store, NOW + timedelta(hours=2))} == set(PEOPLE) - set(held)


def test_what_was_drawn_by_chance_is_not_decided_again(store):
    night(store, settings=Settings(push=PushSettings(digest=2, help=0.0, explore=0.5))).write(store)
    for explore in (0.5, 0.0):
        with pytest.raises(QueryError, match="chance draws some"):
            renew(store, explore=explore)


def test_of_two_that_decide_again_at_once_one_is_written(store):
    night(store).write(store)
    store.upsert([Posting(tenant="a", id="p1", title="会计", employer_id="e1", headcount=9, status="closed")])
    first, second, third = renew(store), renew(store), renew(store, turn=3)
    assert first.write(store)
    assert not second.write(store)
    with pytest.raises(Overtaken):
        third.write(store)
    assert waiting(store) == {key: ["a:p0", "a:p2"] for key in PEOPLE}
