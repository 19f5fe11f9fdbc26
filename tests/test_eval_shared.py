"""Real tasks: read as they were published, and ranked by the lexical side alone (no encoder, seconds)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.prepare_csco import prepare

DATA = Path(__file__).parents[2] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]


def bm25_of(queries: Path, corpus: Path, qrels: Path) -> dict:
    arguments = ["task", "--queries", queries, "--corpus", corpus, "--qrels", qrels, "--system", "bm25", "--json"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    return json.loads(result.stdout)


def test_talentclef_is_read_from_its_folders_and_ranked_as_its_source_says():
    folder = DATA / "talentclef2026-taskA-dev-ro"
    report = bm25_of(folder / "queries", folder / "corpus", folder / "qrels.tsv")
    counts = report["task"]
    assert (counts["judged"], counts["documents"], counts["relevant"], counts["unreachable"]) == (10, 472, 472, 0)
    # A plain BM25 over whole texts is known to reach 0.813, a random order 0.12; ours keeps a query's 64 rarest words.
    assert report["systems"][0]["measures"]["mAP"]["mean"] > 0.7


def test_titles_find_their_occupations_by_words_far_better_than_by_chance(tmp_path):
    counts = prepare(
        DATA / "csco2022-title-coding" / "titles.csv", DATA / "csco2022-occupations" / "csco22.csv", tmp_path
    )
    assert (counts["titles"], counts["occupations"], counts["titles without a known label"]) == (3049, 1632, 4)
    assert [count for name, count in counts.items() if "judged" in name] == [2613, 976, 2986, 3031]
    report = bm25_of(tmp_path / "queries.tsv", tmp_path / "corpus.tsv", tmp_path / "qrels.tsv")
    # One relevant of 1,632 in random order: mean reciprocal rank H(1632) / 1632 = 0.005.
    assert report["systems"][0]["measures"]["MRR"]["mean"] > 0.25
