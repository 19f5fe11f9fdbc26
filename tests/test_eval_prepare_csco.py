"""The title → occupation task, made from tables written by hand."""

from __future__ import annotations

import pytest

from eval.prepare_csco import main, prepare
from eval.task import read_task
from eval.task_folder import read_folder
from matching.errors import FileError

OCCUPATIONS = """\ufefflevel,code,name,definition,tasks
1,2-00-00-00,甲大类,,
2,2-02-00-00,甲中类,,
3,2-02-10-00,甲小类,,
4,2-02-10-01,程序员,"写程序,
的人",
4,2-02-10-01,程序员L,写绿色程序的人,
4,2-03-01-01,农艺师,种地的人,
1,4-00-00-00,乙大类,,
4,4-01-01-01,店员,,
1,8-00-00-00,丙大类,,
"""
TITLES = """job_name,expected_code,expected_name
java 开发,2-02-10-01,程序员
技术员,2-02-00-00,甲中类
专家,2-00-00-00,甲大类
谜,,
怪,9-99-99-99,无
其他,8-00-00-00,丙大类
"""


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "titles.csv").write_bytes(TITLES.replace("\n", "\r\n").encode())
    (tmp_path / "csco22.csv").write_text(OCCUPATIONS, encoding="utf-8")
    return tmp_path / "titles.csv", tmp_path / "csco22.csv"


def test_each_label_is_judged_at_its_own_level(tables, tmp_path):
    out = tmp_path / "out"
    counts = prepare(*tables, out)
    assert counts == {
        "titles": 6,
        "occupations": 3,
        "titles without a known label": 2,
        "labels of level 1": 2,
        "labels of level 2": 1,
        "labels of level 4": 1,
        "titles judged in qrels.tsv": 1,
        "titles judged in qrels-development.tsv": 0,
        "titles judged in qrels-medium.tsv": 2,
        "titles judged in qrels-major.tsv": 3,
    }
    task = read_task(out / "queries.tsv", out / "corpus.tsv", out / "qrels.tsv")
    assert task.queries == {"t1": "java 开发", "t2": "技术员", "t3": "专家", "t4": "谜", "t5": "怪", "t6": "其他"}
    assert task.corpus == {
        "2-02-10-01": "程序员 写程序, 的人 程序员L 写绿色程序的人",
        "2-03-01-01": "农艺师 种地的人",
        "4-01-01-01": "店员",
    }
    assert task.qrels == {"t1": {"2-02-10-01": 1}}
    medium = read_task(out / "queries.tsv", out / "corpus.tsv", out / "qrels-medium.tsv").qrels
    assert medium == {"t1": {"2-02-10-01": 1}, "t2": {"2-02-10-01": 1}}
    major = read_task(out / "queries.tsv", out / "corpus.tsv", out / "qrels-major.tsv").qrels
    assert major == {title: {"2-02-10-01": 1, "2-03-01-01": 1} for title in ("t1", "t2", "t3")}


def test_the_table_asks_for_occupations_that_nothing_was_taught_of(tables, tmp_path):
    titles = f"{TITLES}导购,4-01-01-01,店员\n"  # its minor group is for development, that of the others is not
    tables[0].write_text(titles, encoding="utf-8")
    assert prepare(*tables, tmp_path / "csco")["titles judged in qrels-development.tsv"] == 1
    found = read_folder(tmp_path / "csco")
    assert found.task.qrels == {"t7": {"4-01-01-01": 1}}
    assert len(found.task.corpus) == 3
    assert (found.about.role, found.about.measure) == ("development", "mAP")


def test_the_command_prints_counts_and_tells_errors(tables, tmp_path, capsys):
    assert main([*map(str, tables), str(tmp_path / "out")]) == 0
    assert "titles\t6\n" in capsys.readouterr().out
    assert main([]) == 2
    assert main([str(tmp_path / "absent.csv"), str(tables[1]), str(tmp_path / "out")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_table_without_its_columns_is_an_error(tables, tmp_path):
    with pytest.raises(FileError, match="no column level, code, name, definition"):
        prepare(tables[0], tables[0], tmp_path / "out")
