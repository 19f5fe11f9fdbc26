"""Texts by id, from the three forms that retrieval tasks come in: TSV, JSON Lines, a folder of plain-text files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import orjson

from matching.errors import FileError

HEADER_IDS = frozenset(
    "id _id q_id qid query_id query-id queryid query topic topic_id d_id doc_id docid docno doc-id document_id "
    "c_id cid corpus_id corpus-id pid passage_id p_id".split()
)
"""Words that make a first line a header when they stand in its id column (lower case)."""

_SHOWN = 60
"""Characters of an id that a message shows."""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    r"""Number and content of each line of a UTF-8 file that is not blank.

    A byte order mark, the line's end (``\n`` or ``\r\n``) and blank lines are dropped. Only ``\n`` ends a line:
    the Unicode separators that `str.splitlines` knows may stand inside a text.

    Raises
    ------
    FileError
        The file cannot be opened, or a line is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                line = decoded(raw, f"{path}, line {number}", first=number == 1).rstrip("\r\n")
                if line.strip():
                    yield number, line
    except OSError as error:
        raise FileError(f"file cannot be read: {error.strerror}", where=str(path), cure="Check the path.") from None


def decoded(raw: bytes, where: str, *, first: bool = True) -> str:
    """`raw` as text; a byte order mark is dropped where it may stand (`first`).

    Raises
    ------
    FileError
        The bytes are not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise FileError(
            f"byte {error.start} is not UTF-8", where=where, cure="Save the file as UTF-8 (from GB18030, UTF-16 …)."
        ) from None


def checked_id(text: str, where: str) -> str:
    """`text` without blanks around it, as an id that a TREC file can carry.

    Raises
    ------
    FileError
        The id is empty, or holds a blank, a control character or half a surrogate pair.
    """
    found = text.strip()
    if not found:
        raise FileError("empty id", where=where, cure="Give every line an id in its first column.")
    if any(char.isspace() or unicodedata.category(char) in {"Cc", "Cs"} for char in found):
        raise FileError(
            f"id {shown(found)} holds a blank or a control character",
            where=where,
            cure="TREC files part their columns by blanks: write '_' instead.",
        )
    return found


def shown(found: str) -> str:
    """An id as messages show it: quoted, escaped, cut after 60 characters."""
    return repr(found if len(found) <= _SHOWN else found[:_SHOWN] + "…")


def read_texts(path: Path) -> dict[str, str]:
    """Texts by id, in the order of the file (a folder: by file name).

    Parameters
    ----------
    path : Path
        - a folder: each file is a text, its name (without ``.txt``) the id; hidden files are passed over;
        - JSON Lines (named ``.jsonl`` or ``.ndjson``, or the first character is ``{``): ``id`` or ``_id``, and
          ``text`` with an optional ``title`` before it, or ``title`` alone;
        - else TSV: ``id<TAB>text``, where only the first tab parts, with or without a header line.

    Returns
    -------
    dict of str to str
        Texts without blanks at either end; an empty text is kept. Empty where the file holds nothing.

    Raises
    ------
    FileError
        The file cannot be read, a line is broken, an id is impossible or comes twice; names file and line.
    """
    texts: dict[str, str] = {}
    seen: dict[str, str] = {}
    for where, found, text in _entries(path):
        if found in texts:
            raise FileError(
                f"id {shown(found)} comes twice, first in {seen[found]}", where=where, cure="Keep one of the two."
            )
        texts[found], seen[found] = text, where.rpartition(", ")[2]
    return texts


def _entries(path: Path) -> Iterator[tuple[str, str, str]]:
    if path.is_dir():
        return _folder_entries(path)
    if path.suffix.lower() in {".jsonl", ".ndjson"} or _opens_with_brace(path):
        return _json_entries(path)
    return _tsv_entries(path)


def _opens_with_brace(path: Path) -> bool:
    for _, line in lines(path):
        return line.lstrip().startswith("{")
    return False


def _folder_entries(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        files = sorted(file for file in path.iterdir() if not file.name.startswith("."))
        for file in files:
            where = f"{path}, file {shown(file.name)}"
            if file.is_dir():
                raise FileError("a folder among the texts", where=where, cure="Put the text files side by side.")
            name = file.name[: -len(".txt")] if file.name.lower().endswith(".txt") else file.name
            yield where, checked_id(name, where), decoded(file.read_bytes(), where).strip()
    except OSError as error:
        raise FileError(f"folder cannot be read: {error.strerror}", where=str(path), cure="Check the path.") from None


def _tsv_entries(path: Path) -> Iterator[tuple[str, str, str]]:
    first = True
    for number, line in lines(path):
        where = f"{path}, line {number}"
        found, tab, text = line.partition("\t")
        if first and found.strip().lower() in HEADER_IDS:
            first = False
            continue
        first = False
        if not tab:
            raise FileError("no tab in the line", where=where, cure="Write id<TAB>text, or JSON Lines, or a folder.")
        yield where, checked_id(found, where), text.strip()


def _json_entries(path: Path) -> Iterator[tuple[str, str, str]]:
    for number, line in lines(path):
        where = f"{path}, line {number}"
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise FileError(f"no JSON: {error.msg}", where=where, cure="Write one JSON object a line.") from None
        if not isinstance(record, dict):
            raise FileError("not a JSON object", where=where, cure='Write {"id": …, "text": …} a line.')
        yield where, _json_id(record, where), _json_text(record, where)


def _json_id(record: dict[str, object], where: str) -> str:
    found = record.get("id", record.get("_id"))
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise FileError("no 'id' that is a string or a whole number", where=where, cure="Add 'id' (or '_id').")
    return checked_id(str(found), where)


def _json_text(record: dict[str, object], where: str) -> str:
    parts = [record[name] for name in ("title", "text") if record.get(name) is not None]
    if not parts:
        raise FileError("neither 'text' nor 'title'", where=where, cure="Add 'text' (it may be an empty string).")
    if not all(isinstance(part, str) for part in parts):
        raise FileError("'text' or 'title' is not a string", where=where, cure="Write it in quotes.")
    return "\n".join(str(part).strip() for part in parts).strip()
