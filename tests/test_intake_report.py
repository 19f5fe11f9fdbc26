"""Refusal reports: what a person opens in Excel, and what nobody's spreadsheet may execute."""

import csv
import io
import re
import zipfile

import fastexcel
import polars
import pytest

from matching.errors import FileError
from matching.intake.refused import RefusalLog, RefusedValue
from matching.intake.report import HEADERS, write_refusals
from matching.language import Words
from matching.standard.refusals import Refusal


def refusal(value, row=2):
    words = Words("原因", "reason"), Words("办法", "cure")
    return RefusedValue(row, "列", Refusal("title", value, "bad_value", *words))


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "{=1+1}",
    "http://x.cn",
    "\t=1",
    "a\u200b\x00\x07b",
    "\U0001f600<&>",
]


@pytest.fixture
def hostile(tmp_path):
    path = tmp_path / "r.xlsx"
    assert write_refusals((refusal(value) for value in HOSTILE), path) == len(HOSTILE)
    return path


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(hostile):
    with zipfile.ZipFile(hostile) as book:
        parts = {name: book.read(name).decode("utf-8") for name in book.namelist() if name.endswith((".xml", ".rels"))}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert "<f>" not in sheet
    assert "<f " not in sheet
    assert "hyperlink" not in "".join(parts.values())
    assert sheet.count('t="inlineStr"') == len(HEADERS) + len(HOSTILE) * (len(HEADERS) - 1)
    assert re.search(r'<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>', sheet)


def test_the_workbook_reads_back_as_it_was_written(hostile):
    rows = fastexcel.read_excel(hostile).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
    assert rows[0] == ("行号", "字段", "值", "原因", "处理办法", "来源列", "Reason", "Cure", "Code")
    assert [row[2] for row in rows[1:8]] == HOSTILE[:7]
    assert rows[1][:2] == ("2", "title")
    assert rows[9][2] == HOSTILE[8]


def test_more_refusals_than_a_sheet_holds_go_on_in_the_next(tmp_path):
    path = tmp_path / "r.xlsx"
    assert write_refusals((refusal("x", row) for row in range(25)), path, rows_per_sheet=10) == 25
    book = fastexcel.read_excel(path)
    assert book.sheet_names == ["拒收记录", "拒收记录 2", "拒收记录 3"]
    heights = [book.load_sheet(name).height for name in book.sheet_names]
    assert heights == [10, 10, 5]
    assert book.load_sheet("拒收记录 3").to_polars()["行号"].to_list() == [20, 21, 22, 23, 24]


def test_exactly_one_full_sheet_opens_no_second(tmp_path):
    path = tmp_path / "r.xlsx"
    write_refusals((refusal("x", row) for row in range(10)), path, rows_per_sheet=10)
    assert fastexcel.read_excel(path).sheet_names == ["拒收记录"]


def test_csv_has_a_mark_and_disarms_formulas(tmp_path):
    path = tmp_path / "r.csv"
    write_refusals((refusal(value) for value in HOSTILE), path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row[2] for row in rows[1:5]] == ["'" + value for value in HOSTILE[:4]]
    assert rows[5][2] == "{=1+1}"


def test_parquet_holds_the_same_table(tmp_path):
    path = tmp_path / "r.parquet"
    assert write_refusals((refusal("x", row) for row in range(12_345)), path) == 12_345
    table = polars.read_parquet(path)
    assert table.shape == (12_345, 9)
    assert table["行号"].sum() == 12_345 * 12_344 // 2


@pytest.mark.parametrize("ending", ["xlsx", "csv", "parquet"])
def test_no_refusals_give_a_header_only(tmp_path, ending):
    path = tmp_path / f"r.{ending}"
    assert write_refusals([], path) == 0
    assert path.stat().st_size > 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_report_leaves_the_old_one_and_no_half_of_the_new(tmp_path):
    path = tmp_path / "r.xlsx"
    path.write_text("old")

    def breaking():
        yield refusal("x")
        raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match="No space left on device"):
        write_refusals(breaking(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_endings_and_missing_folders(tmp_path):
    with pytest.raises(FileError, match=r"'\.pdf' is no format"):
        write_refusals([], tmp_path / "r.pdf")
    with pytest.raises(FileError, match="cannot be written"):
        write_refusals([], tmp_path / "none" / "r.xlsx")


def test_the_log_can_be_read_twice_and_while_it_grows():
    with RefusalLog() as log:
        log.add(2, "", refusal("a").refusal)
        assert [r.refusal.value for r in log] == ["a"]
        log.add(3, "列", refusal("b").refusal)
        assert [(r.row, r.column, r.refusal.value) for r in log] == [(2, "", "a"), (3, "列", "b")]
        assert len(log) == 2
