"""Limits, history and the night: known answers on tiny worlds, and the whole way from ranked pairs."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.bulk import RANKED
from matching.chance import Chances, Logistic
from matching.push.history import Budget, Replies, budgets, only_news, reply_factors
from matching.push.limits import Load, borne, posting_limits
from matching.push.night import Night, Rules, decide

NOW = datetime(2026, 6, 15, 21, tzinfo=UTC)
CHANCES = Chances(Logistic(0.0, 1.0, 0.8), Logistic(0.0, 0.5, 0.9), "test")


def ranked(*lines):
    """Pairs as `matching.bulk` gives them: (graduate, posting, score, eligibility)."""
    columns = list(zip(*lines, strict=True)) if lines else [()] * 4
    return pa.table(
        {
            "graduate": pa.array(columns[0], pa.string()),
            "posting": pa.array(columns[1], pa.string()),
            "score": pa.array(columns[2], pa.float64()),
            "similarity": pa.array([0.5] * len(lines), pa.float32()),
            "rank": pa.array([1] * len(lines), pa.int32()),
            "eligibility": pa.array(columns[3], pa.string()).dictionary_encode().cast(RANKED.field(5).type),
        },
    )


def people(**budget):
    return pl.DataFrame({"graduate": list(budget), "budget": list(budget.values()), "priority": [False] * len(budget)})


def postings(*keys, places=1, applied=0, reply=1.0):
    n = len(keys)
    return pl.DataFrame(
        {
            "posting": list(keys),
            "employer": [f"e{key}" for key in keys],
            "open": [places] * n,
            "applied": [float(applied)] * n,
            "reply": [reply] * n,
        },
        schema_overrides={"posting": pl.String, "employer": pl.String},
    )


@given(chance=st.lists(st.floats(0.01, 1), min_size=1, max_size=12), wanted=st.floats(0.1, 5), seed=st.integers(0, 99))
def test_whoever_is_chosen_a_posting_is_not_flooded(chance, wanted, seed):
    chances = np.array(chance)
    most = int(borne(np.zeros(len(chances), int), chances, np.array([wanted]))[0])
    some = np.random.default_rng(seed).permutation(len(chances))[:most]
    assert most == 1 or chances[some].sum() <= wanted * (1 + 1e-6)
    if most < len(chances):
        assert np.sort(chances)[::-1][: most + 1].sum() > wanted


def test_the_lots_of_a_posting():
    capacity, cost = posting_limits(
        [0] * 8 + [1, 2], [0.5] * 8 + [0.9, 0.5], np.full(10, 0.2), wanted=[2.0, 0.5, 0.0], load=Load(5, 1.5, 0.5, 0.1)
    )
    assert capacity.T.tolist() == [[1, 3, 2], [1, 0, 0], [0, 0, 0]]
    assert cost[:, 0].tolist() == pytest.approx([-0.02, 0.0, 0.1])


def test_a_budget_knows_the_window_the_gap_and_those_who_do_not_open():
    day = timedelta(days=1)
    lines = [("used up", NOW - (2 + i % 3) * day, True) for i in range(9)]
    lines += [("one left", NOW - 2 * day, True) for _ in range(8)]
    lines += [("rests", NOW - timedelta(hours=2), True), ("later", NOW + day, True)]
    lines += [("does not open", NOW - n * day, False) for n in range(2, 8)]  # six unopened: the gap is 8 × 20 h
    lines += [("opened again", NOW - 2 * day, True), *[("opened again", NOW - n * day, False) for n in range(3, 8)]]
    lines += [("long ago", NOW - 30 * day, False)]
    sent = pl.DataFrame(lines, schema=["graduate", "at", "opened"], orient="row")
    asked = ["used up", "one left", "rests", "later", "does not open", "opened again", "long ago", "never"]
    found = budgets(asked, sent, now=NOW, budget=Budget())
    assert dict(zip(asked, found.tolist(), strict=True)) == {
        "used up": 0,
        "one left": 1,
        "rests": 0,
        "later": 3,
        "does not open": 0,
        "opened again": 3,
        "long ago": 3,
        "never": 3,
    }


def test_only_news_is_sent():
    pairs = pl.DataFrame({"graduate": ["a", "a", "b", "b"], "posting": ["x", "y", "x", "y"], "score": [1, 2, 3, 4]})
    seen = pl.DataFrame({"graduate": ["a"], "posting": ["x"], "action": ["dismissed"]})
    sent = pl.DataFrame({"graduate": ["b"], "posting": ["y"]})
    assert only_news(pairs, seen, sent)["score"].to_list() == [2, 3]


def test_silence_lowers_slowly_is_forgiven_and_answers_make_it_good():
    day = timedelta(days=1)
    replies = Replies(rate=0.5, weight=10, half_life=60 * day)

    def factor(*cases):
        table = pl.DataFrame(
            [("e", NOW - age * day, answered) for age, answered in cases],
            schema=["employer", "at", "answered"],
            orient="row",
        )
        return reply_factors(table, now=NOW, replies=replies)["factor"][0]

    one, ten = factor((1e-6, False)), factor(*[(1e-6, False)] * 10)
    assert one == pytest.approx(10 / 11)
    assert ten == pytest.approx(0.5)
    assert factor(*[(60, False)] * 10) == pytest.approx(2 / 3)
    assert factor(*[(1e-6, False)] * 10, *[(1e-6, True)] * 10) == pytest.approx(1.0)
    assert factor(*[(1e-6, True)] * 10) == 1.0


def test_a_night_shares_out_a_posting_that_both_want():
    pairs = ranked(("a", "x", 2.0, "pass"), ("a", "y", 1.8, "pass"), ("b", "x", 1.0, "pass"))
    rules = Rules(load=Load(wanted=0.5, hard=1.0))
    night = decide(pairs, CHANCES, people=people(a=1, b=1), postings=postings("x", "y"), rules=rules)
    assert night.sends.select("graduate", "posting").rows() == [("a", "y"), ("b", "x")]
    assert night.certificate()["gap"] <= 0.01
    assert night.certificate()["chances"] == "test"
    expected = CHANCES([1.8, 1.0]).both
    assert night.sends["value"].to_list() == pytest.approx(expected.tolist())


def test_why_someone_gets_nothing():
    pairs = ranked(("a", "x", 3.0, "pass"), ("b", "x", 1.0, "pass"), ("c", "x", 9.0, "pass"))
    night = decide(
        pairs,
        CHANCES,
        people=people(a=3, b=3, c=0, d=3),
        postings=postings("x"),
        rules=Rules(load=Load(wanted=0.5, hard=1.0)),
    )
    assert night.sends["graduate"].to_list() == ["a"]
    assert dict(night.unreached.rows()) == {"b": "others gain more", "c": "no budget", "d": "no candidate"}


@pytest.mark.parametrize(("unknown", "sent"), [(0.5, ["y", "x"]), (0.0, ["y"])])
def test_unknown_eligibility_is_worth_less_and_says_so(unknown, sent):
    pairs = ranked(("a", "x", 1.1, "unknown"), ("a", "y", 1.0, "pass"), ("a", "z", 5.0, "fail"))
    night = decide(pairs, CHANCES, people=people(a=3), postings=postings("x", "y", "z"), rules=Rules(unknown=unknown))
    assert night.sends["posting"].to_list() == sent
    assert night.sends["eligibility"].to_list() == ["pass", "unknown"][: len(sent)]


def test_priority_comes_first_within_its_price():
    pairs = ranked(("a", "x", 2.0, "pass"), ("b", "x", 1.0, "pass"))
    who = people(a=1, b=1).with_columns(priority=pl.col("graduate") == "b")
    for price, sent in ((1.0, "b"), (0.01, "a")):
        rules = Rules(load=Load(wanted=0.5, hard=1.0), floor_price=price)
        night = decide(pairs, CHANCES, people=who, postings=postings("x"), rules=rules)
        assert night.sends["graduate"].to_list() == [sent]


def test_places_taken_silence_and_strangers_count():
    pairs = ranked(("a", "x", 2.0, "pass"), ("a", "y", 1.0, "pass"), ("stranger", "x", 2.0, "pass"))
    full = decide(pairs, CHANCES, people=people(a=1), postings=postings("x", "y", applied=5.0))
    assert full.plan.sent == 0
    sides = pl.concat([postings("x", reply=0.1), postings("y")])
    assert decide(pairs, CHANCES, people=people(a=1), postings=sides).sends["posting"].to_list() == ["y"]


def test_the_order_of_all_tables_makes_no_difference():
    rng = np.random.default_rng(0)
    lines = [(f"g{g:02}", f"p{p:02}", float(rng.integers(-3, 4)), "pass") for g in range(30) for p in range(12)]
    who, what = people(**{f"g{g:02}": 2 for g in range(30)}), postings(*[f"p{p:02}" for p in range(12)])

    def night(seed) -> Night:
        order = np.random.default_rng(seed).permutation(len(lines))
        mixed = ranked(*[lines[i] for i in order])
        return decide(mixed, CHANCES, people=who.sample(30, shuffle=True, seed=seed), postings=what[::-1])

    first = night(1)
    assert len(first.sends) > 20
    assert all(night(seed).sends.equals(first.sends) for seed in (2, 3))


def test_nobody_and_nothing():
    night = decide(ranked(), CHANCES, people=people(a=1), postings=postings())
    assert (len(night.sends), night.unreached.rows()) == (0, [("a", "no candidate")])
    assert night.certificate()["gap"] == 0.0


def test_what_hardly_suits_is_not_sent_and_the_reason_says_so():
    pairs = ranked(("a", "x", 2.0, "pass"), ("a", "y", -9.0, "pass"), ("b", "x", -9.0, "pass"))
    both, jobs = people(a=2, b=2, c=2), postings("x", "y")
    assert len(decide(pairs, CHANCES, people=both, postings=jobs).sends) == 3
    night = decide(pairs, CHANCES, people=both, postings=jobs, rules=Rules(least=0.1))
    assert night.sends["posting"].to_list() == ["x"]
    assert dict(night.unreached.rows()) == {"b": "nothing suits well enough", "c": "no candidate"}
    with pytest.raises(ValueError, match="impossible"):
        Rules(least=1.5)


def test_how_far_a_posting_draws_counts_in_its_value_and_its_limit():
    pairs, jobs = ranked(("a", "x", 2.0, "pass"), ("b", "x", 2.0, "pass")), postings("x")
    drawn = jobs.with_columns(appeal=0.5)
    plain, less = (decide(pairs, CHANCES, people=people(a=1, b=1), postings=p).sends for p in (jobs, drawn))
    assert less["value"].to_list() == pytest.approx([v / 2 for v in plain["value"]])
    assert less["apply"].to_list() == plain["apply"].to_list()  # what is learned from stays what was believed
