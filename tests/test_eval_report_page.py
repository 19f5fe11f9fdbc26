"""The report: what the page, the Markdown and the JSON say, that nothing is loaded from elsewhere, and the charts."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import jsonschema
import polars as pl
import pytest
from typer.testing import CliRunner

from eval.audit import GAPS
from eval.audit_charts import gap_charts
from eval.charts import Range, Spot, bars, distribution, fan, front, ranges, reliability, stacked, unbeaten, wilson
from eval.cli import app
from eval.document import Document, Words, document_of, extremes
from eval.evaluation import LISTS, RELIABILITY, SUMMARY, VALUES, Evaluation, Finding, Provenance
from eval.markdown import markdown, model_card
from eval.page import figures, html_page


def evaluation(*, simulated=False):
    systems, n = ("bm25", "gradmatch"), 24
    values = [
        (s, "postings", "nDCG@10", f"t:g{i:02d}", i / n + (0.01 if s == "gradmatch" else 0), True)
        for s in systems
        for i in range(n)
    ]
    mean = sum(range(n)) / n / n
    summary = [
        ("bm25", "postings", "all", "all", "nDCG@10", mean, mean - 0.1, mean + 0.1, n, 0, False),
        ("gradmatch", "postings", "all", "all", "nDCG@10", mean + 0.01, mean - 0.09, mean + 0.11, n, 1, False),
        ("gradmatch", "postings", "degree", "大专 <x>", "nDCG@10", 0.1, 0.05, 0.15, 40, 0, False),
        ("gradmatch", "postings", "degree", "博士", "nDCG@10", 0.9, None, None, 1, 0, True),
        ("bm25", "postings", "all", "all", "Congestion@10", 0.2, 0.1, 0.3, n, 0, False),
        ("gradmatch", "postings", "all", "all", "Congestion@10", 0.1, 0.05, 0.2, n, 0, False),
    ]
    lists = [("gradmatch", "postings", f"t:g{i:02d}", 1, "t:p1", 1.0, i % 2, i != 3) for i in range(n)]
    curve = [("gradmatch", "postings", 0, 0.05, 0.1, 50), ("gradmatch", "postings", 1, None, None, 0)]

    def table(rows, schema):
        return pl.DataFrame(rows, schema=dict(schema), orient="row")

    return Evaluation(
        provenance=Provenance(kind="replay", code_version="1", data="hash", seed=3, simulated=simulated,
                              command=("gradmatch", "eval", "replay")),
        values=table(values, VALUES),
        summary=table(summary, SUMMARY),
        lists=table(lists, LISTS),
        reliability=table(curve, RELIABILITY),
        findings=(Finding(fault="leak", fatal=True, zh="泄漏", en="a leak"),),
    )  # fmt: skip


NAMES = Words(names={"t:p1": "护士 <b> · 医院", "t:g00": "本科 · 护理"}, reasons={("t:g23", "t:p1"): ["+1.0 专业对口"]})


def test_the_page_says_what_the_document_says_and_loads_nothing():
    page = html_page(document_of(evaluation(), words=NAMES))
    assert not re.search(r"(src|href)\s*=|url\(|@import|<script|https?://(?!www\.w3\.org/2000/svg)", page)
    for words in (
        "大专 &lt;x&gt;",
        "护士 &lt;b&gt; · 医院",
        "+1.0 专业对口",
        "本科 · 护理",
        "gradmatch eval replay",
        "泄漏",
    ):
        assert words in page, words
    assert "SIMULATED" not in page
    assert page.count("<svg") == 6 - 1  # systems, distribution, slices, reliability, front; no differences
    assert html_page(document_of(evaluation(), words=NAMES)) == page


def test_a_simulated_result_is_labelled_everywhere():
    document = document_of(evaluation(simulated=True))
    assert "SIMULATED" in html_page(document)
    assert "SIMULATED" in markdown(document)
    assert "SIMULATED" in model_card(document)
    assert document.simulated


def test_the_ten_best_and_the_ten_worst():
    found = extremes(evaluation(), "gradmatch", "nDCG@10")
    assert [q for _, q, _, e in found if e == "best"] == [f"t:g{i:02d}" for i in range(23, 13, -1)]
    assert [q for _, q, _, e in found if e == "worst"] == [f"t:g{i:02d}" for i in range(9, -1, -1)]
    few = replace(evaluation(), values=evaluation().values.filter(pl.col("query") < "t:g03"))
    assert [e for *_, e in extremes(few, "gradmatch", "nDCG@10")] == ["best", "worst"]  # nobody is both


def test_markdown_and_card():
    document = document_of(evaluation())
    assert "| nDCG@10 | 0.4792 [0.379, 0.579] | 0.4892 [0.389, 0.589] |" in markdown(document)
    assert "博士（太小 too small） | 0.9000 | 1 |" in markdown(document)
    card = model_card(document)
    assert "degree = 大专 <x>: 0.1000 [0.050, 0.150], n = 40 (总体 all 0.489)" in card


def test_the_command_writes_what_its_schema_says(tmp_path):
    evaluation().save(tmp_path / "run")
    (tmp_path / "names.tsv").write_text("t:p1\t护士 13800138000\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["report", str(tmp_path / "run"), "--texts", str(tmp_path / "names.tsv")],
                                catch_exceptions=False)  # fmt: skip
    assert result.exit_code == 0
    names = ["report.html", "report.md", "model-card.md", "report.json"]
    assert result.stdout.split() == [str(tmp_path / "run" / name) for name in names]
    schema = json.loads(CliRunner().invoke(app, ["schema"], catch_exceptions=False).stdout)
    record = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(record, schema)
    assert record["lists"][0]["items"][0]["words"].startswith("护士")
    assert "13800138000" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert Document.model_validate(record).headline == "nDCG@10"


def test_the_curve_of_small_chances_fills_its_picture():
    """Chances of a market are small: the axes end where the data do, and equal counts are said once."""
    chart = reliability("t", [(0.02, 0.01, 100), (0.05, 0.06, 101)])
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', chart.svg)]
    assert max(dots) > 240  # on axes to 1 it were 94
    assert chart.svg.count("about 101 pairs a dot") == 1
    assert "pairs a dot" not in reliability("t", [(0.02, 0.01, 100), (0.05, 0.06, 900)]).svg
    assert "900" in reliability("t", [(0.02, 0.01, 100), (0.05, 0.06, 900)]).svg


def test_gaps_are_drawn_once_raw_and_within_majors():
    both = {"gap": 0.1, "low": 0.0, "high": 0.2, "adjusted": 0.05, "adjusted_low": -0.1, "adjusted_high": 0.1}
    own = {"system": "s", "direction": "postings", "kind": "opportunity", "measure": "nDCG@10", "axis": "sex"}
    people = {"n": 40, "others": 60, "mean": 0.3, "mean_others": 0.2, "small": False}
    rows = [
        {**own, **both, **people, "group": "女 / female"},
        {**own, **both, **people, "group": "男 / male", "gap": -0.1},
        {**own, **people, "group": "困难群体 / hardship", "gap": None},
    ]
    (chart,) = gap_charts(pl.DataFrame(rows, schema=dict(GAPS), orient="row"))
    assert chart.svg.count("<circle") == 2
    assert "within majors" in chart.svg
    assert "n=40 / 60" in chart.svg
    assert "男" not in chart.svg


def test_slices_that_say_little_stand_last():
    summary = evaluation().summary
    more = [("gradmatch", "postings", "degree", name, "nDCG@10", 0.2, 0.1, 0.3, 40, 0, False)
            for name in ("不详 / unknown", "其他 / other", "本科")]  # fmt: skip
    grown = replace(evaluation(), summary=summary.vstack(pl.DataFrame(more, schema=dict(SUMMARY), orient="row")))
    found = next(c.svg for c in (chart for _, chart in figures(document_of(grown), "postings")) if "本科" in c.svg)
    assert found.index("大专") < found.index("本科") < found.index("其他") < found.index("不详")


def test_charts_are_whole_and_keep_their_figures():
    spots = [Spot(n, Range(n, x, x, x), Range(n, y, y, y)) for n, x, y in (("a", 1, 3), ("b", 2, 3), ("c", 3, 5))]
    assert [spot.label for spot in unbeaten(spots)] == ["a", "c"]
    charts = [
        ranges(
            "<t>", [Range("a&b", 0.5, 0.4, 0.6, "n=3"), Range("c", 0.1, None, None, faint=True)], zero=True, mark=0.3
        ),
        distribution("t", [(Range("a", 0.5, 0.4, 0.6), [0, 3, 9])], low=0, high=1),
        reliability("t", [(0.1, 0.2, 10), (0.5, 0.0, 0)]),
        front("t", spots, x_label="x", y_label="y"),
        stacked("t", [("r", [2, -1, 0], "1.0")], ["甲", "乙", "丙"], unit="分"),
        fan("t", [[3, 2, 1], [5, 4, 0]], x_label="名次", y_label="分"),
        fan("t", [[1]], x_label="", y_label=""),
        bars("t", [("a", 0.5, "50 %"), ("b", 0.0, "0 %")], most=1),
        *(make("t", []) for make in (ranges, reliability, bars)),
        stacked("t", [], ["甲"], unit=""),
        fan("t", [], x_label="", y_label=""),
        front("t", [], x_label="x", y_label="y"),
        distribution("t", [], low=0, high=1),
        ranges("one", [Range("a", 0.0, 0.0, 0.0)]),
    ]
    for chart in charts:
        ET.fromstring(chart.svg)
        assert chart._repr_html_().endswith(chart.svg)
        assert "nan" not in chart.svg
    whole = next(chart.svg for chart in charts if "甲" in chart.svg)
    assert "丙" not in whole  # nobody has it
    left, right = sorted(
        (float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', whole)
    )
    assert left[0] + left[1] == pytest.approx(right[0], abs=0.2)  # what is below 0 ends where what is above it begins
    assert right[1] == pytest.approx(2 * left[1], abs=0.2)
    assert "a&amp;b" in charts[0].svg
    assert "0.500  n=3" in charts[0].svg
    dots = re.findall(r'<circle cx="([\d.]+)"', charts[0].svg)
    assert float(dots[1]) < float(dots[0])
    # 2 of 10: (.2 + z²/20 ± z √(.016 + z²/400)) / (1 + z²/10) with z = 1.96
    assert wilson(0.2, 10) == pytest.approx((0.0567, 0.5098), abs=1e-4)
