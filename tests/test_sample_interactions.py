from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest

from matching.sample import SampleProvince, Tuning
from matching.sample.conduct import examination
from matching.sample.fairs import ZONE
from matching.standard.records import Action

PROVINCE = SampleProvince(11, graduates=2_500, postings=400, tuning=Tuning(activity=2.0))
ORDER = [Action.SHOWN, Action.CLICKED, Action.APPLIED, Action.ANSWERED, Action.INTERVIEWED, Action.OFFERED]


@pytest.fixture(scope="module")
def interactions():
    return list(PROVINCE.interactions())


@pytest.fixture(scope="module")
def postings():
    return {p.key: p for p in PROVINCE.postings()}


@pytest.fixture(scope="module")
def vacancies():
    return PROVINCE._market.vacancies


def test_there_is_a_funnel(interactions):
    counts = Counter(i.action for i in interactions)
    assert 20 < counts[Action.SHOWN] / 2_500 < 60
    steps = [counts[action] for action in ORDER]
    assert steps == sorted(steps, reverse=True)
    assert counts[Action.HIRED] > 50
    assert counts[Action.DECLINED] > 10
    assert 0.15 < counts[Action.ANSWERED] / counts[Action.APPLIED] < 0.5
    assert set(Action) - set(counts) == {Action.DELIVERED, Action.OPENED, Action.COMPLAINED}  # messages are not sampled


def test_they_stand_in_the_order_of_graduate_and_time(interactions):
    keys = [(i.graduate.split(":")[1], i.at) for i in interactions]
    assert keys == sorted(keys)
    assert len({i.id for i in interactions}) == len(interactions)


def test_each_step_follows_the_one_before(interactions):
    times = defaultdict(lambda: defaultdict(list))
    for i in interactions:
        times[i.graduate, i.posting][i.action].append(i.at)
    for steps in times.values():
        assert len(steps[Action.APPLIED]) <= 1
        for before, after in pairwise(ORDER):
            for at in steps[after]:
                assert steps[before], after
                assert min(steps[before]) <= at
        for last in (Action.HIRED, Action.DECLINED):
            assert not steps[last] or steps[Action.OFFERED][0] <= steps[last][0]
        assert not (steps[Action.HIRED] and steps[Action.DECLINED])


def test_everything_happens_in_the_window_while_the_posting_is_live(interactions, postings, vacancies):
    end = datetime.combine(PROVINCE.today, time(), ZONE)
    begin = end - timedelta(days=120)
    for i in interactions:
        assert begin <= i.at < end
        number = int(i.posting.split(":p")[1])
        if i.action in (Action.SHOWN, Action.CLICKED, Action.APPLIED):
            day = (i.at.date() - PROVINCE.today).days
            assert day >= -vacancies.published[number]
        if i.action in (Action.SHOWN, Action.APPLIED):
            assert (i.at.date() - PROVINCE.today).days <= vacancies.closes[number]
            closes = postings[i.posting].closes
            assert closes is None or i.at.date() <= closes


def test_no_posting_hires_more_than_it_has_places_and_nobody_is_hired_twice(interactions, vacancies):
    hired = [i for i in interactions if i.action is Action.HIRED]
    by_posting = Counter(int(i.posting.split(":p")[1]) for i in hired)
    room = vacancies.headcount - vacancies.filled
    assert all(count <= room[posting] for posting, count in by_posting.items())
    assert any(count == room[posting] for posting, count in by_posting.items())
    assert max(Counter(i.graduate for i in hired).values()) == 1


def test_after_the_last_place_nobody_is_answered_and_after_hiring_nobody_looks(interactions, vacancies):
    settled = PROVINCE._settled
    midnight = datetime.combine(PROVINCE.today, time(), ZONE).timestamp()
    late_looks = 0
    for i in interactions:
        at = i.at.timestamp() - midnight
        graduate, posting = int(i.graduate.split(":g")[1]), int(i.posting.split(":p")[1])
        assert at <= settled.hired[graduate]
        if i.action in (Action.ANSWERED, Action.INTERVIEWED, Action.OFFERED):
            assert at <= settled.full[posting]
        late_looks += at > settled.full[posting]
    assert late_looks > 0
    assert np.isfinite(settled.full).sum() > 15


def test_ranks_run_from_one_and_stand_at_shown_and_clicked(interactions):
    shown = [i.rank for i in interactions if i.action is Action.SHOWN]
    assert min(shown) == 1
    assert max(shown) == 10
    assert all((i.rank is not None) == (i.action in (Action.SHOWN, Action.CLICKED)) for i in interactions)
    lists = Counter((i.graduate, i.at) for i in interactions if i.action is Action.SHOWN)
    assert max(lists.values()) <= 10


def test_places_near_the_top_are_opened_more(interactions):
    shown, clicked = (Counter(i.rank for i in interactions if i.action is a) for a in (Action.SHOWN, Action.CLICKED))
    first, late = clicked[1] / shown[1], sum(clicked[r] for r in (8, 9, 10)) / sum(shown[r] for r in (8, 9, 10))
    assert first > 2 * late
    assert examination(np.array([1, 8])).tolist() == [1.0, 8**-0.6]


def test_exposure_is_unequal(interactions):
    shown = sorted(Counter(i.posting for i in interactions if i.action is Action.SHOWN).values(), reverse=True)
    assert sum(shown[:40]) > 0.25 * sum(shown)


def test_some_people_stay_cold_and_the_placed_never_come(interactions):
    seen = {i.graduate for i in interactions}
    graduates = list(PROVINCE.graduates())
    placed = {g.key for g in graduates if g.status == "placed"}
    assert placed
    assert not placed & seen
    assert 0.05 < 1 - len(seen) / len(graduates) < 0.3


def test_they_name_records_that_exist_and_the_platform_of_the_posting(interactions, postings):
    graduates = {g.key for g in PROVINCE.graduates()}
    for i in interactions:
        assert i.graduate in graduates
        assert postings[i.posting].tenant == i.tenant
        assert i.channel in ("recommend", "search", "push")


def test_more_activity_is_more_interactions():
    few, many = (
        sum(1 for _ in SampleProvince(3, graduates=300, postings=300, tuning=Tuning(activity=a)).interactions())
        for a in (0.5, 2.0)
    )
    assert 2.5 < many / few < 6
    assert list(SampleProvince(3, graduates=50, postings=50, tuning=Tuning(activity=0)).interactions()) == []


def test_the_blocks_do_not_matter(monkeypatch):
    whole = list(SampleProvince(3, graduates=120, postings=200).interactions())
    monkeypatch.setattr("matching.sample.province.BLOCK", 13)
    assert list(SampleProvince(3, graduates=120, postings=200).interactions()) == whole
