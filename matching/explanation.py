"""Why this pair: what each feature added, in words, with the fields and spans that show it (Law 5).

The contributions are the scorer's own, so they add up to the score. Evidence points at text that
exists: a field of the graduate or the posting and, where it is a part of it, from which character to
which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matching.attributes import major_of
from matching.evidence import Evidence, whole_field
from matching.explanation_terms import major_words, skills_evidence, skills_words
from matching.features import FEATURES, Feature
from matching.language import Words
from matching.profile import industry_name, major_name, without_schools
from matching.requirements.stated import demand_of
from matching.skilled import SkillPlace, skills_of_graduate
from matching.standard.records import Graduate, Posting
from matching.terms import regions
from matching.terms.automaton import Places
from matching.terms.majors import Major
from models.lexical import tokens
from models.ranker import MICRO

MOST_EVIDENCE = 4
_LEAST_TOLD = MICRO // 10
"""Contributions under a tenth of a point are listed, but no sentence is made of them."""


class Reason(NamedTuple):
    """What one feature added to the score: points, the words for it, and its evidence."""

    feature: str
    points: float
    words: Words
    evidence: tuple[Evidence, ...]


class Own(NamedTuple):
    """What a graduate's record says, looked up once an answer: its words, its skills with their places, its major."""

    words: Places
    skills: dict[str, SkillPlace]
    major: Major | None

    @classmethod
    def of(cls, graduate: Graduate) -> Own:
        """Read off a record."""
        return cls(Places(own_words(graduate)), skills_of_graduate(graduate), major_of(graduate))


def explain_all(
    asker: Graduate | Posting,
    found: Sequence[Graduate | Posting],
    features: Sequence[Sequence[float]],
    contributions: Sequence[Sequence[int]],
) -> list[tuple[Reason, ...]]:
    """The reasons of every pair of an answer; see `explain`. What all pairs share is worked out once."""
    if isinstance(asker, Graduate):
        own = Own.of(asker)
        return [
            explain(asker, posting, row, points, own=own)
            for posting, row, points in zip(found, features, contributions, strict=True)
            if isinstance(posting, Posting)
        ]
    return [
        explain(graduate, asker, row, points, own=Own.of(graduate))
        for graduate, row, points in zip(found, features, contributions, strict=True)
        if isinstance(graduate, Graduate)
    ]


def explain(
    graduate: Graduate, posting: Posting, features: Sequence[float], contributions: Sequence[int], *, own: Own
) -> tuple[Reason, ...]:
    """The reasons of one pair, those that weigh most first.

    Parameters
    ----------
    features, contributions : length f
        In the order of `FEATURES`; contributions in micro-points. Every contribution that is not zero
        gives a reason, so the points of all reasons add up to the score.
    own : Own
        What the graduate's record says.
    """
    reasons = [
        Reason(
            feature.name,
            points / MICRO,
            _words(feature, (value, points), (graduate, posting), own),
            _evidence(feature.name, graduate, posting, own) if abs(points) >= _LEAST_TOLD else (),
        )
        for feature, value, points in zip(FEATURES, features, contributions, strict=True)
        if points
    ]
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.points), reason.feature)))


def own_words(graduate: Graduate) -> list[str]:
    """The words that a graduate's record uses, longer than one character, sorted; no school's name gives any."""
    own = [
        *graduate.skills, *graduate.certificates, *graduate.wishes.titles, major_name(graduate), graduate.summary,
        *(text for e in graduate.experiences for text in (e.title, e.description)),
    ]  # fmt: skip
    return sorted({word for text in without_schools(graduate, own) for word in tokens(text) if len(word) > 1})


def _evidence(name: str, graduate: Graduate, posting: Posting, own: Own) -> tuple[Evidence, ...]:
    if name == "lexical":
        return _lexical_evidence(own.words, posting)
    if name == "skills":
        return skills_evidence(own.skills, posting, MOST_EVIDENCE)
    return _EVIDENCE[name](graduate, posting)


def shared_spans(words: Places, text: str) -> list[tuple[int, int]]:
    """Where `words` stand in `text`, overlapping and touching places joined; longest first, then first.

    Case is ignored where that does not change the length of the text; a Latin word counts only as a whole one.
    """
    lowered = text.lower()
    folded = lowered if len(lowered) == len(text) else text
    joined: list[tuple[int, int]] = []
    for start, end in sorted(words.find(folded)):
        if not _whole(folded, start, end):
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return sorted(joined, key=lambda span: (span[0] - span[1], span[0]))


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a Latin word does not stand inside a longer one; Chinese has no such words."""
    if not text[start:end].isascii():
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum())


def _semantic_evidence(graduate: Graduate, posting: Posting) -> tuple[Evidence, ...]:
    said = [
        *((f"graduate.wishes.titles.{i}", title) for i, title in enumerate(graduate.wishes.titles)),
        ("graduate.major", graduate.major),
    ]
    mine = next(((field, value) for field, value in said if value), None)
    ours = whole_field("posting.title", posting.title)
    return (ours, whole_field(*mine)) if mine else (ours,)


def _lexical_evidence(words: Places, posting: Posting) -> tuple[Evidence, ...]:
    fields = [
        ("posting.title", posting.title),
        *((f"posting.requirements.skills.{i}", skill) for i, skill in enumerate(posting.requirements.skills)),
        ("posting.description", posting.description),
    ]
    found: dict[str, Evidence] = {}
    for field, text in fields:
        for start, end in shared_spans(words, text):
            found.setdefault(text[start:end].lower(), Evidence(field, start, end, text[start:end]))
    return tuple(sorted(found.values(), key=lambda e: (e.start - e.end, e.field, e.start))[:MOST_EVIDENCE])


def _major_evidence(graduate: Graduate, posting: Posting) -> tuple[Evidence, ...]:
    wanted = tuple(
        whole_field(f"posting.requirements.majors.{i}", entry)
        for i, entry in enumerate(posting.requirements.majors or ())
    ) or _read_evidence("majors", posting)
    field, value = ("graduate.major", graduate.major) if graduate.major else ("graduate.major_code", "")
    return (whole_field(field, value or graduate.major_code or ""), *wanted[:MOST_EVIDENCE])


def _place_evidence(graduate: Graduate, posting: Posting) -> tuple[Evidence, ...]:
    places = tuple(whole_field(f"posting.regions.{i}", code) for i, code in enumerate(posting.regions))
    wishes = tuple(whole_field(f"graduate.wishes.regions.{i}", code) for i, code in enumerate(graduate.wishes.regions))
    home = (whole_field("graduate.region", graduate.region),) if graduate.region and not wishes else ()
    return (*places[:2], *wishes[:2], *home)


def _value_evidence(*fields: str) -> Callable[[Graduate, Posting], tuple[Evidence, ...]]:
    def evidence(graduate: Graduate, posting: Posting) -> tuple[Evidence, ...]:
        found: list[Evidence] = []
        for field in fields:
            if (value := _value_at(field, graduate, posting)) not in (None, "", []):
                found.append(whole_field(field, str(value)))
            elif field.startswith(_DEMAND):
                found += _read_evidence(field.removeprefix(_DEMAND), posting)
        return tuple(found)

    return evidence


_DEMAND = "posting.requirements."


def _read_evidence(name: str, posting: Posting) -> tuple[Evidence, ...]:
    """The words of the posting from which a requirement was read that it did not state; () where there are none."""
    span = demand_of(posting).read.get(name)
    return () if span is None else (Evidence(f"posting.{span.part}", span.start, span.end, span.text),)


def _value_at(field: str, graduate: Graduate, posting: Posting) -> object:
    side, *path = field.split(".")
    value: object = graduate if side == "graduate" else posting
    for name in path:
        value = None if value is None else getattr(value, name)
    return value


_EVIDENCE: dict[str, Callable[[Graduate, Posting], tuple[Evidence, ...]]] = {
    "semantic": _semantic_evidence,
    "major": _major_evidence,
    "degree_above": _value_evidence("graduate.degree", "posting.requirements.degree"),
    "place": _place_evidence,
    "pay": _value_evidence("posting.pay.min", "posting.pay.max", "graduate.wishes.pay_min"),
    "industry": _value_evidence("posting.industry", "posting.industry_code"),
    "experience_gap": _value_evidence("posting.requirements.experience_years", "graduate.graduation_year"),
    "age": _value_evidence("posting.published"),
}


def _words(feature: Feature, told: tuple[float, int], pair: tuple[Graduate, Posting], own: Own) -> Words:
    value, points = told
    if feature.name == "skills":
        return skills_words(own.skills, pair[1], points)
    if feature.name == "major":
        return major_words(own.major, *pair, value)
    return _sentence(feature.name, feature.meaning, value, pair)


def _sentence(name: str, meaning: Words, value: float, pair: tuple[Graduate, Posting]) -> Words:
    graduate, posting = pair
    special = {
        "semantic": _semantic_words,
        "place": _place_words,
        "pay": _pay_words,
        "age": _age_words,
        "degree_above": _degree_words,
        "industry": _industry_words,
        "experience_gap": _experience_words,
    }.get(name)
    return meaning if special is None else special(graduate, posting, value)


def _semantic_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    zh = "很相近" if value >= 3 else "相近" if value >= 1.5 else "有些相近" if value > 0 else "不相近"
    en = "very close" if value >= 3 else "close" if value >= 1.5 else "somewhat close" if value > 0 else "far apart"
    return Words(f"简历与“{posting.title}”内容{zh}", f"résumé and '{posting.title}' are {en} in content")


def _place_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    known = [regions.region(code) for code in posting.regions]
    where = "、".join(place.name for place in known if place) or posting.place
    if not graduate.wishes.regions:
        near = value > 0.5
        return Words(
            f"工作地{where}{'离现居地近' if near else '不在现居省份'}",
            f"work in {where}, {'near' if near else 'far from'} home",
        )
    if value >= 1:
        return Words(f"工作地{where}在意向地区", f"work in {where}, a region wished for")
    return Words(f"工作地{where}不在意向地区", f"work in {where}, outside the regions wished for")


def _pay_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    wish = graduate.wishes.pay_min or 0
    if value >= 0:
        return Words(f"薪酬达到期望（{wish:g}元/月）", f"pay meets the wish ({wish:g} yuan a month)")
    return Words(f"薪酬低于期望（{wish:g}元/月）", f"pay is below the wish ({wish:g} yuan a month)")


def _age_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    return Words(f"发布于{value:.0f}天前", f"published {value:.0f} days ago")


def _industry_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    named = industry_name(posting)
    if value > 0:
        return Words(f"行业符合意向：{named}", f"industry is one wished for: {named}")
    return Words(f"行业不在意向之内：{named}", f"industry is not one wished for: {named}")


def _experience_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    if value <= 0:
        return Words("工作年限达到要求", "experience is as demanded")
    months = max(round(value * 12), 1)
    if months < 12:
        return Words(f"工作年限比要求少{months}个月", f"{months} month(s) short of the experience demanded")
    years = f"{max(value, 1):.1f}".removesuffix(".0")
    return Words(f"工作年限比要求少{years}年", f"{years} year(s) short of the experience demanded")


def _degree_words(graduate: Graduate, posting: Posting, value: float) -> Words:
    demanded = demand_of(posting).requirements.degree
    named = demanded.value if demanded else ""
    if value <= 0:
        return Words(f"学历与要求（{named}）一致", f"degree is just what is demanded ({named})")
    return Words(f"学历高出要求（{named}）{value:.0f}级", f"degree is {value:.0f} level(s) above the demand ({named})")
