"""The sender: what is due goes out once, without what became pointless; clock and stop rule hold it back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from matching.sending.couriers import Told
from matching.sending.letter import Writer
from matching.sending.links import Link, Links, Tap
from matching.sending.loop import Manners, Sender
from matching.sending.moment import ClockSet, MachineClock
from matching.sending.stopping import StopRule, wilson_low
from matching.sending.taps import tap
from matching.standard.records import Graduate, Posting
from matching.store import Campaign, Campaigns, Draft, Item, Outbox, State, Verdict
from matching.store.claiming import Terms
from matching.store.times import to_micros

NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
HOUR = 3_600_000_000


class Clock:
    def __init__(self):
        self.offset, self.passed = 0, 0

    def wall(self):
        return to_micros(NOW) + self.offset + self.passed

    def ticks(self):
        return self.passed

    def boot(self):
        return "boot"


class Courier:
    """Notes what it is given, and says what it is told to say."""

    def __init__(self, say=lambda letter: Told(Verdict.SENT)):
        self.say, self.given = say, []

    def deliver(self, letters, *, claim):
        self.given += letters
        return [self.say(letter) for letter in letters]

    def close(self):
        pass


def posting(number, **fields):
    return Posting(tenant="a", id=f"p{number}", title=f"岗位{number}", **fields)


@pytest.fixture
def store(sqlite_store):
    sqlite_store.upsert([Graduate(tenant="demo", id=f"g{n}") for n in range(100)])
    sqlite_store.upsert([posting(n) for n in range(5)])
    return sqlite_store


def planned(store, *messages):
    campaigns = Campaigns(store)
    campaigns.create(Campaign("c", channel="x"))
    drafts = [
        Draft(f"m{n}", f"demo:g{n}", tuple(Item(p, r) for r, p in enumerate(postings, 1)), 0, to_micros(NOW) + 9 * HOUR)
        for n, postings in messages
    ]
    campaigns.write_night("n", "c", drafts, day=date(2026, 6, 15))


def sender(store, courier, clock=None, **manners):
    terms = Terms("x", 7 * 24 * HOUR, 9, 0, lambda wish, now: now)
    return Sender(
        store, courier, Writer(Links(b"s" * 32)), terms=terms, manners=Manners(**manners), clock=clock or Clock()
    )


def test_everything_due_is_sent_once(store):
    planned(store, *[(n, ["a:p0", "a:p1"]) for n in range(80)])
    courier = Courier()
    seen = []
    assert sender(store, courier).run(progress=seen.append) == (80, 80, 80)
    assert [done.sent for done in seen] == [32, 64, 80]
    assert sorted(letter.id for letter in courier.given) == sorted(f"m{n}" for n in range(80))
    assert Outbox(store).counts() == {"sent": 80}
    assert sender(store, courier).run() == (0, 0, 0)


def test_what_has_become_pointless_is_left_out(store):
    store.upsert([posting(1, status="closed"), posting(2, closes=date(2026, 6, 14)), posting(3, headcount=1, filled=1)])
    store.upsert([Graduate(tenant="demo", id="g2", status="placed")])
    store.delete("posting", ["a:p4"])
    planned(store, (0, ["a:p0", "a:p1", "a:p2", "a:p3"]), (1, ["a:p4"]), (2, ["a:p0"]))
    courier = Courier()
    assert sender(store, courier).run() == (3, 1, 1)
    assert [[e["key"] for e in letter.data["postings"]] for letter in courier.given] == [["a:p0"]]
    box = Outbox(store)
    assert {i.posting: i.dropped for i in box.find("m0")[1]} == {
        "a:p0": None,
        **dict.fromkeys(["a:p1", "a:p2", "a:p3"], "closed, full or deleted"),
    }
    assert [box.find(m)[0].reason for m in ("m1", "m2")] == ["its postings are gone", "placed by now"]
    assert box.sent()["posting"].to_list() == ["a:p0"]  # what was not sent is in nobody's budget


def test_what_is_unclear_is_repeated_only_where_keys_are_acknowledged(store):
    planned(store, (0, ["a:p0"]))
    clock, silent = Clock(), Courier(lambda letter: Told(Verdict.UNCLEAR, "no answer"))
    assert sender(store, silent, clock).run() == (1, 1, 0)
    clock.passed += HOUR
    assert sender(store, silent, clock).run() == (0, 0, 0)
    assert Outbox(store).letters(State.UNCLEAR)[0].reason == "no answer"


def test_repeats_come_later_and_later_under_the_same_key(store):
    planned(store, (0, ["a:p0"]), (1, ["a:p0"]))
    said = {"m0": Told(Verdict.SENT, "", acknowledged=True), "m1": Told(Verdict.UNCLEAR, "no answer")}
    clock, courier = Clock(), Courier(lambda letter: said[letter.id])
    own = sender(store, courier, clock, attempts=3, backoff=timedelta(hours=1))
    assert own.run() == (2, 2, 1)
    store.upsert([posting(0, status="closed")])  # a repeat says what was said before
    for passed, looked in [(HOUR // 2, 0), (HOUR // 2, 1), (HOUR, 0), (HOUR, 1), (9 * HOUR, 0)]:
        clock.passed += passed
        assert own.run().looked == looked
    assert [letter.id for letter in courier.given] == ["m0", "m1", "m1", "m1"]
    assert Outbox(store).counts() == {"sent": 1, "unclear": 1}


def test_a_receiver_that_asks_to_wait_is_waited_for(store):
    planned(store, (0, ["a:p0"]))
    clock = Clock()
    own = sender(store, Courier(lambda letter: Told(Verdict.NOT_SENT, "429", wait=7200.0)), clock)
    assert own.run() == (1, 1, 0)
    assert Outbox(store).next_due() == clock.wall() + 2 * HOUR


def test_with_a_clock_that_was_set_nothing_is_sent(store):
    planned(store, (0, ["a:p0"]))
    clock, courier = Clock(), Courier()
    own = sender(store, courier, clock)
    assert own.now() == to_micros(NOW)
    clock.offset = -HOUR
    with pytest.raises(ClockSet, match="set by -3600 s"):
        own.step()
    assert courier.given == []
    clock.offset = 60_000_000
    assert own.run().sent == 1


def test_a_sender_that_was_held_up_sends_nothing_of_that_claim(store):
    class Slow(Clock):
        def ticks(self):
            self.passed += 11_000_000
            return self.passed

    planned(store, (0, ["a:p0"]))
    courier = Courier()
    assert sender(store, courier, Slow()).step() == (1, 1, 0)
    assert courier.given == []
    assert Outbox(store).letters(State.PLANNED)[0].attempts == 1


def test_a_campaign_that_annoys_is_stopped(store):
    planned(store, *[(n, ["a:p0"]) for n in range(100)])
    clock, courier = Clock(), Courier()
    own = sender(store, courier, clock, at_once=60, stop=StopRule(most=0.02, least=50))
    own.step()
    for n in range(5):
        tap(store, Link(Tap.STOP, courier.given[n].id, 0, 0))
    clock.passed += HOUR
    assert own.step().looked == 0
    campaign = Campaigns(store).get("c")
    assert campaign.reason == "5 of 60 people reached opted out"
    assert Outbox(store).counts() == {"sent": 60, "suppressed": 40}


def test_the_stop_rule_is_sure_before_it_stops():
    rule = StopRule(most=0.02, least=50)
    assert not rule.says_stop(49, 49)
    assert not rule.says_stop(100, 3)
    assert rule.says_stop(100, 6) == "6 of 100 people reached opted out"
    assert not rule.says_stop(100, 0, 1)
    assert rule.says_stop(100, 0, 4) == "4 of 100 people reached complained"
    assert wilson_low(0, 0, 1.64) == 0.0
    assert wilson_low(5, 60, 1.64) == pytest.approx(0.0416, abs=5e-4)


def test_the_machines_clock_agrees_with_itself():
    clock = MachineClock()
    assert clock.boot() == clock.boot()
    wall, ticks = clock.wall(), clock.ticks()
    assert abs((clock.wall() - wall) - (clock.ticks() - ticks)) < 1_000_000


def test_a_claim_that_stood_in_line_for_long_sends_nothing(store, monkeypatch):
    """Quiet hours, or somebody else's digest, may have come since the moment for which it was made."""
    planned(store, (0, ["a:p0"]))
    clock, courier = Clock(), Courier()
    own = sender(store, courier, clock)
    claim = Outbox.claim

    def late(*given, **named):
        clock.passed += 11_000_000
        return claim(*given, **named)

    monkeypatch.setattr(Outbox, "claim", late)
    assert own.step() == (1, 1, 0)
    assert courier.given == []
    assert Outbox(store).counts() == {"planned": 1}
    assert Outbox(store).sent()["at"].to_list() == [None]  # its budget is given back
