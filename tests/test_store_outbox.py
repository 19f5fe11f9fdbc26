"""The outbox: at most once, within budgets and wishes, nothing lost; also under every order of events."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from matching.errors import QueryError, UnknownId
from matching.standard.records import Graduate, Interaction
from matching.store import Campaign, Campaigns, Draft, Item, Outbox, Result, State, Store, Verdict, Wish, Wishes
from matching.store.claiming import Terms

NOW = 1_780_000_000_000_000
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
LATER = NOW + DAY


def at(micros):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def terms(**other):
    fixed = {"channel": "files", "window": 7 * DAY, "in_window": 9, "gap": 0, "opens": lambda wish, now: now}
    return Terms(**{**fixed, **other})


def draft(number, *postings, **other):
    items = tuple(Item(p, rank) for rank, p in enumerate(postings, start=1))
    return Draft(**{"id": f"m{number}", "graduate": f"demo:g{number}", "items": items, "not_before": NOW,
                    "expires": LATER, **other})  # fmt: skip


def planned(store, *drafts, night="n1", campaign="c", **other):
    campaigns = Campaigns(store)
    campaigns.create(Campaign(campaign))
    assert campaigns.write_night(night, campaign, drafts, day=date(2026, 6, 15), **other)
    return Outbox(store)


def fate(box, message):
    letter, items = box.find(message)
    return letter.state, letter.reason, {i.posting: i.dropped for i in items}


def settle(box, claim, message, verdict, reason="x", **other):
    fixed = {"now": NOW, "repeats": False}
    box.settle(claim, [Result(message, verdict, reason, NOW + HOUR)], **{**fixed, **other})


def test_what_is_claimed_is_claimed_once_and_ends_sent(store):
    box = planned(store, draft(1, "a:p1", "a:p2"), draft(2, "a:p1"))
    first, _ = box.claim(terms(), "k1", now=NOW)
    assert [(m.id, [i.posting for i in m.items], m.attempt) for m in first] == [
        ("m1", ["a:p1", "a:p2"], 1),
        ("m2", ["a:p1"], 1),
    ]
    assert box.claim(terms(), "k2", now=NOW) == ([], 0)
    box.settle("k1", [Result("m1", Verdict.SENT), Result("m2", Verdict.SENT)], now=NOW, repeats=False)
    box.settle("k1", [Result("m1", Verdict.SENT), Result("m2", Verdict.UNCLEAR)], now=NOW, repeats=False)
    assert box.counts() == {"sent": 2}
    assert box.sent().filter(graduate="demo:g1")["at"].to_list() == [at(NOW)] * 2


def test_budgets_hold_over_all_campaigns(store):
    box = planned(store, draft(1, "a:p1", "a:p2"))
    planned(store, draft(1, "a:p3", "a:p4", id="m9"), night="n2", campaign="other")
    claimed, _ = box.claim(terms(in_window=3), "k", now=NOW)
    assert [[i.posting for i in m.items] for m in claimed] == [["a:p1", "a:p2"], ["a:p3"]]
    assert fate(box, "m9")[2] == {"a:p3": None, "a:p4": "budget"}
    planned(store, draft(1, "a:p5", id="m10"), night="n3")
    assert box.claim(terms(in_window=3), "k2", now=NOW + HOUR)[0] == []
    assert fate(box, "m10")[:2] == ("suppressed", "budget")


def test_a_clock_that_went_back_forgives_no_budget_and_no_gap(store):
    box = planned(store, draft(1, "a:p1"), draft(1, "a:p2", id="m2", gap=HOUR), draft(3, "a:p1"))
    assert len(box.claim(terms(gap=HOUR), "k", now=NOW)[0]) == 2
    assert box.claim(terms(gap=HOUR), "k2", now=NOW - 2 * HOUR)[0] == []
    assert box.claim(terms(gap=HOUR), "k3", now=NOW + HOUR - 1)[0] == []
    assert [m.id for m in box.claim(terms(gap=HOUR), "k4", now=NOW + HOUR)[0]] == ["m2"]


def test_nothing_is_sent_that_is_no_news(store):
    store.upsert([Interaction(tenant="demo", id="i", graduate="demo:g1", posting="a:p2", action="dismissed", at=at(0))])
    box = planned(store, draft(1, "a:p1", "a:p2"), draft(1, "a:p1", id="m2"))
    claimed, looked = box.claim(terms(), "k", now=NOW)
    assert ([m.id for m in claimed], looked) == (["m1"], 2)
    assert fate(box, "m1")[2] == {"a:p1": None, "a:p2": "not news"}
    assert fate(box, "m2") == ("suppressed", "no news", {"a:p1": "not news"})


def test_wishes_hold_from_the_next_claim_on(store):
    wishes = Wishes(store)
    box = planned(store, *(draft(n, "a:p") for n in range(1, 5)), draft(5, "a:p", plain=True))
    wishes.set("demo:g1", Wish(stop=True))
    wishes.set("demo:g2", Wish(until=at(NOW + HOUR)))
    wishes.set("demo:g3", Wish(until=at(LATER + HOUR)))
    wishes.set("demo:g4", Wish(plain=True))
    wishes.set("demo:g5", Wish(plain=True, zone="Asia/Urumqi", quiet="23:00-09:00"))
    assert wishes.of(["demo:g5", "demo:g9"]) == {"demo:g5": Wish(plain=True, zone="Asia/Urumqi", quiet="23:00-09:00")}
    assert [m.id for m in box.claim(terms(), "k", now=NOW)[0]] == ["m5"]
    assert fate(box, "m1")[:2] == ("suppressed", "opted out")
    assert fate(box, "m3")[:2] == ("suppressed", "snoozed")
    assert fate(box, "m4")[:2] == ("suppressed", "opted out")
    wishes.set("demo:g2", Wish())
    assert [m.id for m in box.claim(terms(), "k2", now=NOW + HOUR)[0]] == ["m2"]


def test_quiet_hours_put_off_and_expired_messages_end(store):
    box = planned(store, draft(1, "a:p"), draft(2, "a:p", expires=NOW + SECOND), draft(3, "a:p", expires=NOW))
    quiet = terms(opens=lambda wish, now: max(now, NOW + HOUR))
    assert box.claim(quiet, "k", now=NOW) == ([], 3)
    assert [fate(box, m)[:2] for m in ("m1", "m2", "m3")] == [
        ("planned", ""),
        ("suppressed", "quiet hours"),
        ("suppressed", "its time was over"),
    ]
    assert box.next_due() == NOW + HOUR
    assert len(box.claim(quiet, "k2", now=NOW + HOUR)[0]) == 1


def test_a_channel_is_not_given_more_than_its_rate(store):
    box = planned(store, *(draft(n, "a:p") for n in range(9)))
    slow = terms(per_minute=4)
    assert len(box.claim(slow, "k", now=NOW)[0]) == 4
    assert box.claim(slow, "k2", now=NOW + 59 * SECOND) == ([], 0)
    assert len(box.claim(slow, "k3", now=NOW + 61 * SECOND)[0]) == 4
    assert box.claim(terms(channel="mail"), "k4", now=NOW) == ([], 0)


def test_an_unclear_send_is_never_repeated_and_is_listed(store):
    box = planned(store, draft(1, "a:p"), draft(2, "a:p"))
    box.claim(terms(), "k", now=NOW)
    settle(box, "k", "m1", Verdict.UNCLEAR, "no answer")
    assert box.recover(now=NOW + 10 * SECOND, lease=20 * SECOND) == 0
    assert box.recover(now=NOW + 30 * SECOND, lease=20 * SECOND) == 1
    assert box.claim(terms(), "k2", now=NOW + HOUR) == ([], 0)
    told = [(letter.id, letter.reason) for letter in box.letters(State.UNCLEAR)]
    assert told == [("m1", "no answer"), ("m2", "the sender ended before the answer")]
    assert len(box.sent()) == 2  # their budgets stay spent
    settle(box, "k", "m2", Verdict.SENT)  # the answer came after all
    assert box.counts() == {"sent": 1, "unclear": 1}


def test_a_channel_that_acknowledges_is_asked_again_but_not_for_ever(store):
    box = planned(store, draft(1, "a:p"), draft(2, "a:p"))
    assert not box.acknowledges("files")
    box.acknowledged("files", now=NOW)
    assert box.acknowledges("files")
    box.claim(terms(), "k1", now=NOW)
    settle(box, "k1", "m1", Verdict.UNCLEAR, "no answer", repeats=True, attempts=2)
    assert box.recover(now=LATER - HOUR, lease=SECOND, repeats=frozenset({"files"})) == 1  # m2
    Wishes(store).set("demo:g2", Wish(stop=True))
    again, _ = box.claim(terms(in_window=0), "k2", now=NOW + HOUR)
    assert [(m.id, m.attempt, len(m.items)) for m in again] == [("m1", 2, 1)]
    assert fate(box, "m2")[:2] == ("unclear", "opted out")
    settle(box, "k2", "m1", Verdict.NOT_SENT, "refused to connect", repeats=True, attempts=2)
    assert fate(box, "m1")[:2] == ("unclear", "no answer; then refused to connect")


def test_what_surely_did_not_arrive_gives_its_budget_back(store):
    box = planned(store, draft(1, "a:p1", "a:p2"), draft(2, "a:p1"), draft(3, "a:p1"))
    box.claim(terms(), "k", now=NOW)
    settle(box, "k", "m1", Verdict.NOT_SENT)
    settle(box, "k", "m2", Verdict.REFUSED, "410 gone")
    settle(box, "k", "m3", Verdict.WITHDRAWN, "nothing left")
    assert box.sent().select("message", "at").rows() == [("m1", None), ("m1", None)]
    assert [letter.reason for letter in box.letters(State.SUPPRESSED, attempted=True)] == ["410 gone", "nothing left"]
    assert box.claim(terms(), "k2", now=NOW) == ([], 0)
    assert [m.attempt for m in box.claim(terms(), "k2", now=NOW + HOUR)[0]] == [2]
    settle(box, "k", "m1", Verdict.REFUSED)  # an answer to the first claim says nothing of the second
    assert fate(box, "m1")[0] == "claimed"
    settle(box, "k2", "m1", Verdict.NOT_SENT, "no way", attempts=2)
    assert fate(box, "m1")[:2] == ("suppressed", "no way")


def test_a_posting_that_is_gone_leaves_message_and_ledger(store):
    box = planned(store, draft(1, "a:p1", "a:p2"))
    box.claim(terms(), "k", now=NOW)
    box.drop("m1", ["a:p1"], "closed")
    assert fate(box, "m1")[2] == {"a:p1": "closed", "a:p2": None}
    assert box.sent()["posting"].to_list() == ["a:p2"]


def test_a_stopped_campaign_sends_no_more(store):
    box = planned(store, draft(1, "a:p"), draft(2, "a:p"), draft(3, "a:p", held="hold-out"))
    assert [m.id for m in box.claim(terms(), "k", now=NOW, most=1)[0]] == ["m1"]
    campaigns = Campaigns(store)
    assert campaigns.stop("c", "too many opted out") == 1
    settle(box, "k", "m1", Verdict.SENT)
    assert campaigns.funnel("c").states == {"sent": 1, "suppressed": 2}
    assert campaigns.funnel("c").reasons == {"stopped": 1, "hold-out": 1}
    assert campaigns.get("c").reason == "too many opted out"
    planned(store, draft(4, "a:p"), night="n2")
    assert box.claim(terms(), "k2", now=NOW) == ([], 0)
    assert fate(box, "m4")[:2] == ("suppressed", "stopped")


def test_a_night_that_is_not_whole_is_not_sent_and_is_written_anew(store):
    class Killed(Exception):
        pass

    def dying():
        yield draft(1, "a:p")
        raise Killed

    campaigns = Campaigns(store)
    campaigns.create(Campaign("c"))
    with pytest.raises(Killed):
        campaigns.write_night("n1", "c", dying(), day=date(2026, 6, 15))
    store_box = Outbox(store)
    assert store_box.claim(terms(), "k", now=NOW) == ([], 0)
    assert campaigns.certificate("n1") is None
    planned(store, draft(1, "a:p"), missed={"demo:g7": "no candidate"}, certificate={"gap": 0.001})
    assert not campaigns.write_night("n1", "c", [draft(2, "a:p")], day=date(2026, 6, 15))
    assert store_box.counts() == {"planned": 1}
    assert campaigns.certificate("n1")["gap"] == 0.001
    assert campaigns.unreached("n1") == {"demo:g7": "no candidate"}
    assert campaigns.nights("c") == ["n1"]


def test_of_a_deleted_person_only_the_wish_to_be_left_alone_stays(store):
    store.upsert([Graduate(tenant="demo", id="g1"), Graduate(tenant="demo", id="g2")])
    box = planned(store, draft(1, "a:p"), draft(2, "a:p"), missed={"demo:g1": "no budget"})
    box.claim(terms(), "k", now=NOW)
    Wishes(store).set("demo:g1", Wish(stop=True, quiet="20:00-10:00"), message="m1")
    store.delete("graduate", ["demo:g1"])
    assert box.find("m1") is None
    assert box.sent()["graduate"].to_list() == ["demo:g2"]
    assert Campaigns(store).unreached("n1") == {}
    assert Wishes(store).every() == {"demo:g1": Wish(stop=True)}
    settle(box, "k", "m1", Verdict.SENT)
    assert box.counts() == {"claimed": 1}


def test_a_clock_that_was_set_is_noticed(store):
    box = Outbox(store)
    assert box.drift("boot", wall=NOW, ticks=5 * SECOND) == 0
    assert box.drift("boot", wall=NOW + HOUR, ticks=5 * SECOND + HOUR) == 0
    assert box.drift("boot", wall=NOW - HOUR, ticks=6 * SECOND) == -HOUR - SECOND
    assert box.drift("boot", wall=NOW - HOUR, ticks=6 * SECOND, accept=True) == 0


def test_shares_that_are_none_and_campaigns_that_are_not(store):
    with pytest.raises(QueryError, match="hold-out"):
        Campaigns(store).create(Campaign("c", holdout=1.0))
    with pytest.raises(UnknownId, match="no campaign 'x'"):
        Campaigns(store).stop("x", "")


@pytest.mark.parametrize("seed", range(6))
def test_every_order_of_events_keeps_the_laws(sqlite_url, seed):
    dice, clock, sent = random.Random(seed), NOW, Counter()
    with Store.open(sqlite_url) as store:
        drafts = [
            draft(n % 7, *dice.sample([f"a:p{i}" for i in range(9)], 3), id=f"m{n}", expires=NOW + 40 * HOUR)
            for n in range(30)
        ]
        box = planned(store, *drafts)
        when = {}
        for step in range(120):
            clock += dice.choice([SECOND, HOUR, -HOUR, 3 * HOUR])
            claimed, _ = box.claim(terms(in_window=5, window=30 * HOUR), f"k{step}", now=clock, most=3)
            for m in claimed:
                verdict = dice.choice(list(Verdict))
                if verdict in (Verdict.SENT, Verdict.UNCLEAR):
                    sent[m.id] += 1
                    when.setdefault(m.graduate, []).extend([(clock, i.posting) for i in m.items])
                if dice.random() < 0.8:
                    settle(box, f"k{step}", m.id, verdict, now=clock)
                elif verdict not in (Verdict.SENT, Verdict.UNCLEAR):
                    sent[m.id] += 0
            if dice.random() < 0.3:
                box.recover(now=clock, lease=2 * HOUR)
        assert set(sent.values()) <= {0, 1}
        for pairs in when.values():
            assert len({p for _, p in pairs}) == len(pairs)
            assert all(sum(a - 30 * HOUR < b <= a for b, _ in pairs) <= 5 for a, _ in pairs)
        box.recover(now=NOW + 90 * HOUR, lease=0)
        while box.claim(terms(), "last", now=NOW + 90 * HOUR)[1]:
            pass
        assert set(box.counts()) <= {"sent", "suppressed", "unclear"}
        assert sum(box.counts().values()) == 30
