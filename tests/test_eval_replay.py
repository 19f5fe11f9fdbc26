"""Replays: the world as of a cutoff, both directions, baselines beside, nothing of the future, nothing forbidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from eval.calibration import brier
from eval.cli import app
from eval.evaluation import ALL, Direction, Evaluation
from eval.foreknowledge import GRADUATE_POSTING, read_features
from eval.ground import Ground
from eval.judged import Judged, Market
from eval.outcomes import judged_pairs, judgements, with_looks
from eval.rankings import FOREIGN, NOTHING, Judgements, Rankings
from eval.recommenders import best_of, read_lists
from eval.replay import BASELINES, Replay
from eval.split import Split, read_interactions, split_findings, split_frame, temporal_split
from eval.summary import Sampling
from eval.world import world_at
from matching.asof import AsOf
from matching.attributes import twin_code
from matching.chance import chances_of
from matching.demo import graduates, postings
from matching.duplicates import originals, repeated
from matching.errors import FileError, InputError, QueryError
from matching.learning.exposed import examination_of
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.sample.export import into
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Interaction
from matching.store import Store
from models.encoder import load_encoder

CUTOFF = datetime(2026, 5, 16, tzinfo=CHINA)
HORIZON = timedelta(days=30)
SAMPLING = Sampling(resamples=100, flips=200, small=10)
HASHING = load_encoder("hashing", folder=Path("."))


def at(day, hour=8, month=5):
    return datetime(2026, month, day, hour, tzinfo=CHINA)


def event(number, graduate, posting, action, moment):
    return Interaction(
        tenant="demo", id=f"i{number}", graduate=f"demo:{graduate}", posting=f"demo:{posting}", action=action, at=moment
    )


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    home = tmp_path_factory.mktemp("province")
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        into(SampleProvince(7, graduates=100, postings=120), store)
        yield store, settings


@pytest.fixture(scope="module")
def replayed(province):
    store, settings = province
    return Replay(CUTOFF, HORIZON, depth=20, sampling=SAMPLING, earlier=timedelta(days=20)).replay(
        store, HASHING, settings
    )


def test_every_baseline_stands_beside_in_both_directions(replayed):
    assert replayed.systems == [*BASELINES, "gradmatch"]
    everyone = replayed.summary.filter(pl.col("axis") == ALL)
    assert everyone["direction"].unique(maintain_order=True).to_list() == ["postings", "graduates"]
    assert set(replayed.differences["baseline"]) == {"bm25"}
    assert (replayed.provenance.simulated, replayed.provenance.depth, replayed.provenance.horizon_days) == (
        True,
        20,
        30,
    )
    axes = set(replayed.summary.filter(pl.col("direction") == "postings")["axis"])
    assert axes == {ALL, "major_category", "degree", "region", "history", "kind", "employer_size", "popularity"}


def test_nothing_forbidden_is_listed_and_the_run_does_not_fail(replayed):
    violations = replayed.summary.filter(pl.col("measure") == "Violations@20")
    assert violations["mean"].drop_nulls().max() == 0
    assert not replayed.failed, [finding.en for finding in replayed.findings]
    assert replayed.lists.filter(~pl.col("eligible")).is_empty()


def test_stability_has_a_value_where_an_earlier_snapshot_was_asked(replayed):
    own = replayed.summary.filter(pl.col("measure") == "Stability@10", pl.col("axis") == ALL)
    by_system = dict(own.filter(pl.col("direction") == "postings").select("system", "mean").iter_rows())
    assert 0 < by_system["gradmatch"] < 1
    assert by_system["bm25"] is None


def test_a_listed_posting_was_published_by_then_and_is_not_settled(replayed, province):
    store, _ = province
    records = store.get_many("posting", replayed.lists.filter(pl.col("direction") == "postings")["document"].unique())
    assert max(record.published for record in records.values() if record.published) <= CUTOFF.date()
    past = store.past(CUTOFF).interactions().filter(pl.col("action") == "applied")
    settled = set(past.select("graduate", "posting").iter_rows())
    listed = replayed.lists.filter(pl.col("direction") == "postings").select("query", "document").iter_rows()
    assert not settled & set(listed)


def test_the_future_does_not_reach_the_lists(province, replayed, tmp_path):
    """Everything after the cutoff is changed but who is asked: the lists stay, byte for byte."""
    store, _ = province
    settings = Settings(home=tmp_path, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as other:
        into(SampleProvince(7, graduates=100, postings=120), other)
        after = store.past(CUTOFF + HORIZON).interactions().filter(pl.col("at") >= CUTOFF)
        made = [
            Interaction(tenant="sample-x", id=f"x{i}", graduate=g, posting=p, action="applied", at=CUTOFF + HORIZON / 2)
            for i, (g, p) in enumerate(after.select("graduate", "posting").unique(maintain_order=True).iter_rows())
        ]
        other.upsert(made)
        again = Replay(CUTOFF, HORIZON, [Direction.POSTINGS], depth=20, sampling=SAMPLING).replay(
            other, HASHING, settings
        )
    columns = ["system", "query", "rank", "document", "score"]
    first = replayed.lists.filter(pl.col("direction") == "postings").select(columns)
    assert again.lists.select(columns).equals(first)
    assert not again.lists["grade"].equals(replayed.lists.filter(pl.col("direction") == "postings")["grade"])
    assert again.provenance.data != replayed.provenance.data


def test_the_production_path_is_what_the_matcher_answers(province, replayed):
    from matching.question import Question

    store, settings = province
    with world_at(store, HASHING, settings, temporal_split(store, CUTOFF, HORIZON)) as world:
        query = replayed.lists.filter(pl.col("direction") == "postings")["query"][0]
        answer = world.matcher.postings_for(query, Question(k=30, today=CUTOFF.date(), explained=False))
        folder = next((settings.home / "replays").iterdir())
    own = replayed.lists.filter(
        pl.col("system") == "gradmatch", pl.col("direction") == "postings", pl.col("query") == query
    )["document"].to_list()
    listed = [match.key for match in answer.matches]
    assert own == [key for key in listed if key in own][: len(own)]
    assert len(set(listed[: len(own)]) - set(own)) <= 3  # what the graduate had applied to before
    assert not folder.exists()


def test_a_system_from_a_file_is_measured_beside_the_others_and_its_faults_are_found(province, tmp_path):
    store, settings = province
    future = store.past(CUTOFF + HORIZON).interactions().filter(pl.col("at") >= CUTOFF, pl.col("action") == "shown")
    cheat = future.select(pl.col("graduate").alias("query"), pl.col("posting").alias("document")).unique()
    cheat = cheat.with_columns(score=pl.lit(1.0))
    cheat.write_csv(tmp_path / "cheat.csv")
    plan = Replay(
        CUTOFF, HORIZON, [Direction.POSTINGS], depth=20, sampling=SAMPLING, limit=15,
        others={"from a file": read_lists(tmp_path / "cheat.csv")},
    )  # fmt: skip
    found = plan.replay(store, HASHING, settings)
    assert "from a file" in found.systems
    assert {f.fault for f in found.findings if f.system == "from a file"} >= {"ineligible"}
    assert found.failed
    found.save(tmp_path / "out")
    assert Evaluation.load(tmp_path / "out").lists.equals(found.lists)
    with pytest.raises(QueryError, match="name of a baseline"):
        Replay(CUTOFF, HORIZON, others={"bm25": plan.others["from a file"]})


def looks_by_hand(store):
    """How often each pair was looked at after the cutoff: places by the curve estimated before it, until applied to."""
    looked, _ = examination_of(store.past(CUTOFF).interactions())
    events = store.past(CUTOFF + HORIZON).interactions().filter(pl.col("at") >= CUTOFF)
    first = {}
    for g, p, action, moment in events.select("graduate", "posting", "action", "at").iter_rows():
        if action == "applied":
            first[g, p] = min(moment, first.get((g, p), moment))
    sums = {}
    for g, p, moment, rank in (
        events.filter(pl.col("action") == "shown").select("graduate", "posting", "at", "rank").unique().iter_rows()
    ):
        if (g, p) not in first or moment < first[g, p]:
            sums[g, p] = sums.get((g, p), 0.0) + looked.chances[min(rank, len(looked.chances)) - 1]
    return sums


def test_the_chances_of_the_service_are_measured_against_what_came(replayed, province):
    store, settings = province
    looks = looks_by_hand(store)
    assert max(looks.values()) > 1
    curve = replayed.reliability
    assert set(curve["system"]) == {"gradmatch"}
    assert set(curve["direction"]) == {"postings", "graduates"}
    lists = replayed.lists.filter(pl.col("system") == "gradmatch", pl.col("grade").is_not_null())
    for direction, least, side in (("postings", 2, 0), ("graduates", 1, 1)):
        pairs = lists.filter(pl.col("direction") == direction)
        chance = chances_of(settings)(pairs["score"].to_numpy())[side]
        if direction == "postings":  # a chance is that of one look at the first place
            keys = pairs.select("query", "document").iter_rows()
            chance = 1 - (1 - chance) ** np.array([looks.get(key, 1.0) for key in keys])
        came = (pairs["grade"] >= least).to_numpy()
        own = replayed.summary.filter(
            pl.col("system") == "gradmatch", pl.col("direction") == direction, pl.col("axis") == ALL
        )
        means = dict(own.select("measure", "mean").iter_rows())
        assert means["Brier"] == pytest.approx(np.mean((chance - came) ** 2), abs=1e-6)
        mine = curve.filter(pl.col("direction") == direction)
        assert mine["n"].sum() == len(pairs)
        assert (mine["n"] * mine["observed"]).sum() == pytest.approx(came.sum())


def test_a_low_place_is_looked_at_less_and_so_its_chance_is_less():
    """A posting that was clicked by 60 of 100 at the first place and 30 of 100 at the second: half as many looks."""
    rows = []
    for place, clicks in ((1, 60), (2, 30)):
        for i in range(100):
            rows.append((f"g{place}-{i}", "p", "shown", at(1), place))
            rows.extend([(f"g{place}-{i}", "p", "clicked", at(1, 9), None)] if i < clicks else [])
    for g, place, hour in (("g", 2, 8), ("h", 1, 8), ("h", 2, 10)):
        rows.append((g, "p", "shown", at(20, hour), place))
    rows += [("h", "p", "applied", at(20, 9), None), ("i", "p", "applied", at(20), None)]
    schema = {"graduate": pl.String, "posting": pl.String, "action": pl.String, "at": pl.Datetime("us", "UTC"),
              "rank": pl.Int32}  # fmt: skip
    split = split_frame(pl.DataFrame(rows, schema=schema, orient="row"), CUTOFF, HORIZON)
    judged = judged_pairs(split.past, split.future, Direction.POSTINGS).judged
    told = with_looks(judged, split.past, split.future)
    assert {row["query"]: round(row["looked"], 6) for row in told.to_dicts()} == {"g": 0.5, "h": 1.0, "i": 1.0}
    found = judgements(told, ["g", "h", "i"], ["p"])
    assert found.looked_at(np.zeros((3, 1), np.int32))[:, 0].tolist() == pytest.approx([0.5, 1.0, 1.0])
    lists = Rankings(["g", "h", "i"], ["p"], np.zeros((3, 1), np.int32), None, np.full((3, 1), 0.36, np.float32))
    own = brier(Judged(lists, found, comes_about=2))
    assert own.mean() == pytest.approx((0.2**2 + 0.64**2 + 0.64**2) / 3, abs=1e-6)


def test_features_that_are_no_numbers_are_told(tmp_path):
    for content, match in (
        ("graduate,posting,x\ng,p,1\ng,q,high\n", "data row 2"),
        ("graduate,x\ng,1\n", "Give graduate and posting"),
        ("graduate,posting\ng,p\n", "Give graduate and posting"),
    ):
        (tmp_path / "f.csv").write_text(content, encoding="utf-8")
        with pytest.raises(FileError, match=match):
            read_features(tmp_path / "f.csv", GRADUATE_POSTING)
    with pytest.raises(FileError, match="No such file"):
        read_features(tmp_path / "none.csv", GRADUATE_POSTING)


def test_the_features_looked_at_are_those_that_are_ranked_by(province):
    from matching.features import FEATURE_NAMES
    from matching.question import Question

    store, settings = province
    with world_at(store, HASHING, settings, temporal_split(store, CUTOFF, HORIZON)) as world:
        key = str(world.state.graduates.keys.values[3])
        answer = world.matcher.postings_for(key, Question(k=10, today=world.day, explained=False))
        rows = np.array([world.state.postings.row_of(match.key) for match in answer.matches], np.int64)
        features = world.matcher.features_of(3, rows, world.day)
        points = world.state.ranker.contributions(features).sum(axis=1) / 1e6
    assert features.shape == (10, len(FEATURE_NAMES))
    assert points.tolist() == [match.score for match in answer.matches]


def test_the_command_prints_and_exits(province, tmp_path):
    _, settings = province
    arguments = ["replay", "--cutoff", "2026-05-16", "--home", settings.home, "--direction", "graduates"]
    arguments += ["--depth", "5", "--limit", "20", "--resamples", "50"]
    (tmp_path / "s.toml").write_text('[encoder]\nname = "hashing"\n', encoding="utf-8")
    arguments += ["--settings", tmp_path / "s.toml", "--out", tmp_path / "out"]
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], env={"LC_ALL": "C"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert list(record) == ["provenance", "failed", "findings", "warnings", "summary", "differences", "reliability"]
    assert record["provenance"]["command"][0] == "gradmatch"
    assert record["provenance"]["counts"]["queries for graduates"] <= 20
    assert Evaluation.load(tmp_path / "out").provenance.kind == "replay"


def test_records_stand_as_they_did(sqlite_store):
    early, late, closed, full = postings()[:4]
    closed = closed.model_copy(update={"status": "closed", "closes": None})
    late = late.model_copy(update={"published": at(23).date()})
    people = [g.model_copy(update={"status": "placed"}) for g in graduates()[:2]]
    sqlite_store.upsert([early, late, closed, full, *people])
    sqlite_store.upsert(
        [event(1, people[0].id, full.id, "hired", at(25)), event(2, people[1].id, full.id, "hired", at(2))]
    )
    then = AsOf(sqlite_store, at(22), now=at(30))
    found = {record.key: record for batch in then.scan("posting") for record in batch}
    assert set(found) == {early.key, closed.key, full.key}
    assert found[closed.key].status == "open"
    assert found[full.key].filled == full.filled - 1
    assert {record.key: record.status for batch in then.scan("graduate") for record in batch} == {
        people[0].key: "seeking", people[1].key: "placed",
    }  # fmt: skip


def frame(rows):
    schema = {"graduate": pl.String, "posting": pl.String, "action": pl.String, "at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_pairs_are_graded_by_how_far_they_came():
    past = frame([("g1", "p1", "applied", at(1)), ("g1", "p3", "shown", at(1))])
    future = frame(
        [
            ("g1", "p1", "answered", at(20)),  # applied before: no question any more
            ("g1", "p1b", "applied", at(20)),  # repeats p1
            ("g1", "p2", "shown", at(20)), ("g1", "p2", "applied", at(21)), ("g1", "p2", "hired", at(22)),
            ("g1", "p3", "dismissed", at(20)), ("g2", "p2", "applied", at(20)), ("g2", "p3", "shown", at(20)),
        ]
    )  # fmt: skip
    found = judged_pairs(past, future, Direction.POSTINGS, same={"p1b": "p1"})
    assert found.judged.rows() == [("g1", "p2", 5), ("g1", "p3", 0), ("g2", "p2", 2), ("g2", "p3", 0)]
    assert found.settled.rows() == [("g1", "p1")]
    other = judged_pairs(past, future, Direction.GRADUATES, same={"p1b": "p1"})
    assert other.judged.rows() == [("p2", "g1", 4), ("p2", "g2", 0)]


def test_a_split_has_each_moment_on_its_side():
    table = frame([("g", "p", "shown", at(15, 23)), ("g", "p", "shown", at(16, 0)), ("g", "p", "shown", at(18))])
    split = split_frame(table, CUTOFF, timedelta(days=1))
    assert (split.past.height, split.future.height, split_findings(split)) == (1, 1, [])
    shuffled = split_frame(table.sample(3, shuffle=True, seed=1), CUTOFF, timedelta(days=1))
    assert shuffled.fingerprint == split.fingerprint
    swapped = Split(split.cutoff, split.until, split.future, split.past)
    assert [finding.fault for finding in split_findings(swapped)] == ["swapped split"]
    with pytest.raises(InputError, match="nothing happened"):
        split_frame(table, at(25), HORIZON)


def test_interactions_from_parquet(tmp_path):
    table = frame([("g", "p", "shown", at(15))]).with_columns(more=pl.lit(1))
    table.write_parquet(tmp_path / "i.parquet")
    assert read_interactions(tmp_path / "i.parquet").columns == ["graduate", "posting", "action", "at"]
    for wrong, match in (
        (table.drop("at"), "no column at"),
        (table.with_columns(pl.col("at").dt.replace_time_zone(None)), "no moment"),
        (table.with_columns(action=pl.lit("liked")), "unknown action"),
        (table.with_columns(posting=pl.lit(None, pl.String)), "rows have no"),
    ):
        wrong.write_parquet(tmp_path / "w.parquet")
        with pytest.raises(FileError, match=match):
            read_interactions(tmp_path / "w.parquet")
    with pytest.raises(FileError, match="no Parquet"):
        read_interactions(tmp_path / "none.parquet")


def test_repeated_postings_are_found_and_others_are_not():
    made = SampleProvince(7, graduates=1, postings=600)
    every = list(made.postings())
    true, found = made.originals(np.arange(600)), originals(every)
    repeats, ours = true != np.arange(600), found != np.arange(600)
    assert repeats.sum() > 30
    assert (ours & ~repeats).sum() == 0
    assert (ours & repeats).sum() >= 0.95 * repeats.sum()
    assert (found[ours] == true[ours]).all()
    assert originals([]).tolist() == []


def test_what_has_one_twin_code_repeats_each_other_and_employers_are_kept_apart():
    made = list(SampleProvince(7, graduates=1, postings=600).postings())
    copies = [one.model_copy(update={"id": f"{one.id}x", "tenant": "sample-b", "headcount": 9}) for one in made[:50]]
    every = [*made, *copies]
    first = originals(every)
    by_code = {}
    for place, posting in enumerate(every):
        assert first[by_code.setdefault(twin_code(posting), place)] == first[place]
    text = "负责后厨切配与出品，保持岗位卫生，服从排班，有健康证者优先，包吃住，月休四天，表现优秀可晋升主管。" * 2
    owners = ["甲酒店", "乙饭店", "甲酒店", "", "乙饭店"]
    assert repeated([text] * 5, owners).tolist() == [0, 1, 0, 0, 1]  # the nameless one goes with the first
    assert repeated([text, "", ""], ["甲", "", ""]).tolist() == [0, 1, 1]
    assert repeated([], []).tolist() == []
    assert repeated(["一二三四五", "六七八九十"], ["", ""], [1, 1]).tolist() == [0, 0]


def test_the_best_are_those_with_the_largest_scores_ties_by_key(province):
    store, settings = province
    with world_at(store, HASHING, settings, temporal_split(store, CUTOFF, HORIZON)) as world:
        ground = world.ground(Direction.POSTINGS, limit=3)
        scores = [np.round(np.random.default_rng(i).random(len(ground.documents)), 1) for i in range(3)]
        found = best_of(ground, 5, iter(scores[:2]))
    for query in range(2):
        allowed = np.flatnonzero(ground.open_to(query))
        brute = sorted(allowed.tolist(), key=lambda row: (-scores[query][row], ground.documents[row]))[:5]
        assert found.rows[query].tolist() == brute
    assert found.answered.tolist() == [True, True, False]
    kept = ground.without_settled(Rankings(ground.queries, ground.documents, found.rows), 3)
    assert kept.rows.shape == (3, 3)


def test_lists_from_files_are_checked(tmp_path):
    (tmp_path / "bad.csv").write_text("query,document\nq,d\n", encoding="utf-8")
    (tmp_path / "nan.csv").write_text("query,document,score\nq,d,1\nq,e,x\n", encoding="utf-8")
    with pytest.raises(FileError, match="columns are query, document"):
        read_lists(tmp_path / "bad.csv")
    with pytest.raises(FileError, match="data row 2"):
        read_lists(tmp_path / "nan.csv")
    for content, match in (
        ("query,document,score\nq,d,1\nq,d,2\n", "twice for its query"),
        ("query,document,score,chance\nq,d,1,1.2\n", "chance is not from 0 to 1"),
        ("query,document,score\nq,,1\n", "is empty"),
        ("query,document,score\nq,d,inf\n", "no finite number"),
        ("", "no CSV"),
    ):
        (tmp_path / "wrong.csv").write_text(content, encoding="utf-8")
        with pytest.raises(FileError, match=match):
            read_lists(tmp_path / "wrong.csv")


def bare_ground_of(queries, documents):
    nothing = np.empty(0, np.int64)
    judgements = Judgements.of_arrays(nothing, nothing, nothing.astype(np.int16), len(queries))
    market = Market(np.ones(len(documents)), np.zeros(len(documents)))
    return Ground(Direction.POSTINGS, queries, documents, judgements, market, None, [nothing] * len(queries),
                  np.arange(len(documents)))  # fmt: skip


def test_lists_from_a_chinese_excel_and_their_chances(tmp_path):
    ground = bare_ground_of(["张三", "李四"], ["会计", "出纳"])
    text = "query,document,score,chance\n张三,会计,2,0.5\n张三,没有的,3,0.25\n王五,出纳,1,0.1\n"
    for encoding in ("gb18030", "utf-8-sig", "utf-16"):
        (tmp_path / "l.csv").write_bytes(text.encode(encoding))
        found = read_lists(tmp_path / "l.csv")(ground, 5)
        assert found.rows.tolist() == [[FOREIGN, 0], [NOTHING, NOTHING]]
        assert found.scores[0].tolist() == [3, 2]
        assert found.chances[0].tolist() == [0.25, 0.5]
    (tmp_path / "empty.csv").write_text("query,document,rank\n", encoding="utf-8")
    (tmp_path / "empty.run").write_text("", encoding="utf-8")
    for name in ("empty.csv", "empty.run"):
        assert not read_lists(tmp_path / name)(ground, 5).answered.any()


def test_moments_need_a_zone(sqlite_store):
    with pytest.raises(QueryError):
        temporal_split(sqlite_store, datetime(2026, 5, 16), HORIZON)
    assert at(16).astimezone(UTC).hour == 0
