"""Which majors a posting demands, prefers or excludes.

`matching.terms.majors.find_in` says where fields of study are named; what is said about them stands around the
list: 优先 behind it, 专业不限 before it, 除外, 非…专业也可.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.requirements.findings import MajorDemand, Mode, Span
from matching.terms import majors
from matching.terms.reading import Mention

_WORTH = re.compile(r"专业|相关|背景|学历|毕业|类|学科|[本专]科|大专|[硕博]士|应届|主修|理工|文科|理科")
ANY = re.compile(
    r"(?=[所专不任各无])(?:"
    r"(?:所学)?专业(?:背景|要求|方向|类别|条件)*[\]】]?[:：\s]*(?:均|皆)?(?:不限(?!于)|不作(?:限制|要求)|不做(?:限制|要求)"
    r"|无(?:要求|限制|限定)|不设限|不拘|没有(?:要求|限制))"
    r"|不限制?(?:学历)?[、,，和/]?(?:学历|所学)?专业|(?<!相关)(?:任何|任意|所有|各类?)专业(?:均|皆|都)?可|无专业(?:要求|限制)|不限学历[、,，/]专业)"
)
"""The posting says that any major will do."""
_STOP = r"。；;\n•●*"
_PREFERRED = re.compile(
    rf"(?:[（(][^（()）]{{0,14}}[)）])?(?:(?!经[验历]|熟[悉练]|证书|具[有备]|能力|有.{{0,8}}者)[^{_STOP}，,（(]){{0,28}}?"
    r"(?:[，,][\u4e00-\u9fff]{2,8}(?:相关)?专业(?:者|背景)?)?(?:优先|有限[,，;；]|为佳|更佳|尤佳|加分(?!项?[:：])|为宜|更好|为主)"
)
_BEFORE_PREFERRED = re.compile(
    rf"(?:(?:优先(?:考虑|录用|招聘|专业)|(?<!者)优先|优先条件|加分项?)(?:的)?[:：为是\s]*[^{_STOP}，,\-]{{0,8}}|优先[:：]\s*)$"
)
_EXCLUDED = re.compile(r"[^。；;\n，,]{0,8}?(?:专业|类)?(?:的)?(?:除外|以外|勿投|勿扰|谢绝|不考虑|不予考虑|不招|请勿)")
_BEFORE_EXCLUDED = re.compile(r"(?:不招收?|不接受|不考虑|不含|不包括|除了?|谢绝)[^。；;\n，,]{0,4}$")
_NOT_OF = re.compile(r"非\s*$")
_OTHERS_TOO = re.compile(r"[^。；;\n]{0,14}?(?:[也亦均皆都]可|可(?:以|投|报)|欢迎|不影响|零基础|小白)")
_KEEP_OUT = re.compile(r"[^。；;\n]{0,10}?(?:勿|不[考予要招接]|谢绝|免|请绕)")
_CONDITION = re.compile(r"(?:^|[\s、.．；;。])(?:如|若)(?:是|果是)?\s*$")
_LATER_ANCHOR = re.compile(
    r"[^。；;\n\d:：，,“”]{0,20}?(?:相关(?:的)?(?:专业|学科)|专业|专业背景)(?![知技能术基人素性化培英课职资证教协杂书领团水服导软产设公机])"
)
_NO_DEMAND = re.compile(
    r"(?:相关|等|类|方向|的|产品|行业|领域){0,3}专业(?:教材|协会|课程|杂志|期刊|书籍|人群|客户|社群|网站|平台|市场|展|的(?:教|培|公司|团队|技术))"
)
_NO_FIELD = re.compile(
    r"知识|经[验历]|能力|工具|软件$|以上|优先|不限|要求|岗位|产品$|行业|学历|职称|相关$|工作|^同等|^其[他它]|^等|^或|^与"
)
_OTHERS = re.compile(
    r"团队(?:成员|介绍|背景)|顾问团|创始人|访问学者|讲师团|名师|董事|客户包括|学员|毕业于(?!.{0,12}专业)|员工数?.{0,6}万"
)
_DUTY = re.compile(r"\s*(?:主要)?(?:负责|协助|参与|承担|主持|配合|组织|开展|维护)")
_ASKING = re.compile(r"学历|[本专]科|大专|硕士|毕业|优先|任职|[要需]求|应聘|招聘")
_SENTENCE = re.compile(r"[。；;\n•●*]|(?<!\d)\d{1,2}\s*[、.．)）]")
_EXEMPT = re.compile(r"[^。；;\n，,)）]{0,6}?(?:除外|免)[^。；;\n，,]{0,2}[)）]")
_AFTER_DEGREE = re.compile(r"(?:学历|以上|[本专]科|大专|[硕博]士|研究生)[，,]\s*$")
_SURE, _LISTED = 0.8, 0.25


def demanded_majors(part: str, text: str) -> tuple[tuple[MajorDemand, ...], Span | None]:
    """The majors that `text` (the posting's `part`) names as a demand, and where it says that any will do."""
    if not _WORTH.search(text):
        return (), None
    free = ANY.search(text) if "专业" in text else None
    anywhere = None if free is None else Span.of(part, text, free.span())
    demands: dict[tuple[int, str], MajorDemand] = {}
    for run in _runs(text, majors.find_in(text, least=_LISTED)):
        if not _is_demand(text, run):
            continue
        mode = _mode(text, run, free)
        if mode is not None:
            widened = any(mention.widened for mention in run)
            for demand in _demands(part, text, run, mode=mode, widened=widened):
                demands.setdefault((demand.span.start, demand.code), demand)
    return tuple(demands.values()), anywhere


def _runs(text: str, mentions: list[Mention]) -> Iterator[list[Mention]]:
    run: list[Mention] = []
    for mention in mentions:
        if run and not _together(text, run[-1], mention):
            yield run
            run = []
        run.append(mention)
    if run:
        yield run


_BETWEEN = re.compile(
    r"(?:[\s、,，/|&+和或及与以等者类·()（）]|专业|方向|相关|\([^()]{0,14}\)|（[^（）]{0,14}）|or|如)*", re.IGNORECASE
)


def _together(text: str, one: Mention, other: Mention) -> bool:
    if other.start <= one.end:
        return True
    return (
        other.start - one.end <= 30
        and _BETWEEN.fullmatch(text, one.end, other.start) is not None
        and (
            "专业" not in text[one.end : other.start]
            or not re.search(r"专业[^,，\n]*[,，\n]", text[one.end : other.start])
        )
    )


def _is_demand(text: str, run: list[Mention]) -> bool:
    first, last = run[0], run[-1]
    if max(mention.confidence for mention in run) < _SURE:
        names = len({mention.start for mention in run})
        if not (names > 1 or first.confidence > 0.55):
            return False
        if _LATER_ANCHOR.match(text, last.end) is None and not _liked_after_degree(text, run):
            return False
    if _CONDITION.search(text, max(0, first.start - 4), first.start) or _NO_DEMAND.match(text, last.end):
        return False
    begun = _SENTENCE.split(text[max(0, first.start - 80) : first.start])[-1]
    if _DUTY.match(begun) and not _ASKING.search(begun):
        return False
    line = text[max(0, text.rfind("\n", 0, first.start), first.start - 60) : last.end + 12]
    return _OTHERS.search(line) is None


def _liked_after_degree(text: str, run: list[Mention]) -> bool:
    """Whether several names right behind a degree are right before 优先 (大专学历以上，服装设计、市场营销优先)."""
    first, last = run[0], run[-1]
    return (
        text.startswith("优先", last.end)
        and len({mention.start for mention in run}) > 1
        and _AFTER_DEGREE.search(text, max(0, first.start - 10), first.start) is not None
    )


def _mode(text: str, run: list[Mention], free: re.Match[str] | None) -> Mode | None:
    """What the posting says about the list; None where it takes the demand back (非计算机专业也可)."""
    start, end = run[0].start, run[-1].end
    before = text[max(0, start - 16) : start]
    if _NOT_OF.search(before):
        if _OTHERS_TOO.match(text, end):
            return None
        return "required" if _KEEP_OUT.match(text, end) else "excluded"
    if "(" in before.replace("（", "(") and _EXEMPT.match(text, end):
        return None
    if _BEFORE_EXCLUDED.search(before) or _EXCLUDED.match(text, end):
        return "excluded"
    if _PREFERRED.match(text, end) or _BEFORE_PREFERRED.search(before):
        return "preferred"
    after_any = free is not None and 0 <= start - free.end() <= 12 and "\n" not in text[free.end() : start]
    return "preferred" if after_any else "required"


def _demands(part: str, text: str, run: list[Mention], *, mode: Mode, widened: bool) -> Iterator[MajorDemand]:
    for mention in run:
        if mention.code:
            span = Span.of(part, text, (mention.start, mention.end))
            yield MajorDemand(span, mention.code, str(mention.level), mode, widened)
            continue
        words = mention.text.rstrip("以及或和与等")
        if len(words) < 2 or _NO_FIELD.search(words):
            continue
        known = majors.find_major(words)
        span = Span.of(part, text, (mention.start, mention.start + len(words)))
        yield MajorDemand(span, known.code if known else "", known.level if known else "", mode, widened)
