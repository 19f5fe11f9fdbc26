"""One row of a foreign file, and a file as a stream of rows that knows how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from matching.language import Words
from matching.standard.check import HIDDEN
from matching.standard.privacy import contact_in
from matching.standard.refusals import Refusal

LONGEST_SHOWN = 80
"""Characters of an offending value that a refusal shows."""

_SENSE: dict[str, tuple[Words, Words]] = {
    "field_count": (
        Words("列数与表头不一致", "does not have as many fields as the header has columns"),
        Words("请检查分隔符，含分隔符的内容要加引号。", "Quote fields that hold the delimiter."),
    ),
    "too_long": (
        Words("单元格内容过长，无法读取", "a field is too long to be read"),
        Words("请缩短到标准规定的长度。", "Shorten it to the length that the standard gives."),
    ),
    "open_quote": (
        Words("引号没有结束，文件可能不完整", "a quote is never closed; the file may be cut off"),
        Words("请补全该行，或重新导出文件。", "Mend the row, or export the file again."),
    ),
    "bad_encoding": (
        Words("含有不属于该文件编码的字节", "holds bytes that are not of the file's encoding"),
        Words("请用 UTF-8 重新导出该行。", "Export the row again as UTF-8."),
    ),
    "bad_json": (
        Words("不是完整的 JSON", "is not a whole JSON value"),
        Words("请更正该行；若是最后一行，请重新导出文件。", "Mend the line; if it is the last, export the file again."),
    ),
    "not_object": (
        Words("不是 JSON 对象", "is not a JSON object"),
        Words("每行应为一个 {…} 对象。", "Give one {…} object a line."),
    ),
    "unreadable": (
        Words("看不懂这个值", "cannot be read as what the field needs"),
        Words(
            "请改用标准写法，或在映射文件中加入对照。", "Write it in a standard form, or add it to the mapping file."
        ),
    ),
    "bad_date": (
        Words("不是有效日期", "not a date that exists"),
        Words("请写成 2021-07-01 的形式。", "Write it as 2021-07-01."),
    ),
    "lost_digits": (
        Words("数字超过 15 位，Excel 已丢失末尾数字", "has more than 15 digits: Excel has lost the last ones"),
        Words("请把该列设为“文本”格式后重新录入。", "Format the column as text and enter it again."),
    ),
    "duplicate_id": (
        Words("同一文件中编号重复", "the same id came before in this file"),
        Words("请只保留一行。", "Keep one of the rows."),
    ),
}


class Row(NamedTuple):
    """One row of a foreign file.

    Attributes
    ----------
    number : int
        As a person counts it in the file: a spreadsheet's row (the header is row 1), a line of JSON
        Lines, the n-th object of a JSON file or row of a Parquet file.
    values : mapping
        Column → value as the file gives it; empty for a broken row.
    broken : Refusal, optional
        Why the row could not be read.
    """

    number: int
    values: Mapping[str, Any]
    broken: Refusal | None = None


class Rows(Iterator[Row]):
    """The rows of one file, read as they are asked for. A context manager: leaving it closes the file.

    Attributes
    ----------
    columns : tuple of str, optional
        The columns that the file has; None where each row has its own (JSON).
    """

    def __init__(
        self,
        rows: Iterator[Row],
        *,
        columns: tuple[str, ...] | None = None,
        share: Callable[[], float] | None = None,
        close: Callable[[], None] | None = None,
    ) -> None:
        self._rows = rows
        self._share = share
        self._close = close
        self.columns = columns

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> Row:
        """The next row; a file that breaks off raises `FileError` here."""
        return next(self._rows)

    def share(self) -> float:
        """How much of the file has been read, 0 to 1; 0 where that is not known."""
        return min(1.0, self._share()) if self._share else 0.0

    def close(self) -> None:
        """Close the file; there are no rows after that."""
        self._rows = iter(())
        if self._close is not None:
            self._close()


def refusal(field: str, value: object, code: str, *, detail: Words | None = None) -> Refusal:
    """A refusal of intake's own, by its code; `detail` is added to the reason in brackets."""
    reason, cure = _SENSE[code]
    if detail is not None:
        reason = Words(f"{reason.zh}（{detail.zh}）", f"{reason.en} ({detail.en})")
    return Refusal(field, shown(value), code, reason, cure)


def shown(value: object) -> str:
    """`value` as a refusal may show it: short, printable, and never contact data."""
    if value is None:
        return ""
    text = str(value)[: 4 * LONGEST_SHOWN].encode("utf-8", "replace").decode("utf-8")
    if contact_in(text) is not None:
        return HIDDEN
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
