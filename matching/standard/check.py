"""The one door from raw values to a record: `check` gives a record, or says all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from matching.errors import RecordRefused
from matching.language import Words
from matching.standard.privacy import contact_in, denied_fields
from matching.standard.records import RECORD_TYPES, Record
from matching.standard.refusals import Refusal

HIDDEN = "[隐去]"

_CONTACT_CURE = Words(
    "请删除姓名、电话、邮箱、证件号码等信息后重新提交；匹配不需要这些信息。",
    "Remove names, phones, e-mail addresses and ID numbers, and send again; matching does not need them.",
)
_SENSE: dict[str, tuple[str, Words, Words]] = {
    "missing": ("missing", Words("必填字段为空", "required, but missing"), Words("请填写该字段。", "Give a value.")),
    "too_short": ("missing", Words("必填字段为空", "required, but empty"), Words("请填写该字段。", "Give a value.")),
    "extra_forbidden": (
        "unknown_field",
        Words("数据标准中没有这个字段", "not a field of the data standard"),
        Words("请删除，或在映射文件中改名。", "Remove it, or rename it in the mapping file."),
    ),
    "enum": (
        "unknown_code",
        Words("不是标准代码", "not one of the standard's codes"),
        Words("可用代码见“gradmatch schema”。", "See `gradmatch schema` for the codes, or add a value map."),
    ),
    "too_long": (
        "too_long",
        Words("文字过长或条目过多", "text is too long, or there are too many entries"),
        Words("请缩短到标准规定的长度。", "Shorten it to the length that the standard gives."),
    ),
    "string_pattern_mismatch": (
        "bad_form",
        Words("格式不符合标准", "not of the form that the standard gives"),
        Words("请按“gradmatch schema”中的格式填写。", "See `gradmatch schema` for the form."),
    ),
    "contact_data": (
        "contact_data",
        Words("含有联系方式或证件号码", "contains contact data or an ID number"),
        _CONTACT_CURE,
    ),
    "unknown_code": (
        "unknown_code",
        Words("不是标准代码", "not one of the standard's codes"),
        Words("请使用国家标准代码。", "Use a code of the national standard."),
    ),
    "pay_order": (
        "out_of_order",
        Words("最低工资高于最高工资", "least pay is above most pay"),
        Words("请交换或更正两个数。", "Swap or correct the two figures."),
    ),
    "date_order": (
        "out_of_order",
        Words("结束早于开始", "ends before it begins"),
        Words("请更正日期。", "Correct the dates."),
    ),
    "date": (
        "bad_date",
        Words("不是有效日期", "not a date that exists"),
        Words("请写成 2021-07-01 的形式。", "Write it as 2021-07-01."),
    ),
    "greater_than_equal": (
        "out_of_range",
        Words("数值过小", "number is too small"),
        Words("请更正数值。", "Correct the number."),
    ),
    "less_than_equal": (
        "out_of_range",
        Words("数值过大", "number is too large"),
        Words("请更正数值。", "Correct the number."),
    ),
}


def check(type_name: str, data: Mapping[str, Any]) -> Record:
    """Make a record of `data`, or raise `RecordRefused` with every refusal.

    Parameters
    ----------
    type_name : str
        ``"graduate"``, ``"protected"``, ``"employer"``, ``"posting"``, ``"event"`` or ``"interaction"``.
    data : mapping
        Field → value, as JSON would give it.

    Raises
    ------
    RecordRefused
        `refusals` holds one entry for each thing that is wrong. Values that hold contact data are
        never repeated in it (Law 10).
    """
    own = RECORD_TYPES[type_name].model_fields  # an employer's name is the standard's own field
    denied = [_denied(path) for path in denied_fields(data) if path not in own]
    if denied:
        raise RecordRefused(denied)
    try:
        return RECORD_TYPES[type_name].model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise RecordRefused([_refusal(detail) for detail in details]) from None


def _denied(path: str) -> Refusal:
    reason = Words("不接受姓名、联系方式和证件号码字段", "names, contact data and ID numbers are not accepted")
    return Refusal(path, HIDDEN, "contact_data", reason, _CONTACT_CURE)


def _refusal(detail: ErrorDetails) -> Refusal:
    field = ".".join(str(part) for part in detail["loc"])
    kind = detail["type"]
    known = (
        _SENSE.get(kind.removeprefix("string_"))
        or _SENSE.get(kind)
        or _SENSE.get("date" if kind.startswith(("date", "timezone")) else "")
    )
    if known is None:
        message = detail["msg"] if kind != "value_error" else str(detail.get("ctx", {}).get("error", detail["msg"]))
        fix = Words("请更正该字段。", "Correct the field.")
        known = ("bad_value", Words(f"数值或类型不对（{message}）", message), fix)
    code, reason, cure = known
    return Refusal(field, _shown(detail.get("input"), code), code, reason, cure)


def _shown(value: object, code: str) -> str:
    if code == "missing" or value is None:
        return ""
    text = str(value)
    if code == "contact_data" or contact_in(text) is not None:
        return HIDDEN
    return text if len(text) <= 80 else text[:79] + "…"
