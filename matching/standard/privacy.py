"""Contact data and ID numbers stay with the platform: what is refused at the door (Law 10).

Two nets: field names that ask for such data, and patterns of such data inside any text.
`redact` is for tenants whose mapping says so: it replaces what the patterns find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

DENIED_FIELDS = frozenset(
    """name full_name fullname given_name family_name surname phone phone_number mobile telephone tel email mail
    wechat weixin qq contact contacts contact_name contact_phone id_number id_card idcard identity identity_number
    national_id passport passport_number birthday birth_date address_detail home_address
    姓名 名字 学生姓名 手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 联系人 邮箱 电子邮箱 电子邮件 微信 微信号
    身份证 身份证号 身份证号码 证件号码 护照号 出生日期 家庭住址 详细住址 通讯地址""".split()
)
"""Field names (lower case) that are refused anywhere in a record about a person."""

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "id_number": re.compile(
        r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])"
    ),
    "mobile": re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])"),
    "landline": re.compile(r"(?<![0-9A-Za-z-])0(?:10|2\d|[3-9]\d{2})[-—– ]\d{7,8}(?:[-转]\d{1,5})?(?![0-9A-Za-z])"),
    "email": re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,12}"),
    "messenger": re.compile(
        r"(?:微信号?|WeChat|VX|威信|QQ群?|扣扣)(?:号码?)?\s{0,3}[:：]\s{0,3}[A-Za-z0-9_-]{5,20}", re.IGNORECASE
    ),
}
"""What contact data and ID numbers look like inside a text, by name."""

_SHORTEST = 6
"""Characters of the shortest text that a pattern can match."""
_SUSPECT = re.compile(r"\d(?:[-—– ]?\d){6}|@|微信|威信|扣扣|[Ww][Ee][Cc]|[Vv][Xx]|[Qq][Qq]")
"""What every match of a pattern holds: few texts hold it, so few are searched for all of them."""


def denied_fields(data: Mapping[str, object], *, prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every field whose *name* asks for contact data or an ID number.

    Looks into nested mappings and lists of mappings. Nothing is yielded for a clean record.
    """
    for name in _denied_of(tuple(data)):
        yield f"{prefix}{name}"
    for key, value in data.items():
        if type(value) is dict:
            yield from denied_fields(value, prefix=f"{prefix}{key}.")
        elif type(value) is list:
            for part in value:
                if type(part) is dict:
                    yield from denied_fields(part, prefix=f"{prefix}{key}.")


@lru_cache(maxsize=1_024)  # the same few sets of names come with every record
def _denied_of(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name.strip().lower() in DENIED_FIELDS)


def contact_in(text: str) -> str | None:
    """The name of the first pattern found in `text`, or None. Never returns the data itself."""
    if len(text) < _SHORTEST or _SUSPECT.search(text) is None:
        return None
    return next((name for name, pattern in PATTERNS.items() if pattern.search(text)), None)


def redact(text: str, *, mark: str = "[联系方式已隐去]") -> tuple[str, int]:
    """Replace contact data and ID numbers in `text` by `mark`; return the text and how many."""
    if len(text) < _SHORTEST or _SUSPECT.search(text) is None:
        return text, 0
    total = 0
    for pattern in PATTERNS.values():
        text, count = pattern.subn(mark, text)
        total += count
    return text, total
