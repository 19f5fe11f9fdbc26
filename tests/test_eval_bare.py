"""Replays of interactions alone: Parquet and RecBole's atomic files, by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from eval.bare import Collection, bare_ground, read_atomic, read_collection, repeats, replay_bare
from eval.cli import app
from eval.evaluation import ALL, Direction
from eval.foreknowledge import GRADUATE_POSTING, read_features
from eval.recommenders import from_table
from eval.split import split_frame
from eval.summary import Sampling
from matching.errors import FileError, InputError, QueryError

CUTOFF = datetime(2026, 1, 10, tzinfo=UTC)


def seconds(day):
    return datetime(2026, 1, day, 12, tzinfo=UTC).timestamp()


ROWS = [
    ("u1", "i1", 1, 2), ("u2", "i1", 1, 3), ("u2", "i2", 0, 4), ("u3", "i3", 1, 5),
    ("u1", "i2", 1, 12), ("u3", "i1", 1, 12), ("u3", "i2", 0, 13), ("u4", "i9", 1, 14), ("u2", "i1", 1, 15),
]  # fmt: skip


@pytest.fixture
def atomic(tmp_path):
    head = "user_id:token\titem_id:token\tlabel:float\ttimestamp:float\n"
    lines = "".join(f"{u}\t{i}\t{label}\t{seconds(day)}\n" for u, i, label, day in ROWS)
    (tmp_path / "d.inter").write_text(head + lines, encoding="utf-8")
    (tmp_path / "d.item").write_text(
        "item_id:token\ttitle:token_seq\tpay:float\ni1\tjava 开发\t5\ni2\t会计\t4\ni3\t护士\t3\ni4\t司机\t1\n",
        encoding="utf-8",
    )
    users = "user_id:token\ttext:token_seq\nu1\t会计 做账\nu2\tjava\nu3\tjava 开发\nu4\t无\n"
    (tmp_path / "d.user").write_text(users, encoding="utf-8")
    return tmp_path / "d.inter"


def test_recbole_files_become_interactions_and_texts(atomic):
    found = read_collection(atomic)
    assert found.interactions.select("graduate", "posting", "action").rows()[2] == ("u2", "i2", "shown")
    assert found.interactions["at"][0] == datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert found.posting_texts["i1"] == "java 开发"
    assert list(found.graduate_texts) == ["u1", "u2", "u3", "u4"]


def test_the_ground_by_hand(atomic):
    collection = read_collection(atomic)
    split = split_frame(collection.interactions, CUTOFF, timedelta(days=20))
    ground = bare_ground(collection, split, Direction.POSTINGS)
    assert (ground.queries, ground.documents) == (["u1", "u3", "u4"], ["i1", "i2", "i3", "i4"])  # u2 had applied to i1
    assert ground.judgements.relevant.tolist() == [1, 1, 1]
    assert ground.judgements.within(4).tolist() == [1, 1, 0]  # i9 was not there yet
    assert ground.market.popularity.tolist() == [2, 0, 1, 0]
    assert [rows.tolist() for rows in ground.settled] == [[0], [2], []]
    assert ground.columns["history"] == ["有记录 / warm", "有记录 / warm", "无记录 / cold"]


def test_the_words_find_what_popularity_does_not(atomic):
    collection = read_collection(atomic)
    split = split_frame(collection.interactions, CUTOFF, timedelta(days=20))
    mine = from_table(pl.DataFrame({"query": ["u1"], "document": ["i2"], "rank": [1]}))
    found = replay_bare(
        collection,
        split,
        directions=[Direction.POSTINGS],
        depth=3,
        others={"mine": mine},
        sampling=Sampling(resamples=50),
    )
    assert found.systems == ["random", "popularity", "tfidf", "bm25", "mine"]
    rows = found.values.filter(pl.col("measure") == "MRR", pl.col("query") == "u1")
    values = dict(rows.select(pl.col("system").cast(pl.String), "value").iter_rows())
    assert (values["bm25"], values["popularity"], values["mine"]) == (1, 1 / 2, 1)  # i3, then i2, before i4
    everyone = found.summary.filter(pl.col("axis") == ALL, pl.col("system") == "mine", pl.col("measure") == "MRR")
    assert everyone.select("mean", "n", "unanswered").row(0) == (pytest.approx(1 / 3), 3, 2)
    assert found.summary.filter(pl.col("measure") == "Violations@3")["mean"].is_null().all()


def test_the_command_replays_parquet_and_atomic_files(atomic, tmp_path):
    collection = read_collection(atomic)
    collection.interactions.write_parquet(tmp_path / "i.parquet")
    for path, systems in ((atomic, 4), (tmp_path / "i.parquet", 2)):
        result = CliRunner().invoke(
            app,
            ["replay", "--interactions", str(path), "--cutoff", "2026-01-10", "--days", "20", "--depth", "3", "--json",
             "--direction", "postings"],
            catch_exceptions=False,
        )  # fmt: skip
        record = json.loads(result.stdout)
        assert len({row["system"] for row in record["summary"]}) == systems
        assert record["provenance"]["simulated"] is False


def made(*, leaked=False):
    """200 people shown 30 of 40 postings, half before the cutoff; leaked: the hired say by whom, in their texts."""
    random = np.random.default_rng(8)
    rows, texts = [], {}
    for person in range(200):
        texts[f"u{person:04d}"] = f"有{random.integers(9)}年经验"
        for place, item in enumerate(random.permutation(40)[:30].tolist()):
            moment = datetime(2026, 1, 2 if place % 2 else 12, tzinfo=UTC)
            rows.append((f"u{person:04d}", f"item-{item:02d}", "shown", moment))
            if random.random() < 0.2:
                rows.append((f"u{person:04d}", f"item-{item:02d}", "applied", moment + timedelta(hours=1)))
                if leaked and not place % 2:
                    texts[f"u{person:04d}"] += f"，已投item-{item:02d}"
    schema = {"graduate": pl.String, "posting": pl.String, "action": pl.String, "at": pl.Datetime("us", "UTC")}
    items = {f"item-{i:02d}": f"岗位{i}" for i in range(40)}
    return Collection(pl.DataFrame(rows, schema=schema, orient="row"), texts, items)


def replayed(collection, *, features=None, directions=(Direction.POSTINGS,), others=None):
    split = split_frame(collection.interactions, CUTOFF, timedelta(days=20))
    return replay_bare(collection, split, directions=directions, depth=5, others=others or {},
                       sampling=Sampling(resamples=20, flips=50), features=features)  # fmt: skip


@pytest.mark.parametrize("leaked", [True, False])
def test_a_feature_that_counts_beyond_the_cutoff_fails_the_run(leaked, tmp_path):
    """A hint of what came after the cutoff, and of nothing before it: found, although it is no certainty."""
    collection = made()
    came = (pl.col("action") == "applied") & (pl.col("at") >= CUTOFF)
    told = collection.interactions.group_by("graduate", "posting").agg(came.any().alias("came"))
    hint = told["came"].cast(pl.Float64) * leaked * 1.5 + np.random.default_rng(1).normal(size=len(told))
    told.select("graduate", "posting", hint.alias("热度")).write_csv(tmp_path / "f.csv")
    found = replayed(collection, features=read_features(tmp_path / "f.csv", GRADUATE_POSTING))
    faults = [f for f in found.findings if f.fault == "leaked feature"]
    assert bool(faults) == leaked == found.failed
    if leaked:
        assert "热度" in faults[0].zh
        assert faults[0].evidence["auc before"] < 0.6 < faults[0].evidence["auc"] < 0.95


@pytest.mark.parametrize("direction", [Direction.POSTINGS, Direction.GRADUATES])
def test_a_text_that_knows_the_future_fails_the_run_from_both_sides(direction):
    """The people's texts name the postings, whether people are asked for or ask."""
    collection = made(leaked=True)
    answers = collection.interactions.filter(pl.col("action") == "applied", pl.col("at") >= CUTOFF)
    answered = answers.sample(fraction=0.5, seed=1).with_columns(action=pl.lit("answered"))
    if direction is Direction.GRADUATES:
        named = answered.group_by("graduate").agg(pl.col("posting").str.join(" "))
        texts = {**dict.fromkeys(collection.graduate_texts, "无"), **dict(named.iter_rows())}
        collection = Collection(pl.concat([collection.interactions, answered]), texts, collection.posting_texts)
    found = replayed(collection, directions=[direction])
    assert [(f.fault, f.direction) for f in found.findings if f.fatal] == [("leaked text", direction.value)]
    assert found.failed


def test_a_posting_that_is_posted_again_does_not_sit_on_both_sides():
    """Judged, settled and popular together with what it repeats; a short text says nothing."""
    long = (
        "负责后端服务的设计与开发，维护线上系统的稳定运行，参与需求评审，编写技术文档，配合测试与运维完成上线，有责任心"
    )
    rows = [("u1", "i1", "applied", 2), ("u2", "i1", "applied", 3), ("u3", "i2", "applied", 4),
            ("u1", "i1-again", "applied", 12), ("u1", "i2", "shown", 12),
            ("u3", "i1-again", "applied", 13)]  # fmt: skip
    moments = [(u, i, a, datetime(2026, 1, day, tzinfo=UTC)) for u, i, a, day in rows]
    schema = {"graduate": pl.String, "posting": pl.String, "action": pl.String, "at": pl.Datetime("us", "UTC")}
    items = {"i1": long, "i1-again": f"{long}。急聘！", "i2": "会计", "i3": "会计"}
    collection = Collection(pl.DataFrame(moments, schema=schema, orient="row"), {}, items)
    split = split_frame(collection.interactions, CUTOFF, timedelta(days=20))
    same = repeats(collection, split)
    assert same == {"i1-again": "i1"}
    ground = bare_ground(collection, split, Direction.POSTINGS, same=same)
    assert (ground.queries, ground.documents) == (["u1", "u3"], ["i1", "i1-again", "i2", "i3"])
    assert ground.market.popularity.tolist() == [2, 2, 1, 0]
    assert [rows.tolist() for rows in ground.settled] == [[0, 1], [2]]
    assert ground.judgements.document.tolist() == [2, 0]  # u1 had applied to i1; u3's new one is i1
    assert ground.same.tolist() == [0, 0, 2, 3]
    turned = bare_ground(collection, split, Direction.GRADUATES, same=same)
    assert turned.queries == ["i1"]


def test_an_honest_collection_is_accused_of_nothing():
    assert not replayed(made(), directions=[Direction.POSTINGS, Direction.GRADUATES]).failed


def test_a_generated_collection_is_labelled_so():
    """One generated key is enough: a mixture must not pass for real."""
    collection = made()
    mixed = collection.interactions.with_columns(graduate=pl.col("graduate").replace("u0003", "sample-a:g1"))
    assert replayed(Collection(mixed)).provenance.simulated
    assert not replayed(collection).provenance.simulated


def test_broken_atomic_files_are_told_where(tmp_path):
    (tmp_path / "a.inter").write_text("user_id\titem_id:token\n", encoding="utf-8")
    with pytest.raises(FileError, match="has no type"):
        read_atomic(tmp_path / "a.inter")
    (tmp_path / "a.inter").write_text("user_id:token\titem_id:token\nu\ti\n", encoding="utf-8")
    with pytest.raises(FileError, match="no column timestamp"):
        read_collection(tmp_path / "a.inter")
    (tmp_path / "a.inter").write_text(
        "user_id:token\titem_id:token\ttimestamp:float\nu\ti\t1\nu\tj\tsoon\n", encoding="utf-8"
    )
    with pytest.raises(FileError, match="line 3"):
        read_collection(tmp_path / "a.inter")
    with pytest.raises(FileError):
        read_collection(tmp_path / "none.inter")
    for row, match in (("u\t\t1", "is empty"), ("u\ti\t1e30", "no moment")):
        (tmp_path / "a.inter").write_text(f"user_id:token\titem_id:token\ttimestamp:float\n{row}\n", encoding="utf-8")
        with pytest.raises(FileError, match=match):
            read_collection(tmp_path / "a.inter")
    with pytest.raises(InputError, match="a horizon"):
        split_frame(made().interactions, CUTOFF, timedelta(days=9e6))


def test_a_file_of_features_that_judges_nothing_is_told_of(tmp_path):
    (tmp_path / "f.csv").write_text("graduate,posting,x\nu0000,item-00,1\n", encoding="utf-8")
    found = replayed(made(), features=read_features(tmp_path / "f.csv", GRADUATE_POSTING))
    assert [(f.fault, f.fatal) for f in found.findings if "feature" in f.fault] == [("features not judged", False)]


def test_nobody_is_no_audit(tmp_path):
    replayed(made()).save(tmp_path / "run")
    words = ["audit", str(tmp_path / "run"), "--purpose", "x", "--home", str(tmp_path)]
    with pytest.raises(QueryError, match="no system 'gradmatch'"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    with pytest.raises(QueryError, match="nobody in the run"):
        CliRunner().invoke(app, [*words, "--system", "random"], catch_exceptions=False)
    assert Collection(pl.DataFrame()).posting_texts == {}
    assert np.isfinite(seconds(1))
