"""Triggers: a posting to its best few at once, within the night's limits and ledger, once, whatever is killed."""

import time
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from matching.build import build
from matching.demo import TODAY
from matching.encoders import open_encoder
from matching.errors import QueryError
from matching.live import Live
from matching.push.evening import tonight
from matching.push.planning import Question
from matching.push.triggers import Triggers
from matching.question import CHINA
from matching.sending.hours import Hours
from matching.sending.letter import Writer
from matching.sending.links import BadLink, Links
from matching.sending.loop import Sender
from matching.sending.taps import tap
from matching.settings import EncoderSettings, PushSettings, Settings
from matching.standard.records import Event, Graduate, Kind, Posting, Wishes
from matching.store import (
    Campaign,
    Campaigns,
    Guest,
    Keys,
    Lists,
    Marks,
    Outbox,
    Search,
    Searches,
    Store,
    Verdict,
    Wish,
)
from matching.store import Wishes as Wants
from matching.store.claiming import Terms
from matching.store.times import to_micros

NOW = datetime.combine(TODAY, datetime.min.time(), CHINA) + timedelta(hours=15)
HOUR = 3_600_000_000
PEOPLE = [f"demo:g{n}" for n in range(6)]


def person(number, **fields):
    skills = ["Java", "Spring", "MySQL"] if number < 3 else ["Java"]
    said = {"degree": "本科", "major": "软件工程", "graduation_year": 2026, "skills": skills}
    return Graduate(tenant="demo", id=f"g{number}", wishes=Wishes(titles=["Java开发工程师"]), **{**said, **fields})


def java(name, **fields):
    said = {
        "description": "熟悉Java、Spring、MySQL",
        "title": "Java开发工程师",
        "regions": ["360100"],
        "headcount": 20,
        "published": TODAY,
        "employer_id": name,
    }
    return Posting(tenant="a", id=name, **{**said, **fields})


class World:
    """A home with six alike graduates, an old posting, and the live state."""

    def __init__(self, home, **push):
        given = {"least": 0.0, "best_few": 3, "deadline_days": 0, "event_days": 0, **push}
        self.settings = Settings(home=home, encoder=EncoderSettings(name="hashing"), push=PushSettings(**given))
        self.store = Store.open(self.settings.store)
        self.store.upsert([person(n) for n in range(6)])
        self.store.upsert([java("old", published=TODAY - timedelta(days=9), closes=TODAY + timedelta(days=2))])
        build(self.store, open_encoder(self.settings), self.settings)
        self.live = Live(self.store, open_encoder(self.settings), self.settings)
        self.door = Campaigns(self.store)
        for name in ("instant", "nightly"):
            self.door.create(Campaign(name, tenant="demo"))

    def run(self, now=NOW):
        self.live.catch_up()
        return Triggers(self.store, self.settings, self.live.matcher.state, self.door.get("instant")).run(now)

    def post(self, *postings):
        self.store.upsert(postings)

    def planned(self, campaign="instant"):
        return {m.graduate: [i.posting for i in m.items] for m in Outbox(self.store).waiting(campaign)}

    def night(self, now):
        own = Question(self.door.get("nightly"), now.date(), now)
        build(self.store, open_encoder(self.settings), self.settings)
        found = tonight(self.store, self.settings, own)
        assert found.write(self.store)
        return {d.graduate: [i.posting for i in d.items] for d in found.drafts}

    def claim(self, moment, name="k", hours=None):
        opens = (hours or Hours(days="every", quiet="00:00-00:00")).opens
        terms = Terms("files", 7 * 24 * HOUR, 9, 20 * HOUR, opens)
        return Outbox(self.store).claim(terms, name, now=to_micros(moment), most=100)[0]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.close()


def test_a_new_posting_goes_to_its_best_few_once(world):
    assert world.run() == ({}, {}, False)  # the first run begins here: what was there before waits for the night
    assert Marks(world.store, "instant").cursor() == world.live.matcher.state.change
    world.post(java("p1"), java("late", published=TODAY - timedelta(days=4)), java("shut", status="closed"))
    fired = world.run()
    assert (fired.planned, fired.looked["posting"]) == ({"search": 0, "posting": 3}, 2)
    best = world.planned()
    assert set(best) == set(PEOPLE[:3])  # they know more of what is asked for
    assert set(map(tuple, best.values())) == {("a:p1",)}
    line = Outbox(world.store).waiting("instant")[0].items[0].why
    assert line[0] == "刚刚发布的新岗位"
    assert len(line) >= 2
    assert world.run() == ({}, {}, False)
    world.post(java("p1", description="改了几个字"))
    assert world.run().planned == {}  # changed, not new
    assert len(world.planned()) == 3


def test_nobody_is_sent_a_posting_twice_by_night_and_trigger(world):
    world.run()
    world.post(java("p1"))
    world.run()
    sent = {m.graduate for m in world.claim(NOW)}
    assert sent == set(PEOPLE[:3])
    tomorrow = NOW + timedelta(days=1, hours=5)
    found = world.night(tomorrow)
    assert all("a:p1" not in found.get(key, []) for key in sent)
    assert all("a:p1" in found[key] for key in PEOPLE[3:])
    second = world.claim(tomorrow, "n")
    pairs = [(m.graduate, i.posting) for m in second for i in m.items]
    assert len(pairs) == len(set(pairs)) > 0
    assert not {pair for pair in pairs if pair[1] == "a:p1"} & {(key, "a:p1") for key in sent}


def test_one_planned_by_both_is_dropped_at_the_second_claim(world):
    world.run()
    world.post(java("p1"))
    state = world.live
    state.catch_up()
    other = Triggers(world.store, world.settings, state.matcher.state, world.door.get("nightly"))
    Marks(world.store, "nightly").move(1)
    seen = []
    trigger = Triggers(world.store, world.settings, state.matcher.state, world.door.get("instant"))
    real = Marks.write

    def both(self, *args, **named):  # while one plans, the other writes
        if named["kind"] == "posting" and not seen:
            seen.append(1)
            other.run(NOW)
        return real(self, *args, **named)

    Marks.write = both
    try:
        trigger.run(NOW)
    finally:
        Marks.write = real
    assert set(world.planned("instant")) & set(world.planned("nightly"))
    claimed = world.claim(NOW)
    assert len({m.graduate for m in claimed}) == len(claimed)
    pairs = [(m.graduate, i.posting) for m in claimed for i in m.items]
    assert len(pairs) == len(set(pairs))
    assert world.claim(NOW + timedelta(hours=1), "again") == []  # the rest between two digests holds for both


def test_a_budget_is_one_over_night_and_trigger(world):
    world.run()
    found = world.night(NOW)
    assert set(found) == set(PEOPLE)
    world.post(java("p1"))
    fired = world.run(NOW + timedelta(hours=1))
    assert (fired.planned["posting"], fired.looked["posting"]) == (0, 1)
    assert world.planned() == {}
    assert set(world.planned("nightly")) == set(PEOPLE)
    world.claim(NOW)
    world.post(java("p2"))
    later = world.run(NOW + timedelta(hours=21))  # after the rest, but one posting of the week is spent
    assert later.planned["posting"] == 3


def test_at_night_it_waits_for_the_morning(world):
    world.run()
    late = NOW.replace(hour=23)
    world.post(java("p1"))
    assert world.run(late).planned["posting"] == 3
    quiet = Hours(quiet="21:30-08:00", days="every")
    for moment in (late, late + timedelta(hours=3), late + timedelta(hours=8, minutes=59)):
        assert world.claim(moment, f"k{moment}", quiet) == []
    assert len(world.claim(late + timedelta(hours=9, minutes=1), "morning", quiet)) == 3


def test_killed_between_claim_and_send_it_is_unclear_and_never_planned_again(world):
    world.run()
    world.post(java("p1"))
    world.run()
    claimed = world.claim(NOW)
    box = Outbox(world.store)
    box.recover(now=to_micros(NOW) + HOUR, lease=HOUR // 2, repeats=frozenset(), attempts=5)
    assert box.counts() == {"unclear": 3}
    world.run(NOW + timedelta(hours=2))
    assert box.counts() == {"unclear": 3}
    found = world.night(NOW + timedelta(days=1, hours=5))
    assert not {(m.graduate, "a:p1") for m in claimed} & {(g, p) for g, inside in found.items() for p in inside}


def test_killed_while_it_writes_nothing_is_there_and_the_next_run_writes(world, monkeypatch):
    world.run()
    world.post(java("p1"))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("matching.store.marks.write_messages", killed)
        with pytest.raises(KeyboardInterrupt):
            world.run()
    assert Outbox(world.store).counts() == {}
    assert Marks(world.store, "instant").among(["posting:a:p1"]) == set()
    assert world.run().planned["posting"] == 3


def test_two_runs_at_once_write_once(world):
    world.run()
    world.post(java("p1"))
    world.live.catch_up()
    state, own = world.live.matcher.state, world.door.get("instant")
    runs = [Triggers(world.store, world.settings, state, own) for _ in range(2)]
    real = Triggers._fire
    fired = []

    def interleaved(self, marks, due, now):
        if self is runs[0] and due.kind == "posting" and not fired:
            fired.append(runs[1].run(now))
        return real(self, marks, due, now)

    Triggers._fire = interleaved
    try:
        first = runs[0].run(NOW)
    finally:
        Triggers._fire = real
    assert (fired[0].planned["posting"], first.planned["posting"]) == (3, 0)
    assert len(world.planned()) == 3


def test_wishes_hold_for_triggers(world):
    world.run()
    Wants(world.store).set(PEOPLE[0], Wish(stop=True))
    Wants(world.store).set(PEOPLE[1], Wish(plain=True))
    world.post(java("p1"))
    world.run()
    assert set(world.planned()) == {PEOPLE[2]}
    name = world.door.nights("instant")[-1]
    assert world.door.unreached(name) == {PEOPLE[0]: "opted out", PEOPLE[1]: "not personalised"}
    world.door.stop("instant", "enough")
    world.post(java("p2"))
    with pytest.raises(QueryError, match="was stopped: enough"):
        world.run()


def test_internships_have_a_line_of_their_own_and_a_posting_never_bears_more_than_it_wants(world):
    world.run()
    world.post(java("i1", kind=Kind.INTERNSHIP, headcount=1), java("full", headcount=1, filled=1))
    assert world.run().planned["internship"] >= 1
    waiting = Outbox(world.store).waiting("instant")
    assert {i.posting for m in waiting for i in m.items} == {"a:i1"}
    assert waiting[0].items[0].why[0] == "刚刚开放报名的见习/实习"


def test_a_deadline_reaches_those_who_have_not_seen_it(tmp_path):
    world = World(tmp_path, deadline_days=3)
    assert world.run().planned == {"deadline": 3}
    assert set(map(tuple, world.planned().values())) == {("a:old",)}
    assert Outbox(world.store).waiting("instant")[0].items[0].why[0] == "即将截止，您还没有看过"
    assert world.run().planned == {}
    world.store.close()


def test_a_search_that_is_told_at_once(world):
    searches = Searches(world.store)
    assert searches.put(PEOPLE[5], "s", Search(title="南昌后端", text="java Spring", regions=["360100"], at_once=True))
    searches.put(PEOPLE[4], "s", Search(text="会计", at_once=True))
    searches.put(PEOPLE[3], "s", Search(kinds=["internship"], at_once=True))
    world.run()
    world.post(java("p1"), java("master", requirements={"degree": "博士"}))
    fired = world.run()
    assert fired.planned["search"] == 1
    mine = next(m for m in Outbox(world.store).waiting("instant") if m.graduate == PEOPLE[5])
    assert [i.posting for i in mine.items] == ["a:p1"]  # the other demands more than the person has
    assert mine.items[0].why[0] == "符合您的订阅“南昌后端”"
    assert len(world.planned()) == 4  # the three others are the posting's best few, and nobody comes twice


def test_a_search_that_waits_for_the_night_brings_what_hardly_suits_too(tmp_path):
    world = World(tmp_path, least=0.9)
    Searches(world.store).put(PEOPLE[2], "s", Search(text="JAVA"))
    found = world.night(NOW)
    assert found == {PEOPLE[2]: ["a:old"]}  # nobody else is sent what suits so little
    assert Outbox(world.store).waiting("nightly")[0].items[0].why[0] == "符合您的订阅“JAVA”"
    world.store.close()


def test_a_deleted_person_leaves_no_search_and_no_message(world):
    Searches(world.store).put(PEOPLE[0], "s", Search(text="Java", at_once=True))
    world.run()
    world.post(java("p1"))
    world.run()
    world.store.delete("graduate", [PEOPLE[0]])
    assert Searches(world.store).of(PEOPLE[0]) == []
    assert list(Searches(world.store).every(at_once=True)) == []
    assert PEOPLE[0] not in world.planned()
    assert Marks(world.store, "instant").write(
        "x", [], ["m"], kind="posting", day=TODAY, missed={PEOPLE[0]: "no budget"}, certificate={}
    )
    assert world.door.unreached("x") == {}


def test_a_fair_invites_who_is_on_its_list_and_the_letter_says_when(tmp_path):
    world = World(tmp_path, event_days=14)
    begins = NOW + timedelta(days=5)
    times = {"starts_at": begins, "ends_at": begins + timedelta(hours=3)}
    fair = Event(tenant="demo", id="fair", title="夏季招聘会", venue="市人才市场", **times)
    world.store.upsert([fair])
    body = {"meetings": [{"name": "赣江软件"}, {"name": "昌北数据"}, {"name": "八一医药"}]}
    guests = [Guest(PEOPLE[0], "invited", body), Guest(PEOPLE[1], "waiting", {}), Guest(PEOPLE[2], "invited", {})]
    Lists(world.store).save("demo:fair", guests, {}, base=0)
    Lists(world.store).answer("demo:fair", {PEOPLE[2]: "no"})
    assert world.run().planned == {"event": 1}
    assert world.planned() == {PEOPLE[0]: ["event/demo:fair"]}
    assert world.run(NOW + timedelta(days=1)).planned["event"] == 0
    given = []

    class Courier:
        def deliver(self, letters, *, claim):
            from matching.sending.couriers import Told

            given.extend(letters)
            return [Told(Verdict.SENT) for _ in letters]

        def close(self):
            pass

    class Clock:
        def wall(self):
            return to_micros(NOW)

        def ticks(self):
            return 0

        def boot(self):
            return "b"

    terms = Terms("files", 7 * 24 * HOUR, 9, 0, lambda wish, moment: moment)
    assert Sender(world.store, Courier(), Writer(Links(b"s" * 32)), terms=terms, clock=Clock()).run().sent == 1
    for part in ("夏季招聘会", "市人才市场", "6月20日", "15:00", "已为您安排与赣江软件、昌北数据等 3 家单位面谈"):
        assert part in given[0].long, part
    assert "夏季招聘会" in given[0].short
    assert "不感兴趣：" not in given[0].long
    declined = given[0].data["postings"][0]["dismiss"]
    assert f"不参加：{declined}" in given[0].long
    link = Links(b"s" * 32).read(declined, now=0)
    for _ in range(2):
        assert "不再邀请您参加" in tap(world.store, link, now=NOW).zh
    assert Lists(world.store).answers("demo:fair")[PEOPLE[0]].answer == "no"
    assert world.store.count("interaction") == 0
    Lists(world.store).answer("demo:fair", {PEOPLE[0]: "yes"})
    with pytest.raises(BadLink, match="has begun"):
        tap(world.store, link, now=begins)
    assert Lists(world.store).answers("demo:fair")[PEOPLE[0]].answer == "yes"
    world.store.close()


def test_a_posting_that_is_put_over_http_is_claimed_within_a_minute(tmp_path, record_property):
    """From the request to the claimed message; ``--junitxml FILE`` keeps the seconds."""
    made = World(tmp_path)
    key = Keys(made.store).create("demo", "write")
    app = create_app(made.settings, store=made.store, encoder=open_encoder(made.settings))
    with TestClient(app, headers={"Authorization": f"Bearer {key}"}) as client:
        made.run()
        body = java("p1").model_dump(mode="json", exclude_none=True, exclude={"tenant", "id"})
        begun = time.perf_counter()
        assert client.put("/v1/postings/p1", json=body).status_code == 201
        assert made.run().planned["posting"] == 3
        claimed = made.claim(NOW)
        seconds = time.perf_counter() - begun
    made.store.close()
    assert {i.posting for m in claimed for i in m.items} == {"demo:p1"}
    assert seconds < 60
    record_property("seconds", round(seconds, 3))
