"""Limits on age, sex and the like. They are read to be reported to supervision, and for nothing else."""

from __future__ import annotations

import re

from matching.requirements.findings import Limit, Span

_AGE = re.compile(
    r"(?=[年1-9])(?:"
    r"(?:年龄(?:要求|在|为|须|限制)?[:：\s]*)?(?<![\d.])[1-6]\d\s*(?:周?岁)?\s*[-~—–至到]+\s*[2-7]\d\s*周?岁(?:以?[下内]|之间|左右)?"
    r"|(?:年龄[^。；;\n\d]{0,8})(?<!\d)[1-6]\d\s*(?:[-~—–至到]\s*[2-7]\d)?(?:\s*周?岁)?(?:周岁)?(?:及?以?[下内上])?"
    r"|(?:年满)?(?<!\d)[1-6]\d\s*周?岁(?:周岁)?(?:及|或)?(?:以?[下内上]|优先|左右)?(?!的?(?:儿童|孩子|宝宝|学员|少儿|幼儿|小朋友|学生|用户|人群|青少年|儿))"
    r"|(?<![\d.])(?:1[6-9]|2\d)\s*[-~—]\s*[2-5]\d\s*[,，、]\s*(?:男|女|性别)|[7-9]0后(?:优先|为主))"
)
_SEX = re.compile(
    r"(?:只[收招限要]|仅限|限|仅招|性别(?:要求)?[:：\s]*|要求为?)\s*[男女](?:性|生|士)?(?![女男])"
    r"|(?:^|[\s、，,：:；;。.．（(])[男女](?:性|生|士)?(?:优先|为佳|(?=[,，、。；;）)\s]|$))|[男女](?:性|生|士)(?:优先|为佳)",
    re.MULTILINE,
)
_FREE = re.compile(r"男女(?:不限|均可|皆可|都可)|性别不限|不限(?:男女|性别)|男、女|男，女")
_OTHERS = (
    (
        "height",
        re.compile(
            r"身高[^。；;\n，,]{0,10}?\d{3}\s*(?:cm|厘米|公分)?(?:以上)?|身高[^。；;\n，,]{0,6}1[.米]\d{1,2}\s*(?:米|m)?(?:以上)?",
            re.IGNORECASE,
        ),
    ),
    ("marriage", re.compile(r"(?:已婚|未婚|单身|已育|未育)(?:已育|未育)?(?:者?优先)?")),
    (
        "household",
        re.compile(
            r"(?:限|具有|须?为)?(?:本地|本市|本省|本县|[\u4e00-\u9fff]{2,4}(?:省|市|县|区))?(?:户籍|户口|籍贯)(?:优先|限制|要求)?(?=[,，。；;\s]|者|人员|优先|$)"
        ),
    ),
    ("looks", re.compile(r"(?:形象(?:气质)?|五官|相貌|外[形貌])(?:良?好|佳|端正|较好|气质佳)|形象气质佳?")),
)

_SIGNS = {
    "height": ("身高",),
    "marriage": ("婚", "单身", "育"),
    "household": ("户籍", "户口", "籍贯"),
    "looks": ("形象", "五官", "貌", "外形"),
}
"""Words without which a limit of the kind is not looked for."""


def limits(part: str, text: str) -> list[Limit]:
    """Every limit that the words put on the person, in order of the kinds."""
    found: list[Limit] = []
    if "岁" in text or "年龄" in text or "0后" in text or "男" in text:
        found += [Limit("age", Span.of(part, text, match.span())) for match in _AGE.finditer(text)]
    if ("男" in text or "女" in text) and not _FREE.search(text):
        found += [Limit("sex", Span.of(part, text, match.span())) for match in _SEX.finditer(text)]
    for kind, form in _OTHERS:
        if any(sign in text for sign in _SIGNS[kind]) and (match := form.search(text)):
            found.append(Limit(kind, Span.of(part, text, match.span())))
    return found
