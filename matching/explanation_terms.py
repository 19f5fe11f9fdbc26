"""What is said of majors and skills: the level at which a major fits, and the skills that both sides name."""

from __future__ import annotations

from collections.abc import Mapping

from matching.demanded import Demanded, demanded
from matching.evidence import Evidence
from matching.language import Words
from matching.profile import major_name
from matching.skilled import SkillPlace, skills_of_posting
from matching.standard.records import Graduate, Posting
from matching.terms import majors

_MOST_TOLD = 4


def major_words(own: majors.Major | None, graduate: Graduate, posting: Posting, value: float) -> Words:
    """How the graduate's major (`own`, as it is read) stands to the demand; `value` is the feature's."""
    label = major_name(graduate) or graduate.major_code or ""
    admitted = None if own is None else _admitted(own, demanded(posting), label)
    if admitted is not None:
        return admitted
    near = "同门类，不同专业类" if value > 0 else "不同门类"
    return Words(f"专业不完全对口：{label}（{near}）", f"major does not quite fit: {label}")


def _admitted(own: majors.Major, found: Demanded, label: str) -> Words | None:
    """The words for a major that may be taken, by how it came to be; None for one that the demand leaves out."""
    mine = majors.class_of(own.code)
    known = majors.major(mine)
    named = known.name if known else ""
    if own.code in found.named:
        return Words(f"专业对口：{label}是岗位点名的专业", f"major fits: {label} is one that the posting names")
    if mine in found.classes:
        return Words(
            f"专业对口：{label}属{named}，在岗位要求之内" + "（岗位接受相关专业）" * found.widened,
            f"major fits: {label} is in {named}" + " (related majors are welcome)" * found.widened,
        )
    if mine in found.near:
        return Words(
            f"专业相近：岗位接受相关专业，{label}所属{named}与所列专业类相近",
            f"major is near: related majors are welcome, and {label} is in {named}",
        )
    if mine in found.other or own.code in found.alike:
        return Words(
            f"专业对口：{label}与岗位所列专业属同一领域",
            f"major fits: {label} is of the field that the posting names",
        )
    if mine in found.admitted:
        return Words(
            f"专业相近：{label}与岗位点名的专业同属{named}，岗位未写“相关专业”",
            f"major is near: {label} is in {named}, of which the posting names other majors",
        )
    return None


def skills_words(has: Mapping[str, SkillPlace], posting: Posting, points: float) -> Words:
    """Which skills that the posting names the graduate has; where there are none, which it names.

    `points` is what they added: where that is less than nothing, the words do not praise.
    """
    asked = list(skills_of_posting(posting))
    shared = [name for name in asked if name in has][:_MOST_TOLD]
    if not shared:
        some = asked[:3]
        return Words(f"岗位提到的技能（{'、'.join(some)}）简历未提到", f"the résumé names none of {', '.join(some)}")
    zh, en = "、".join(shared), ", ".join(shared)
    if points < 0:
        return Words(f"岗位提到的技能只具备少数：{zh}", f"has few of the skills that the posting names: {en}")
    return Words(f"具备岗位提到的技能：{zh}", f"has skills that the posting names: {en}")


def skills_evidence(has: Mapping[str, SkillPlace], posting: Posting, most: int) -> tuple[Evidence, ...]:
    """Where the posting and the graduate name the same skills, a place of each side a skill, at most `most` places."""
    asked = skills_of_posting(posting)
    shared = [name for name in asked if name in has][: most // 2]
    return tuple(_evidence(place) for name in shared for place in (asked[name], has[name]))


def _evidence(place: SkillPlace) -> Evidence:
    return Evidence(place.field, place.start, place.end, place.text)
