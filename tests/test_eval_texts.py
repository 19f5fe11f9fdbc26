"""Queries and corpora in every form they come in, and every way in which they are broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.run import read_run
from eval.task import read_qrels
from eval.texts import HEADER_IDS, read_texts
from matching.errors import FileError


def file(folder: Path, content: str | bytes, name: str = "texts.tsv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_tsv_without_header_keeps_every_line(tmp_path):
    assert read_texts(file(tmp_path, "1\t机器学习\n2\t前端\n")) == {"1": "机器学习", "2": "前端"}


@pytest.mark.parametrize("header", ["id\ttext", "q_id\ttitle", "query_id\tquery", "_id\t", "DOCNO\tText", "c_id\tcv"])
def test_a_first_line_with_a_known_id_column_is_a_header(tmp_path, header):
    assert read_texts(file(tmp_path, f"{header}\nq1\tsales\n")) == {"q1": "sales"}


def test_only_the_first_line_can_be_a_header(tmp_path):
    assert read_texts(file(tmp_path, "\n\nid\ttext\nid\tof somebody\n")) == {"id": "of somebody"}


def test_header_words_are_lower_case():
    assert {word.lower() for word in HEADER_IDS} == HEADER_IDS


def test_bom_crlf_blank_lines_trailing_and_inner_tabs(tmp_path):
    content = b"\xef\xbb\xbfid\ttext\r\n\r\na\tone\ttwo\t\t\r\n   \r\nb\t\r\n"
    assert read_texts(file(tmp_path, content)) == {"a": "one\ttwo", "b": ""}


def test_unicode_separators_inside_a_text_do_not_end_the_line(tmp_path):
    assert read_texts(file(tmp_path, "a\tone\u2028two\x0bthree\x85four\n")) == {"a": "one\u2028two\x0bthree\x85four"}


def test_last_line_without_an_end_counts(tmp_path):
    assert read_texts(file(tmp_path, "a\tx\nb\ty")) == {"a": "x", "b": "y"}


def test_json_lines_with_id_or_underscore_id_and_title(tmp_path):
    content = (
        '{"id": 7, "text": "正文"}\n\n{"_id": "b", "title": "标题", "text": "正文"}\n'
        '{"id": "c", "title": "only", "text": null}\n{"id": "d", "text": ""}\n'
    )
    expected = {"7": "正文", "b": "标题\n正文", "c": "only", "d": ""}
    assert read_texts(file(tmp_path, content, "q.jsonl")) == expected
    assert read_texts(file(tmp_path, "\ufeff" + content, "no_suffix")) == expected


def test_folder_of_text_files_named_by_id(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, content in {"20": b"two\nlines\n", "3.txt": b"\xef\xbb\xbfthree", ".DS_Store": b"\xff", "1": b""}.items():
        (folder / name).write_bytes(content)
    assert list(read_texts(folder).items()) == [("1", ""), ("20", "two\nlines"), ("3", "three")]


def test_empty_file_holds_nothing(tmp_path):
    assert read_texts(file(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("content", "name", "place", "word"),
    [
        ("a\tx\nb\ty\na\tz\n", "q.tsv", "line 3", "'a' comes twice, first in line 1"),
        ("a\tx\nno tab here\n", "q.tsv", "line 2", "no tab"),
        ("a\tx\n\ty\n", "q.tsv", "line 2", "empty id"),
        ("a b\tx\n", "q.tsv", "line 1", "blank"),
        ("a\x00b\tx\n", "q.tsv", "line 1", "control character"),
        (b"a\tx\n" + "文\t中".encode("gb18030"), "q.tsv", "line 2", "not UTF-8"),
        ("a\tx".encode("utf-16"), "q.tsv", "line 1", "not UTF-8"),
        ('{"id": "a", "text": "x"}\n{"id": "b", "tex', "q.jsonl", "line 2", "no JSON"),
        ('{"id": "a", "text": "x"}\n[1]', "q.jsonl", "line 2", "not a JSON object"),
        ('{"text": "x"}', "q.jsonl", "line 1", "no 'id'"),
        ('{"id": true, "text": "x"}', "q.jsonl", "line 1", "no 'id'"),
        ('{"id": "a", "body": "x"}', "q.jsonl", "line 1", "neither 'text' nor 'title'"),
        ('{"id": "a", "text": ["x"]}', "q.jsonl", "line 1", "not a string"),
        ("a\tx", "q.jsonl", "line 1", "no JSON"),
    ],
)
def test_a_broken_line_is_named_with_its_file_and_a_cure(tmp_path, content, name, place, word):
    with pytest.raises(FileError) as caught:
        read_texts(file(tmp_path, content, name))
    assert caught.value.where == f"{tmp_path / name}, {place}"
    assert word in caught.value.what
    assert caught.value.cure


def test_messages_never_show_the_text(tmp_path):
    with pytest.raises(FileError) as caught:
        read_texts(file(tmp_path, "a\t13800000000\na\t13800000000\n"))
    assert "13800000000" not in str(caught.value)


def test_a_missing_file_and_a_folder_in_a_folder_are_named(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        read_texts(tmp_path / "absent.tsv")
    (tmp_path / "corpus" / "inner").mkdir(parents=True)
    with pytest.raises(FileError, match="a folder among the texts"):
        read_texts(tmp_path / "corpus")


def test_two_files_of_a_folder_with_one_id(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a").write_text("x")
    (folder / "a.txt").write_text("y")
    with pytest.raises(FileError, match="'a' comes twice, first in file 'a'"):
        read_texts(folder)


LINE_PARTS = st.sampled_from(
    [*"\t\n {a10\ufeff中\x00\u2028\xa0", "\r\n", "id", '{"id": "a", "text": "b"}', "-3", "1e9", "Q0", "nan"]
)
LINES = st.lists(LINE_PARTS, max_size=40).map(lambda parts: "".join(parts).encode())


def refusal_of(read, path) -> FileError | None:
    try:
        read(path)
    except FileError as error:
        return error
    return None


@given(content=st.one_of(st.binary(max_size=200), LINES), name=st.sampled_from(["f.tsv", "f.jsonl", "f"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_readers_of_hostile_files_raise_file_errors_only(tmp_path, content, name):
    path = file(tmp_path, content, name)
    for read in (read_texts, lambda path: list(read_qrels(path)), read_run):
        refusal = refusal_of(read, path)
        assert refusal is None or (str(path) in refusal.where and refusal.cure)


IDS = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=8).filter(
    lambda found: found.lower() not in HEADER_IDS and not found.startswith("{") and "\ufeff" not in found
)


@given(texts=st.dictionaries(IDS, st.text(st.characters(codec="utf-8", exclude_characters="\n\r")), max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tsv_round_trip(tmp_path, texts):
    path = file(tmp_path, "".join(f"{found}\t{text}\n" for found, text in texts.items()))
    assert read_texts(path) == {found: text.strip() for found, text in texts.items()}
