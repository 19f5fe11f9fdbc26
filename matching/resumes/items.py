"""Lists of a résumé: skills, by the table of skills, and certificates, as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matching.requirements.certificates import certificates as named_certificates
from matching.resumes.door import COVER
from matching.resumes.finding import Finding
from matching.resumes.periods import moments
from matching.resumes.text import Line
from matching.terms.skills import find_skills

_ITEM = re.compile(r"[、，,；;\t\u3000|｜。]|\s{2,}|\s/\s")
_LABEL = re.compile(r"^[^\w\u4e00-\u9fff]*[\u4e00-\u9fffA-Za-z/& ]{1,16}[:：]\s*")
_LEVEL = re.compile(
    r"^(?:[^\w\u4e00-\u9fff]|\d{1,2}[.、)）])*(?:能够?|可以?|会(?=用|使)|并|且|具有|具备|有|较为|较|能|基本|良好的?|一定的?|对)*(?:熟练|掌握|熟悉|精通|了解|使用|运用|操作|应用|擅长|独立|良好|熟知)*(?:地|的)?"
    r"|(?:等|的使用|使用)*(?:[（(][^()（）]{0,12}[)）])?\s*(?:熟练|精通|掌握|了解|熟悉|良好|一般|优秀|proficient|fluent|advanced|intermediate|basic|familiar)?$",
    re.IGNORECASE,
)
_NO_SKILL = re.compile(
    r"证$|证书|[四六四八]级|CET|奖|年|%|级$|分$|负责|完成|参与|团队$|性格|工作$|^\d|[，。：:]", re.IGNORECASE
)
_CERTIFICATE = re.compile(r"证(?!券|明|据)|证书|[一二三四五六八46]级|CET|TEM|CPA|ACCA|普通话|教资|NCRE|IELTS|TOEFL|雅思|托福|职称|资格|建造师|HCI[AEP]|软考|驾照|[NJ][1-3]\b|certificate|certified", re.IGNORECASE)  # fmt: skip
_AWARD = re.compile(r"奖学金|[一二三]等奖|[金银铜]奖|优秀奖|获奖|称号|优秀|三好|荣誉|竞赛|大赛|比赛|标兵|先进|团员|党员|干部|scholarship|award|prize|contest|competition", re.IGNORECASE)  # fmt: skip
_SCORE = re.compile(
    r"\s*[（(]\s*(?:\d{3}分?|成绩[:：]?\d+分?|\d{4}[./年-]\d{1,2}月?|已取得|已通过|通过)\s*[)）]|\s*[:：]?\s*\d{3}分|\s*已?(?:取得|获得)$"
)
_LEAD = re.compile(r"^[\s\u3000:：,，、–—月获得取通过-]+")
_SHORT = 16


def skills(lines: Sequence[Line]) -> Iterator[Finding]:
    """The skills of a skills section: those of the table by its name, other short items as they are written."""
    for line in lines:
        if _LABEL.match(line.text) and re.match(r"[^\w\u4e00-\u9fff]*(?:证书|资格证书|荣誉|获奖|奖项|兴趣|爱好|certificates?|awards?)", line.text, re.IGNORECASE):  # fmt: skip
            continue
        found = [m for m in find_skills(line.text) if COVER not in m.text]
        for mention in found:
            yield Finding.of("skills", mention.name, line, (mention.start, mention.end))
        for start, item in _items(line.text):
            end = start + len(item)
            if any(m.start < end and m.end > start for m in found):
                continue
            own = _LEVEL.sub("", item)
            if 2 <= len(own) <= _SHORT and not _NO_SKILL.search(own) and COVER not in own and _listed(line.text):
                place = start + item.find(own)
                yield Finding.of("skills", own, line, (place, place + len(own)))


def _listed(text: str) -> bool:
    """Whether a line is a list of items rather than a sentence."""
    parts = [part for part in _ITEM.split(_LABEL.sub("", text)) if part.strip()]
    return len(parts) > 1 and max(map(len, parts)) <= 20 and not text.rstrip().endswith("。")


def certificates(lines: Sequence[Line], *, sure: bool) -> Iterator[Finding]:
    """Certificates as written, without date and score.

    Parameters
    ----------
    sure : bool
        Whether the lines are of a section of certificates: then an item counts that looks like one; else only names
        that the reader of requirements knows.
    """
    for line in lines:
        if not sure:
            for span in named_certificates("resume", line.text):
                if COVER not in span.text and not re.search(r"备考|正在考|准备", line.text):
                    yield Finding.of("certificates", span.text, line, (span.start, span.end))
            continue
        for start, item in _items(line.text):
            own, place = _undated(item)
            own = _SCORE.sub("", own).strip(" 《》：:-–—·•●■")
            place += start + max(item[place:].find(own), 0)
            if 2 <= len(own) <= 40 and _CERTIFICATE.search(own) and not _AWARD.search(own) and COVER not in own:
                yield Finding.of("certificates", own, line, (place, place + len(own)))


def _undated(item: str) -> tuple[str, int]:
    """Without a date before or behind it; and where what is left begins."""
    at = next(moments(item), None)
    if at is None:
        return item, 0
    if at.start <= 2:
        rest = item[at.stop :]
        left = len(rest) - len(_LEAD.sub("", rest))
        return rest[left:], at.stop + left
    return item[: at.start].rstrip(" （(:：-–—"), 0


def _items(text: str) -> Iterator[tuple[int, str]]:
    label = _LABEL.match(text)
    begin = label.end() if label else 0
    start = begin
    for gap in [*_ITEM.finditer(text, begin), None]:
        end = gap.start() if gap else len(text)
        item = text[start:end]
        left = len(item) - len(item.lstrip(" •●■◆▪▸➢✓·-–*0123456789.)）"))
        left = left if not re.match(r"\d", item[:left]) or re.match(r"\d{1,2}[.、)）]\s*", item) else 0
        if item[left:].strip():
            yield start + left, item[left:].rstrip()
        start = gap.end() if gap else end
