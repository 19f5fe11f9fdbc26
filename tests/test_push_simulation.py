"""The simulation: laws under every rule, known answers of its parts, and candidates from the postings' side."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from matching.bulk import rank_block
from matching.cli.push import app
from matching.cli.push_simulating import changed
from matching.eligibility import Status
from matching.errors import QueryError
from matching.matcher import Matcher
from matching.push import baselines as others
from matching.push.history import appeal_factors
from matching.push.limits import Load, borne, posting_limits
from matching.push.plan import plan
from matching.push.reasons import open_words
from matching.push.seekers import with_seekers
from matching.push.simulation.contest import OURS, TOP, better_than, contest, figures, summary, told
from matching.push.simulation.habits import Desks, Habits, Luck
from matching.push.simulation.nights import simulate
from matching.push.simulation.world import World, _state
from matching.question import Question
from matching.sample import SampleProvince, Tuning
from matching.settings import EncoderSettings, PushSettings, Settings

PEOPLE, JOBS = 40, 12
PUSH = PushSettings(wanted=2.0, digest=2, in_week=4)


def world(seed=0):
    """Everyone likes the first postings best, and may get any; each has one place, the last is closed."""
    graduate, posting = np.divmod(np.arange(PEOPLE * JOBS), JOBS)
    liking = 0.9 * 0.8**posting
    return World(
        graduate,
        posting,
        apply=liking,
        answer=np.full(len(graduate), 0.5),
        worth=np.ones(len(graduate)),
        click=np.minimum(liking * 1.05, 1.0),
        true_apply=liking,
        true_answer=np.full(len(graduate), 0.5),
        employer=np.arange(JOBS),
        places=np.array([1] * (JOBS - 1) + [0]),
        priority=np.arange(PEOPLE) % 10 == 0,
        seed=seed,
    )


def ours(tonight):
    return plan(tonight.market, gap=0.05).held


def greedy(tonight):
    return others.top_k(tonight.market)


@pytest.mark.parametrize("rule", [ours, greedy])
def test_no_rule_escapes_budgets_news_and_closed_postings(rule):
    w, seen = world(), []

    def watched(tonight):
        held = rule(tonight)
        row, column = np.nonzero(held)
        seen.append(set(zip(row.tolist(), tonight.market.posting[row, column].tolist(), strict=True)))
        return held

    found = simulate(w, watched, PUSH, Habits(), nights=9)
    pairs = [pair for night in seen for pair in night]
    assert len(pairs) == len(set(pairs)) == (found.sent >= 0).sum() > PEOPLE
    assert JOBS - 1 not in {posting for _, posting in pairs}
    assert (found.nightly <= found.could).all()
    assert found.could[0] == 1.0  # on the first night there is somebody for every open posting
    for g in range(PEOPLE):
        nights = np.sort(found.sent[(w.graduate == g) & (found.sent >= 0)])
        assert np.bincount(nights, minlength=9).max() <= PUSH.digest
        assert all(((nights > n - 7) & (nights <= n)).sum() <= PUSH.in_week for n in nights)
    assert (found.came <= (found.looked > 0)).all()
    again = simulate(w, rule, PUSH, Habits(), nights=9)
    assert (again.sent == found.sent).all()
    assert again.hired == found.hired
    assert (simulate(w, rule, PUSH, Habits(), nights=9, luck=1).came != found.came).any()


def test_ours_floods_less_than_everyones_best_and_no_baseline_is_ahead():
    found = contest(world(), PUSH, Habits(), nights=8, variants={"one a week": PUSH.model_copy(update={"in_week": 1})})
    top, mine = found[TOP].effects, found[OURS].effects
    assert top.over >= 0.5  # forty people for three postings in the first night
    assert mine.over <= 0.2 * top.over
    assert mine.useful >= 0.95 * top.useful
    assert mine.waiting < top.waiting
    rows = {name: figures(one) for name, one in found.items()}
    assert better_than(rows) == []
    assert rows["one a week"]["sent"] < 0.8 * rows[OURS]["sent"]
    assert summary(rows)["over capacity, change %"] <= -80
    assert summary(rows)["most coverage of all nights that is possible, times"] == pytest.approx(1 / top.coverage)
    assert len(told(rows).splitlines()) == len(rows) + 1
    alone = contest(world(), PUSH, Habits(), nights=8, among=[TOP])
    assert {name: figures(one) for name, one in alone.items()} == {TOP: rows[TOP]}  # parts add up


def test_who_mutes_gets_nothing_more():
    found = simulate(world(), greedy, PUSH, Habits(mute=1.0, mute_unread=1.0), nights=10)
    w = world()
    for g in np.flatnonzero(found.muted):
        got = found.sent[(w.graduate == g) & (found.sent >= 0)]
        opened = found.looked[(w.graduate == g) & (found.sent == got.max())]
        assert len(np.unique(got)) == 1 or opened.max() >= 0  # the last digest is the one that made them mute
    assert found.muted.mean() > 0.3
    assert simulate(w, greedy, PUSH, Habits(mute=0.0, mute_unread=0.0), nights=10).muted.sum() == 0


def test_luck_is_the_persons_and_the_nights_not_the_rules():
    one, two = (Luck(3, Habits(), graduates=5, pairs=7) for _ in range(2))
    assert (one.tonight(4)[0] == two.tonight(4)[0]).all()
    assert (one.tonight(4)[0] != one.tonight(5)[0]).all()
    assert np.mean(Luck(0, Habits(opens=0.3), graduates=20_000, pairs=1).opens) == pytest.approx(0.3, abs=0.01)


def test_desks_read_in_turn_and_close_when_the_place_is_taken():
    desks = Desks(np.array([1, 2]), reads=0.5)
    desks.take(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3]), day=0)
    answers, hires = np.array([True, True, True, False]), np.array([False, True, True, True])
    assert desks.read(0, answers, hires) == ([], [])  # one place at half a day is one in two days; two places: pair 3
    assert desks.waited == [0]
    assert desks.read(1, answers, hires) == ([0], [])
    assert desks.read(2, answers, hires) == ([], [])
    assert desks.read(3, answers, hires) == ([1], [1])
    assert desks.left.tolist() == [0, 2]
    assert [desks.read(day, answers, hires) for day in (4, 5, 6)] == [([], [])] * 3
    assert desks.waited == [0, 1, 3]
    assert desks.still(7) == [7]


@pytest.mark.parametrize("habits", [{"opens": 0.0}, {"mute": 1.2}, {"reads": 0.0}, {"glad": 0.9}])
def test_impossible_habits_are_refused(habits):
    with pytest.raises(ValueError, match=r"habits|chance"):
        Habits(**habits)


def test_how_far_a_posting_draws_is_learned_from_what_came():
    posting, expected = np.array([0] * 10 + [1] * 10), np.full(20, 0.5)
    applied = np.array([True] * 8 + [False] * 2 + [True] * 2 + [False] * 8)
    found = appeal_factors(posting, expected, applied, postings=3)
    overall = (10 + 20) / (10 + 20)
    assert found == pytest.approx([(8 + 2 * overall) / 7, (2 + 2 * overall) / 7, overall])
    assert appeal_factors(posting, expected, np.zeros(20, bool), postings=3).tolist() == [1, 1, 1]  # nobody reports
    none = np.empty(0, np.int64)
    assert appeal_factors(none, none.astype(float), none.astype(bool), postings=2).tolist() == [1, 1]


def test_chance_is_allowed_for():
    column, chance, wanted = np.zeros(100, int), np.full(100, 0.1), np.array([4.0])
    assert borne(column, chance, wanted).tolist() == [40]
    assert borne(column, chance, wanted, sure=1.0).tolist() == [24]  # 2.4 + sqrt(2.4) = 3.95
    assert borne(column, chance, np.array([0.05]), sure=3.0).tolist() == [1]
    capacity, _ = posting_limits(column, chance, chance, wanted=wanted, load=Load(hard=1.0, sure=1.0))
    assert capacity.sum() == 24


def test_what_if_changes_only_what_may_be_varied():
    assert changed(PushSettings(), "digest=1, in_week=3").in_week == 3
    with pytest.raises(QueryError, match="cannot be varied"):
        changed(PushSettings(), "zone=UTC")
    with pytest.raises(QueryError, match="not allowed"):
        changed(PushSettings(), "digest=-1")


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    settings = Settings(
        home=tmp_path_factory.mktemp("seekers"),
        encoder=EncoderSettings(name="hashing"),
        push=PushSettings(candidates=2, seekers=4),
    )
    made = SampleProvince(5, graduates=40, postings=60, tuning=Tuning(reposts=0.0))
    return made, settings, _state(made, settings)


def test_postings_without_candidates_look_for_their_own(province):
    made, settings, state = province
    rows = np.flatnonzero(state.graduates.at(slice(None)).seeking)
    few = rank_block(state, settings, rows, k=2, today=made.today)
    every = rank_block(state, settings, rows, k=60, today=made.today).to_pylist()
    found = with_seekers(few, state, settings, today=made.today)
    assert found.slice(0, len(few)).equals(few)
    new = found.slice(len(few)).to_pylist()
    lines = [(row["graduate"], row["posting"]) for row in found.to_pylist()]
    assert len(lines) == len(set(lines))
    assert len({p for _, p in lines}) > 1.3 * len(set(few["posting"].to_pylist()))
    truth = {(row["graduate"], row["posting"]): row for row in every}
    assert {(row["graduate"], row["posting"]) for row in new} <= set(truth)  # nobody whom the rules exclude
    for row in new:
        own = truth[row["graduate"], row["posting"]]
        assert (row["score"], row["eligibility"]) == (pytest.approx(own["score"], abs=2e-3), own["eligibility"])
    nothing = settings.model_copy(update={"push": settings.push.model_copy(update={"seekers": 0})})
    assert with_seekers(few, state, nothing, today=made.today) is few
    one = settings.model_copy(update={"push": settings.push.model_copy(update={"seekers_most": 1})})
    first = with_seekers(few, state, one, today=made.today).slice(len(few)).to_pylist()
    assert len({row["posting"] for row in first}) == 1
    assert first[0]["posting"] not in set(few["posting"].to_pylist())  # the fewest candidates come first: none
    late = with_seekers(few.slice(0, 0), state, settings, today=date(2030, 1, 1))
    assert isinstance(late, pa.Table)


def test_thirty_nights_from_the_command_line(tmp_path):
    words = [
        "simulate",
        "--days",
        "3",
        "--graduates",
        "30",
        "--postings",
        "25",
        "--what-if",
        "digest=1",
        "--set",
        "least=0",
    ]
    found = CliRunner().invoke(app, [*words, "--plot", str(tmp_path / "front.svg")])
    assert found.exit_code == 0, (found.output, found.exception)
    assert "SIMULATED" in found.stdout
    assert "hard cap 80" in found.stdout
    assert "digest=1" in found.stdout
    assert "floors cost" in found.stdout
    assert (tmp_path / "front.svg").read_text("utf-8").count("<svg") == 1
    assert "digest=1" in CliRunner().invoke(app, [*words, "--json"]).stdout


def test_reasons_without_searching_are_those_of_the_ranking(province):
    made, settings, state = province
    matcher = Matcher(state, settings, None)
    row = int(np.flatnonzero(state.graduates.at(slice(None)).seeking)[0])
    answer = matcher.postings_for(str(state.graduates.keys[row]), Question(k=10, today=made.today))
    found = matcher.reasons(row, [match.key for match in answer.matches], made.today)
    assert len(found) == len(answer.matches) == 10
    for match in answer.matches:
        assert [r.feature for r in found[match.key]] == [r.feature for r in match.reasons]
        assert [r.points for r in found[match.key]] == pytest.approx([r.points for r in match.reasons], abs=2e-3)
    missing = matcher.missing(row, [match.key for match in answer.matches], made.today)
    unknown = {match.key for match in answer.matches if match.eligibility.status == Status.UNKNOWN}
    assert set(missing) == unknown
    assert matcher.reasons(row, ["nowhere:p1"], made.today) == {}


def test_what_could_not_be_judged_is_said_by_whose_side_it_is_missing():
    told = open_words(("posting.requirements.majors", "graduate.major"))
    assert told == ("待确认：岗位未写明专业要求；您的资料未填写或无法识别专业",)
    assert open_words(()) == ()
