"""A list on paper: Excel with a sheet for each employer that meets somebody, and CSV.

Nothing in a record becomes a formula or a link.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import xlsxwriter  # type: ignore[import-untyped]

from matching.errors import FileError
from matching.fairs.employer_sheets import HOSTS, MEETINGS, Row, meets_of
from matching.fairs.times import clock_of
from matching.fairs.words import ANSWERS, CHANCE_DIGITS, STATUS, WAYS, name_of, waiting_words
from matching.fairs.wrapping import lines_of
from matching.standard.records import Event, Graduate
from matching.store.lists import Lists
from matching.terms.majors import shown_major
from matching.terms.regions import region as region_of

if TYPE_CHECKING:
    from matching.store import Store
    from matching.store.lists import Version

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_SHEET = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_LIST = (
    ("序号", 6), ("状态", 8), ("毕业生编号", 26), ("学历", 8), ("专业", 22), ("院校", 22), ("现居地", 14),
    ("毕业年份", 10), ("预计到场", 10), ("有效面谈机会", 15), ("面谈单位与岗位", 52), ("邀请理由", 60),
    ("答复", 10), ("人工说明", 24),
)  # fmt: skip
_A3, _A4, _WIDE, _LINE, _EDGES, _TALLEST = 8, 9, 200, 16.0, 3.0, 409.0
_HEAD = {"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF"}


def list_rows(store: Store, event: Event, version: Version) -> Iterator[Row]:
    """The list, one person a row, in the order of `_LIST`."""
    people = people_on(store, version)
    answers = _answers(store, event)
    for number, guest in enumerate(version.guests, start=1):
        record = people.get(guest.graduate)
        if record is None:
            continue
        meetings = guest.body.get("meetings", [])
        yield [
            number,
            STATUS[guest.status],
            guest.graduate,
            *about_of(record),
            _place(record),
            record.graduation_year or "",
            round(guest.body.get("shows", 0.0), 2),
            round(guest.body.get("chance", 0.0), CHANCE_DIGITS),
            "；".join(f"{m['name']}·{m['title']}{clock_of(event, m)}" for m in meetings),
            "；".join(dict.fromkeys(r["zh"] for m in meetings for r in m.get("reasons", ()))),
            ANSWERS[answers.get(guest.graduate, "none")],
            next(iter(guest.body.get("hand", {}).values()), ""),
        ]


def write_excel(store: Store, event: Event, version: Version, path: Path) -> None:
    """The list, its certificate, all employers, and a sheet for each of them that meets somebody.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with xlsxwriter.Workbook(path, safe) as book:
            names, title = _Names(), f"{event.title}　邀请名单（第{version.version}版）"
            _sheet(
                book,
                names.of("邀请名单"),
                title,
                _LIST,
                list_rows(store, event, version),
            )
            _sheet(book, names.of("名单证明"), "名单证明与规则", _PROOF, proof_rows(version))
            hosts = meets_of(event, version, people_on(store, version))
            overview = names.of("用人单位")
            sheets = [names.of(host.name) if host.rows else "" for host in hosts]
            lines = (host.line(sheet) for host, sheet in zip(hosts, sheets, strict=True))
            _sheet(book, overview, f"{event.title}　用人单位", HOSTS, lines)
            for host, sheet in zip(hosts, sheets, strict=True):
                if host.rows:
                    _sheet(book, sheet, f"{host.name}　面谈安排", MEETINGS, host.rows)
    except OSError as error:
        cure = "Name a file in a folder that can be written."
        raise FileError(f"the file cannot be written: {error.strerror or error}", where=str(path), cure=cure) from None


def write_csv(store: Store, event: Event, version: Version, path: Path) -> None:
    """The list as CSV (UTF-8 with mark, so that Excel reads it); what could be a formula begins with an apostrophe.

    Raises
    ------
    FileError
    """
    data = csv_bytes([name for name, _ in _LIST], list_rows(store, event, version))
    try:
        path.write_bytes(data)
    except OSError as error:
        cure = "Name a file in a folder that can be written."
        raise FileError(f"the file cannot be written: {error.strerror or error}", where=str(path), cure=cure) from None


def csv_bytes(header: Iterable[str], rows: Iterable[Sequence[str | float]]) -> bytes:
    """CSV as spreadsheets in China open it: UTF-8 with mark; no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(list(header))
    writer.writerows([[plain_cell(value) for value in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


_PROOF = (("规则", 34), ("要求", 26), ("实际", 16), ("遵守这条规则的代价（有效面谈）", 36))


def proof_rows(version: Version) -> Iterator[Row]:
    """The certificate as rows: the figures, every rule, and the simple lists beside it."""
    proof: Mapping[str, Any] = version.about["certificate"]
    yield ["预计有效面谈", "", round(proof["value"], 3), ""]
    yield ["任何名单都不会超过", "", round(proof["bound"], 3), ""]
    yield ["已证明差距（含少变动的考虑）" if proof.get("stayed") else "已证明差距", "", f"{proof['gap']:.2%}", ""]
    yield ["邀请人数 / 预计到场", "", f"{proof['invited']} / {proof['expected_guests']:.1f}", ""]
    if told := version.about.get("waiting"):
        for words, count in waiting_words(told):
            yield [f"{words.zh}（人）", "", count, ""]
    fair = proof["fairness"]
    yield ["机会基尼系数（受邀 / 全体）", "", f"{fair['gini_invited']:.3f} / {fair['gini_all']:.3f}", ""]
    yield ["羡慕他人安排（毕业生 / 单位）", "", f"{fair['row_envy']:.1%} / {fair['column_envy']:.1%}", ""]
    for line in proof["rules"]:
        yield [
            line["zh"],
            _asked(line),
            _number(line.get("reached", line.get("kept_out", ""))),
            _number(line.get("price", "")),
        ]
    for rule, amount in proof.get("gave_way", {}).items():
        kept = f"只能做到 {amount:.3g}" if amount else "无法做到"
        yield [f"让步（活动未作规定）：{name_of(rule).zh}", kept, "", ""]
    for way in proof["beside"]:
        broken = "、".join(name_of(rule).zh for rule in way["broken"]) or "无"
        yield [f"对比：{WAYS[way['name']]}", f"违反规则：{broken}", round(way["value"], 3), ""]


def _asked(line: Mapping[str, Any]) -> str:
    if "kept_out" in line:
        return "不邀请的人数见右"
    parts = [f"不少于 {_number(line['least'])}"] if line.get("least") else []
    if "most" in line and line["most"] not in (1.0, float("inf")):
        parts.append(f"不多于 {_number(line['most'])}")
    return "，".join(parts)


def _number(value: float | str) -> float | str:
    return value if isinstance(value, str) else round(float(value), 3)


def _sheet(book: Any, name: str, title: str, columns: Iterable[tuple[str, int]], rows: Iterable[Row]) -> None:  # noqa: ANN401
    """One sheet: a title, Chinese headers that stay in view, wrapped cells, ready to print."""
    sheet = book.add_worksheet(name)
    head = book.add_format({**_HEAD, "border": 1, "align": "center"})
    cell = book.add_format({"border": 1, "valign": "top", "text_wrap": True})
    sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    columns = list(columns)
    widths = [width for _, width in columns]
    for place, (header, width) in enumerate(columns):
        sheet.set_column(place, place, width)
        sheet.write_string(1, place, header, head)
    last = 1
    for last, row in enumerate(rows, start=2):
        sheet.set_row(last, _height(row, widths))
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(last, place, value, cell)
            else:
                sheet.write_number(last, place, value, cell)
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, max(last, 1), len(columns) - 1)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.set_paper(_A3 if sum(widths) > _WIDE else _A4)
    sheet.fit_to_pages(1, 0)


def _height(row: Row, widths: list[int]) -> float:
    """Points that the tallest cell of a row takes, wrapped; programmes do not work it out when they open a file."""
    lines = max(lines_of(str(value), width) for value, width in zip(row, widths, strict=True))
    return min(_LINE * lines + _EDGES, _TALLEST)


class _Names:
    """Sheet names that Excel takes: at most 31 characters, none of the marks it forbids, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = {"history"}

    def of(self, wanted: str) -> str:
        plain = _SHEET.sub("", wanted).strip()[:31] or "单位"
        name, number = plain, 2
        while name.lower() in self._taken:
            tail = f"({number})"
            name, number = f"{plain[: 31 - len(tail)]}{tail}", number + 1
        self._taken.add(name.lower())
        return name


def plain_cell(value: str | float) -> str | float:
    """A cell of a CSV; what a spreadsheet could take for a formula begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def people_on(store: Store, version: Version) -> dict[str, Graduate]:
    """The records of a list's guests, by key."""
    found = store.get_many("graduate", [guest.graduate for guest in version.guests])
    return cast("dict[str, Graduate]", found)


def _answers(store: Store, event: Event) -> dict[str, str]:
    return {key: said.answer for key, said in Lists(store).answers(event.key).items()}


def about_of(record: Graduate) -> list[str]:
    """Degree, major and school of a guest."""
    return [record.degree or "", shown_major(record.major, record.major_code), record.school]


def _place(record: Graduate) -> str:
    found = region_of(record.region) if record.region else None
    return found.name if found else record.region or ""
