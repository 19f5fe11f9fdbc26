"""Every format, whole and broken, gives its rows or says which row, byte and cure."""

import codecs
import csv
import datetime
import tracemalloc

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from matching.errors import FileError
from matching.intake.readers import FileOptions, rows

TEXT = "编号,名称,说明\na1,会计,熟悉税务\nb2,护士,\n"


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def read(path, **options):
    return [(row.number, dict(row.values)) for row in rows(path, FileOptions(**options)) if row.broken is None]


def broken(path):
    return [(row.number, row.broken.code) for row in rows(path) if row.broken is not None]


EXPECTED = [
    (2, {"编号": "a1", "名称": "会计", "说明": "熟悉税务"}),
    (3, {"编号": "b2", "名称": "护士", "说明": ""}),
]


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        codecs.BOM_UTF8 + TEXT.encode("utf-8"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode("utf-8"),
        TEXT.replace("\n", "\r").encode("utf-8"),
        TEXT.replace(",", ";").encode("gb18030"),
        TEXT.replace(",", "\t").encode("utf-8"),
    ],
    ids="utf8 utf8-mark gb18030 utf16 utf16le utf16be crlf cr semicolon tab".split(),
)
def test_csv_is_the_same_in_every_encoding_and_delimiter(tmp_path, data):
    assert read(write(tmp_path / "t.csv", data)) == EXPECTED


def test_chinese_that_begins_after_a_megabyte_is_still_gb18030(tmp_path):
    data = b"id,t\n" + b"".join(b"%d,plain\n" % i for i in range(150_000)) + "x,赣州\n".encode("gb18030")
    path = write(tmp_path / "t.csv", data)
    assert len(data) > 1 << 20
    assert list(rows(path))[-1].values["t"] == "赣州"


def test_big5_is_refused_with_the_byte_and_the_cure(tmp_path):
    data = "編號,名稱\n1,資訊工程師負責網頁開發與維護工作\n2,會計師事務所審計專員\n".encode("big5")
    with pytest.raises(FileError, match=r"byte 0 is not UTF-8.*Save the file as UTF-8"):
        rows(write(tmp_path / "t.csv", data))


def test_big5_is_read_when_the_mapping_names_it(tmp_path):
    path = write(tmp_path / "t.csv", "名稱\n會計\n".encode("big5"))
    assert read(path, encoding="big5") == [(2, {"名稱": "會計"})]


def test_unknown_encoding_name(tmp_path):
    with pytest.raises(FileError, match="unknown encoding"):
        rows(write(tmp_path / "t.csv", TEXT), FileOptions(encoding="utf-99"))


def test_half_utf8_half_gb18030_names_the_first_foreign_byte(tmp_path):
    first = "编号,名称\n1,会计会计会计会计\n".encode()
    path = write(tmp_path / "t.csv", first + "2,护士护士护士护士\n3,教师教师教师教师\n".encode("gb18030"))
    with pytest.raises(FileError, match=f"byte {len(first) + 2} is not UTF-8"):
        rows(path)


def test_a_cut_multibyte_character_refuses_only_the_last_row(tmp_path):
    path = write(tmp_path / "t.csv", ("编号,名称\n" + "1,会计\n" * 20 + "2,护士").encode()[:-1])
    assert len(read(path)) == 20
    assert broken(path) == [(22, "bad_encoding")]


def test_a_damaged_byte_inside_gb18030_refuses_only_its_row(tmp_path):
    lines = [f"{i},会计与审计".encode("gb18030") for i in range(50)]
    lines[30] = b"30,\xff\xff"
    path = write(tmp_path / "t.csv", "编号,名称\n".encode("gb18030") + b"\n".join(lines) + b"\n")
    assert broken(path) == [(32, "bad_encoding")]
    assert len(read(path)) == 49


def test_utf16_cut_in_a_character_says_after_which_row(tmp_path):
    path = write(tmp_path / "t.csv", TEXT.encode("utf-16")[:-1])
    reader = rows(path)
    with pytest.raises(FileError, match="breaks off"):
        list(reader)


def test_a_quoted_field_may_hold_line_ends_delimiters_and_quotes(tmp_path):
    path = write(tmp_path / "t.csv", 'id,d\n1,"一\n二,""三"""\n2,x\n')
    assert read(path) == [(2, {"id": "1", "d": '一\n二,"三"'}), (3, {"id": "2", "d": "x"})]


def test_a_stray_quote_costs_its_own_row_only(tmp_path):
    body = "".join(f"{i},t{i}\n" for i in range(10))
    path = write(tmp_path / "t.csv", 'id,t\n0,"stray\n' + body)
    assert broken(path) == [(2, "open_quote")]
    assert [values["id"] for _, values in read(path)] == [str(i) for i in range(10)]


def test_a_stray_quote_before_a_hundred_thousand_rows_costs_its_own_row_only(tmp_path):
    body = "".join(f"{i},some text {i}\n" for i in range(30_000))
    path = write(tmp_path / "t.csv", 'id,t\nx,"stray\n' + body)
    assert broken(path) == [(2, "open_quote")]
    assert len(read(path)) == 30_000


def test_a_file_cut_inside_a_quoted_field_refuses_the_last_row_and_says_so(tmp_path):
    path = write(tmp_path / "t.csv", 'id,d\n1,whole\n2,"cut\nin the middle\nof a text')
    assert read(path) == [(2, {"id": "1", "d": "whole"})]
    (row,) = [row for row in rows(path) if row.broken]
    assert (row.number, row.broken.code) == (3, "open_quote")
    assert "cut off" in row.broken.reason.en


def test_a_ten_megabyte_field_is_one_refused_row(tmp_path):
    limit = csv.field_size_limit()
    path = write(tmp_path / "t.csv", "id,d\n1," + "长" * 3_500_000 + '\n2,"' + "一行文字\n" * 100_000 + '"\n3,ok\n')
    assert broken(path) == [(2, "too_long"), (3, "too_long")]
    assert read(path) == [(4, {"id": "3", "d": "ok"})]
    assert csv.field_size_limit() == limit


def test_wrong_number_of_fields_is_refused_but_empty_ones_at_the_end_are_not(tmp_path):
    path = write(tmp_path / "t.csv", "a,b\n1,2\n1\n1,2,3\n1,2,,\n\n,\n5,6\n")
    assert broken(path) == [(3, "field_count"), (4, "field_count")]
    assert [number for number, _ in read(path)] == [2, 5, 8]


def test_header_below_a_title_nameless_and_repeated_columns(tmp_path):
    path = write(tmp_path / "t.csv", "岗位表\n\nid, 备注 ,,备注\n1,2,3,4\n")
    assert read(path, header=3) == [(4, {"id": "1", "备注": "2", "#3": "3", "备注#4": "4"})]


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,\n1,2,3\n"])
def test_a_table_without_header_is_refused(tmp_path, data):
    with pytest.raises(FileError, match="header"):
        rows(write(tmp_path / "t.csv", data))


def test_a_binary_file_is_no_csv(tmp_path):
    with pytest.raises(FileError, match="byte 2 is zero"):
        rows(write(tmp_path / "t.csv", b"PK\x00\x03\x04" + b"x" * 5_000))


def peak(path, count):
    with path.open("w", encoding="utf-8") as file:
        file.write("编号,名称,说明\n")
        file.writelines(f"{i},会计,负责日常账务处理与税务申报\n" for i in range(count))
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows(path)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_csv_takes_constant_memory(tmp_path):
    small, large = peak(tmp_path / "s.csv", 10_000), peak(tmp_path / "l.csv", 60_000)
    assert large < small + 100_000
    assert large < 3_000_000


def test_share_goes_from_nothing_to_all(tmp_path):
    reader = rows(write(tmp_path / "t.csv", "a\n" + "1\n" * 50_000))
    next(reader)
    early = reader.share()
    for _ in reader:
        pass
    assert 0 < early < 0.5
    assert reader.share() == 1.0


def test_json_lines_go_on_after_broken_lines(tmp_path):
    lines = [b'{"id":1}', b'{"id":', b"", b"[1]", b'{"id":"\xd5\xcb"}', b'{"id":2}', b'{"id":3, "x']
    path = write(tmp_path / "t.jsonl", codecs.BOM_UTF8 + b"\n".join(lines))
    assert read(path) == [(1, {"id": 1}), (6, {"id": 2})]
    assert broken(path) == [(2, "bad_json"), (4, "not_object"), (5, "bad_encoding"), (7, "bad_json")]


def test_a_json_line_of_ten_megabytes_is_one_refused_row(tmp_path):
    path = write(tmp_path / "t.ndjson", b'{"d":"' + b"a" * 10_000_000 + b'"}\n{"id":2}\n')
    assert broken(path) == [(1, "too_long")]
    assert read(path) == [(2, {"id": 2})]


def test_json_lines_in_utf16_are_refused(tmp_path):
    with pytest.raises(FileError, match="UTF-16"):
        rows(write(tmp_path / "t.jsonl", '{"id":1}'.encode("utf-16")))


def parquet(path, count=2_500):
    table = pa.table({"id": [f"p{i}" for i in range(count)], "day": [datetime.date(2026, 3, 1)] * count})
    pq.write_table(table, path, row_group_size=1_000)
    return path


def test_parquet_gives_typed_values(tmp_path):
    found = read(parquet(tmp_path / "t.parquet"))
    assert len(found) == 2_500
    assert found[-1] == (2_500, {"id": "p2499", "day": datetime.date(2026, 3, 1)})


def test_truncated_parquet_is_a_file_error(tmp_path):
    path = parquet(tmp_path / "t.parquet")
    write(path, path.read_bytes()[:-200])
    with pytest.raises(FileError, match="Parquet"):
        rows(path)


def test_parquet_damaged_inside_gives_the_rows_before_and_names_the_place(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table({"t": [f"{i:06}" * 20 for i in range(4_000)]}), path, row_group_size=1_000, compression="zstd"
    )
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data[start : start + 400] = b"\xff" * 400
    write(path, bytes(data))
    seen = []
    with pytest.raises(FileError, match=r"after row 2000"):
        seen.extend(rows(path))
    assert len(seen) == 2_000


def workbook(path, cells, sheet="岗位", date_cells=()):
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet(sheet)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for (row, column), value in cells.items():
        if (row, column) in date_cells:
            page.write_datetime(row, column, value, day)
        else:
            page.write(row, column, value)
    book.close()
    return path


def test_excel_rows_are_numbered_as_in_excel(tmp_path):
    day = datetime.datetime(2021, 7, 1)
    cells = {
        (2, 1): "编号",
        (2, 2): "人数",
        (2, 3): "日期",
        (3, 1): "a",
        (3, 2): 3,
        (3, 3): day,
        (6, 1): "b",
        (6, 2): 1.5,
    }
    path = workbook(tmp_path / "t.xlsx", cells, date_cells={(3, 3)})
    assert read(path) == [
        (4, {"编号": "a", "人数": "3", "日期": "2021-07-01 00:00:00"}),
        (7, {"编号": "b", "人数": "1.5"}),
    ]


def test_a_number_that_excel_rounded_is_refused_but_the_same_digits_as_text_are_not(tmp_path):
    cells = {(0, 0): "编号", (1, 0): 1648527394191052802}
    assert broken(workbook(tmp_path / "n.xlsx", cells)) == [(2, "lost_digits")]
    assert read(workbook(tmp_path / "t.xlsx", cells | {(1, 0): "'1648527394191052802".strip("'")})) == [
        (2, {"编号": "1648527394191052802"})
    ]


def test_a_sheet_is_chosen_by_name(tmp_path):
    path = workbook(tmp_path / "t.xlsx", {(0, 0): "x", (1, 0): "y"}, sheet="二月")
    assert read(path, sheet="二月") == [(2, {"x": "y"})]
    with pytest.raises(FileError, match="三月"):
        rows(path, FileOptions(sheet="三月"))


def test_broken_and_empty_workbooks(tmp_path):
    path = workbook(tmp_path / "t.xlsx", {(0, 0): "x", (1, 0): "y"})
    write(tmp_path / "half.xlsx", path.read_bytes()[:3_000])
    with pytest.raises(FileError, match=r"cut off or no \.xlsx"):
        rows(tmp_path / "half.xlsx")
    with pytest.raises(FileError, match="header"):
        rows(workbook(tmp_path / "e.xlsx", {}))


def test_json_ld_in_a_graph_and_in_html(tmp_path):
    posting = {"@context": "https://schema.org", "@type": "JobPosting", "title": "会计", "identifier": "p1"}
    graph = {"@context": "https://schema.org", "@graph": [{"@type": "Organization", "name": "甲"}, posting]}
    path = write(tmp_path / "t.jsonld", orjson.dumps(graph))
    assert read(path) == [(1, {"identifier": "p1", "title": "会计"})]
    page = f'<html><script type="application/ld+json">{orjson.dumps(graph).decode()}</script>'
    page += '<script>var a = 1;</script><script type="application/ld+json">{"@type": "JobPosting", </script></html>'
    path = write(tmp_path / "t.html", page)
    assert read(path) == [(1, {"identifier": "p1", "title": "会计"})]
    assert broken(path) == [(2, "bad_json")]
    with pytest.raises(FileError, match="holds no JSON-LD"):
        rows(write(tmp_path / "e.html", "<html></html>"))


def test_json_that_is_cut_or_holds_no_object(tmp_path):
    with pytest.raises(FileError, match="is not whole JSON"):
        rows(write(tmp_path / "t.json", '[{"id": 1}, {"id"'))
    with pytest.raises(FileError, match="holds no JSON object"):
        rows(write(tmp_path / "t.json", "[1, 2]"))
    assert read(write(tmp_path / "t.json", '[{"id": 1}]')) == [(1, {"id": 1})]


def test_unknown_endings_and_missing_files(tmp_path):
    with pytest.raises(FileError, match=r"'\.pdf' is no known format"):
        rows(tmp_path / "t.pdf")
    with pytest.raises(FileError, match="cannot be opened"):
        rows(tmp_path / "none.csv")
    with pytest.raises(FileError, match=r"cut off or no \.xlsx|cannot be opened"):
        rows(tmp_path / "none.xlsx")
