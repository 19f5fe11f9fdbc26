"""Foreign values, however they are written, as what the standard's fields take.

Every reader gives None for "not stated" and raises `Unreadable` for a value that says something it cannot read:
the two are never mixed up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson

MISSING = frozenset(["", "null", "NULL", "NaN", "nan", "None", "N/A", "#N/A", "\\N"])
"""What exports write into an empty cell."""

_EDGES = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\ufeff"
_QUOTES = "\"'“”‘’"
NOT_STATED = frozenset(
    "- -- — / 无 暂无 不详 未填 未填写 若干 若干人 若干名 不限 面议 薪资面议 薪酬面议 negotiable".split()
)
"""What people write where a count, figure or day is not stated."""
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_COUNT = re.compile(r"(-?\d+)(?:\.0+)?(?:\s*[-~—至到]\s*\d+)?\s*(?:人|名|个|位|年|岁|次)?")
_CHINESE = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_TRUE = frozenset("是 有 true yes y 1 √ t".split())
_FALSE = frozenset("否 无 没有 false no n 0 × f".split())
_AROUND = _EDGES + _QUOTES
_SEPARATORS = re.compile(r"[|,，、;；\n]")


class Unreadable(ValueError):
    """A value says something that cannot be read; `partial` is what could be read of it, `code` the refusal's."""

    def __init__(self, code: str = "unreadable", *, value: object = None, partial: object = None) -> None:
        super().__init__(code)
        self.code = code
        self.partial = partial
        self.value = value


def text_of(value: Any) -> str | None:  # noqa: ANN401
    """`value` as text without blanks around it; None where the cell is empty or says so ("NULL", "NaN")."""
    if type(value) is str:
        text = value.strip(_EDGES)
        return None if text in MISSING else text
    if value is None:
        return None
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    elif isinstance(value, date):
        text = value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    elif isinstance(value, (list, dict)):
        text = orjson.dumps(value, default=str).decode()
    else:
        text = str(value)
    return None if text in MISSING else text


def read_integer(value: Any) -> int | None:  # noqa: ANN401
    """A count: 3, "3人", "1,000", "3-5人" (the smaller, which is certain); None for 若干.

    Raises
    ------
    Unreadable
        No whole number.
    """
    text = text_of(value)
    if text is None or text in NOT_STATED:
        return None
    if text.isdecimal():
        return int(text)
    match = _COUNT.fullmatch(text.replace(",", "").replace("，", ""))
    if match:
        return int(match[1])
    if text[:1] in _CHINESE and text[1:] in {"", "人", "名", "个", "位"}:
        return _CHINESE[text[0]]
    raise Unreadable


def read_number(value: Any) -> float | None:  # noqa: ANN401
    """A number: 3, 3.5, "1,000"; None for 面议 and the like.

    Raises
    ------
    Unreadable
        No number.
    """
    text = text_of(value)
    if text is None or text in NOT_STATED:
        return None
    if text.isdecimal():
        return float(text)
    bare = text.replace(",", "").replace("，", "")
    if not _NUMBER.fullmatch(bare):
        raise Unreadable
    return float(bare)


def read_years(value: Any) -> float | None:  # noqa: ANN401
    """Least years of experience asked for: "3-5年" 3, "1年以下" and "无经验" 0, "经验不限" 0, "10年以上" 10.

    Raises
    ------
    Unreadable
        Neither a number of years nor one of the words for none.
    """
    text = text_of(value)
    if text is None:
        return None
    if re.search(r"不限|无经验|无工作经验|无需|应届|在校", text):
        return 0.0
    match = re.search(r"\d+(?:\.\d+)?", text)
    if match is None:
        raise Unreadable
    return 0.0 if re.search(r"以下|以内", text) else float(match[0])


def read_flag(value: Any) -> bool | None:  # noqa: ANN401
    """Yes or no: 是/否, 有/无, true/false, 1/0.

    Raises
    ------
    Unreadable
        Neither.
    """
    text = text_of(value)
    if text is None:
        return None
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise Unreadable


def read_texts(value: Any, *, separator: str | None = None) -> list[str] | None:  # noqa: ANN401
    """A list of texts: a list, JSON, or a text cut at `separator` (default: ``|`` ``,`` ``、`` ``;`` or a line end).

    Empty parts, repetitions and quotes around a part are left out. An empty cell is None, JSON's ``[]`` an empty list.

    Raises
    ------
    Unreadable
        It is written in JSON's brackets, is no JSON, and no separator is named.
    """
    if isinstance(value, (list, tuple)):
        parts: Sequence[Any] = value
    else:
        text = text_of(value)
        if text is None:
            return None
        bracketed = text[0] == "[" and text[-1] == "]"
        parts = _from_json(text, separator) if bracketed else _cut(text, separator)
    return list(dict.fromkeys(found for part in parts if (found := text_of(part)) is not None))


def _from_json(text: str, separator: str | None) -> Sequence[Any]:
    try:
        found: list[Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        if separator is None:
            raise Unreadable from None
        return _cut(text[1:-1], separator)
    return found


def _cut(text: str, separator: str | None) -> list[str]:
    parts = text.split(separator) if separator else _SEPARATORS.split(text)
    return [part.strip(_AROUND) for part in parts]


def read_json(value: Any) -> Any:  # noqa: ANN401
    """A nested value: as it is, or written as JSON in a cell.

    Raises
    ------
    Unreadable
        A text that is no JSON.
    """
    if not isinstance(value, str):
        return value
    if value.strip() in MISSING:
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Unreadable from None
