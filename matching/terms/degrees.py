"""Degrees: text or GB/T 4658 code → level of education.

One reading serves both sides. As a requirement a text means the least that it accepts ("本科/硕士" → 本科,
"大专以上，本科优先" → 大专); as a person's education it names one level anyway.
"""

from __future__ import annotations

import re

from matching.standard.records import Degree

_FORMS: tuple[tuple[Degree, str], ...] = (
    (Degree.DOCTOR, r"博士(?:研究生)?|硕博连读|直博|\bph\.?\s?d\b\.?|\bdoctor(?:ate|al)?\b|\bdoctor['’]?s\b"),
    (
        Degree.MASTER,
        r"硕士(?:研究生)?|本硕连读|研究生|(?<![a-z])e?mba(?![a-z])|\bm\.?\s?(?:sc|eng|phil)\b\.?|\bpostgraduate\b"
        r"|\bmaster['’]?s\b|(?<!scrum )\bmasters?\b(?=\s*(?:degree|of\b|or\b|and\b|[/,;]|$))",
    ),
    (
        Degree.BACHELOR,
        r"专升本|本科(?!室)|学士|预备技师|(?:(?<![\u4e00-\u9fff])|(?<=全日制)|(?<=普通)|(?<=统招))大学(?=毕业|学历|文化|程度|及|或?以上|\W|$)"
        r"|\bbachelor['’]?s?\b|\bundergraduate\b|\bb\.?\s?(?:sc|eng)\b\.?|\buniversity\s+(?:degree|graduate)\b",
    ),
    (
        Degree.COLLEGE,
        r"大专|大学专科|专科(?!医|护|门诊|检查|病|学校老师)|高职(?!称)|高等职业|高级工班|高级技工班"
        r"|\bassociate['’]?s?\s+degree\b|\bassociate['’]?s?\b(?=\s*(?:$|[/,;]|or\b))|\bcollege\b|\bdiploma\b",
    ),
    (
        Degree.HIGH_SCHOOL,
        r"高中(?![数语英物化生历地政教老部班年课阶])|中专|中技|中职|职高|职校|职专|技校|技工(?:学校|院校)?|职业(?:高中|学校)|中等(?:职业|专业|专科)"
        r"|\bhigh[\s-]school\b|\bsecondary\s+(?:school|education)\b|\bvocational\s+school\b",
    ),
    (Degree.NONE, r"初中|小学|文盲"),
)
_DEGREES = {f"d{degree.level}": degree for degree, _ in _FORMS}
_ANY_LEVEL = "|".join(f"(?P<d{degree.level}>{form})" for degree, form in _FORMS)
_UP_TO = r"(?:(?:学历|文化|程度|毕业)?(?P<most>[及或]?以下))?"
_LEVEL = re.compile(f"(?:{_ANY_LEVEL}){_UP_TO}", re.IGNORECASE)

_LIKED_AFTER = re.compile(
    r"(?:(?!专业|经验|经历|背景|能力|证书)[^,，;；。、/|()（）]){0,12}?(?:优先|更佳|为佳|加分|preferred|is\s+a\s+plus|desirable)",
    re.IGNORECASE,
)
_LIKED_BEFORE = re.compile(r"(?:优先(?:考虑|录用|录取)?|preferably\s+an?)\s*$", re.IGNORECASE)
"""What makes a level liked rather than asked for: 硕士优先, but not 硕士计算机专业优先."""

_NO_LIMIT = re.compile(
    r"(?:学历|文化程度|教育程度)(?:要求|水平)?[:：\s]*(?:不限|不作要求|不做要求|无要求|没有要求|无限制|均可|不拘)"
    r"|(?:不限|无|不看|不要求|没有)(?:制)?(?:任何)?学历(?:要求|限制)?|任何学历"
    r"|^\s*(?:不限|无|无要求|不要求|没有要求|无限制|均可|任意|any|none|no\s+(?:limit|requirement)s?)\s*(?:$|[,，;；])"
    r"|\bno\s+(?:degree|education(?:al)?|formal\s+education)\b|\b(?:degree|education)\s+not\s+required\b",
    re.IGNORECASE,
)
_OF_SCHOOL = re.compile(r"(?:阶段|期间|院校|学校|毕业院校|毕业学校|就读|须为|需为|为|是|也)")
"""Right after 本科, once a higher degree was named: where that person studied before, no demand of its own."""

_HIGHER = frozenset([Degree.MASTER, Degree.DOCTOR])

CODES: dict[str, Degree] = {
    **dict.fromkeys(("10", "14", "17"), Degree.MASTER),
    "11": Degree.DOCTOR,
    **dict.fromkeys(("12", "13"), Degree.MASTER),
    **dict.fromkeys(("15", "16", "18", "19"), Degree.BACHELOR),
    **dict.fromkeys(("20", "21", "28"), Degree.BACHELOR),
    **dict.fromkeys(("22", "23", "29"), Degree.HIGH_SCHOOL),
    **dict.fromkeys(("30", "31", "38"), Degree.COLLEGE),
    **dict.fromkeys(("32", "33", "39"), Degree.HIGH_SCHOOL),
    **dict.fromkeys(("40", "41", "44", "47"), Degree.HIGH_SCHOOL),
    **dict.fromkeys(("42", "43", "45", "46", "48", "49"), Degree.NONE),
    **dict.fromkeys(("60", "61"), Degree.HIGH_SCHOOL),
    **dict.fromkeys(("62", "63"), Degree.NONE),
    **dict.fromkeys(("70", "71", "72", "73", "80", "81", "82", "83"), Degree.NONE),
}
"""GB/T 4658-2006. Who left without graduating (结业, 肄业) counts at the level that was needed to enter."""


def find_degree(text: str) -> Degree | None:
    """The least degree that `text` asks for or names; None where it names none.

    `Degree.NONE` for 不限, for levels below 高中, and for an upper bound alone ("大专及以下"). What is merely liked
    ("本科优先") is no demand: beside nothing else it gives None. English is read too.
    """
    if _NO_LIMIT.search(text):
        return Degree.NONE
    found = [match for match in _LEVEL.finditer(text) if not _liked(text, match)]
    asked: set[Degree] = set()
    for match in found:
        degree = _DEGREES[match.lastgroup or ""] if not match["most"] else None
        earlier = degree is Degree.BACHELOR and asked & _HIGHER and _OF_SCHOOL.match(text, match.end())
        if degree is not None and not earlier:
            asked.add(degree)
    if not asked:
        return Degree.NONE if found else None
    return min(asked, key=lambda degree: degree.level)


def _liked(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 12) : match.start()]
    return bool(_LIKED_AFTER.match(text, match.end()) or _LIKED_BEFORE.search(before))


def degree_of_code(code: str) -> Degree | None:
    """The degree of a two-digit GB/T 4658-2006 code; None for 90 (others) and what is no code of it.

    10 (研究生教育) says no more than the least of it, 硕士.
    """
    return CODES.get(code.strip())
