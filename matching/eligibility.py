"""The hard rules: may this graduate take this posting? Pass, fail or unknown, each with its reason (Law 1).

A rule compares columns of graduates with columns of postings by numpy broadcasting, so one definition
serves a graduate against all postings, a posting against all graduates, and a single pair. The
statuses are ordered, fail < unknown < pass, and a pair's eligibility is the least of its rules'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.attributes import (
    ANY,
    LIMITED,
    MISSING,
    NAMED,
    PARTLY_READ,
    PLACES,
    GraduateRows,
    PostingRows,
    day_number,
    year_bit,
)
from matching.language import Words

Statuses = NDArray[np.int8]


class Status(IntEnum):
    """The outcome of a rule, and of all rules together (the least of theirs)."""

    FAIL = 0
    UNKNOWN = 1
    PASS = 2

    @property
    def word(self) -> str:
        """``"fail"``, ``"unknown"`` or ``"pass"``: how it is written in answers."""
        return self.name.lower()


class Rule(NamedTuple):
    """One hard rule.

    Attributes
    ----------
    name : str
        As in settings and answers.
    status : callable
        ``(graduates, postings, today) → int8`` array, broadcast over both (one side has one row, or both
        have n).
    needs : tuple of str
        The fields it reads, graduate's first; the ones that are missing make it unknown.
    fails : Words
        What to say when it fails.
    not_stated : callable, optional
        Which postings do not state the demand at all, (n,); None for a rule that reads no demand.
    unstated : {"unknown", "pass"}
        What a posting that does not state this demand means unless the settings say otherwise. ``pass``
        is for limits that postings state when they have them; the reason still says "not stated".
    unsure : Words, optional
        What to say when it is unknown although no field is missing.
    graduate_columns, posting_columns : tuple of str
        The columns that `status` and `not_stated` read: rows equal in them are alike to the rule.
    """

    name: str
    status: Callable[[GraduateRows, PostingRows, int], Statuses]
    needs: tuple[str, ...]
    fails: Words
    not_stated: Callable[[PostingRows], NDArray[np.bool_]] | None = None
    unstated: Literal["unknown", "pass"] = "unknown"
    unsure: Words | None = None
    graduate_columns: tuple[str, ...] = ()
    posting_columns: tuple[str, ...] = ()


def _pass_where(condition: NDArray[np.bool_]) -> Statuses:
    return np.where(condition, np.int8(Status.PASS), np.int8(Status.FAIL))


def _unknown_where(condition: NDArray[np.bool_], otherwise: Statuses) -> Statuses:
    return np.where(condition, np.int8(Status.UNKNOWN), otherwise)


def _live(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    return _pass_where(p.open & (p.published <= today) & (p.closes >= today))


def _vacant(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    """Fails when full. A posting without a headcount is open by its status: that is what open says."""
    return _pass_where(p.vacancies != 0)


def _kind(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    wished = (g.wish_kinds >> p.kind.astype(np.uint8)) & 1
    return _pass_where((g.wish_kinds == 0) | (wished == 1))


def _degree(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    known = _unknown_where(g.degree == MISSING, _pass_where(g.degree >= p.degree))
    return np.where(p.degree == 0, np.int8(Status.PASS), _unknown_where(p.degree == MISSING, known))


def _majors(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    admitted = in_classes(p.major_mask, g)
    outside = np.where(p.majors == LIMITED, np.int8(Status.FAIL), np.int8(Status.UNKNOWN))
    limited = _unknown_where(g.major_class == MISSING, np.where(admitted, np.int8(Status.PASS), outside))
    return np.where(p.majors == ANY, np.int8(Status.PASS), _unknown_where(p.majors == MISSING, limited))


def _named_major(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    limited = (p.majors == LIMITED) | (p.majors == PARTLY_READ)
    unsure = limited & in_classes(p.unsure_mask, g) & ~is_named(g, p)
    return np.where(unsure, np.int8(Status.UNKNOWN), np.int8(Status.PASS))


def in_classes(mask: NDArray[np.uint64], g: GraduateRows) -> NDArray[np.bool_]:
    """Whether the class of the graduate's major is in the posting's `mask`; no for a major that is not known."""
    place = np.maximum(g.major_class, 0).astype(np.int64)
    held = (mask[np.arange(len(mask)), place >> 6] >> (place & 63).astype(np.uint64)) & np.uint64(1) == 1
    out: NDArray[np.bool_] = held & (g.major_class != MISSING)
    return out


def is_named(g: GraduateRows, p: PostingRows) -> NDArray[np.bool_]:
    """Whether the posting names the graduate's own major, or one of that name at another level of education."""
    named = np.zeros(np.broadcast_shapes(g.degree.shape, p.degree.shape), np.bool_)
    for place in range(NAMED):
        if not p.named[:, place].any():  # columns fill from the first
            break
        named |= (p.named[:, place] > 0) & (p.named[:, place] - 1 == g.major)
    return named


def _graduation_year(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    admitted = (p.year_mask & year_bit(g.graduation_year)) != 0
    limited = _unknown_where(g.graduation_year == MISSING, _pass_where(admitted))
    return np.where(p.years == ANY, np.int8(Status.PASS), _unknown_where(p.years == MISSING, limited))


def _experience(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    has = years_of_experience(g, today)
    demanded = np.nan_to_num(p.experience, nan=0.0)
    enough = _pass_where(demanded <= np.nan_to_num(has, nan=0.0) + 1.0)
    known = np.where(demanded <= 1.0, np.int8(Status.PASS), _unknown_where(np.isnan(has), enough))
    return _unknown_where(np.isnan(p.experience), known)


def _region(g: GraduateRows, p: PostingRows, today: int) -> Statuses:
    if not g.regions_only.any():
        return np.full(1, Status.PASS, np.int8)
    inside = in_wished_regions(g, p)
    placed = p.places[:, 0] > 0
    strict = np.where(placed, _pass_where(inside), np.int8(Status.UNKNOWN))
    return np.where(g.regions_only, strict, np.int8(Status.PASS))


def years_of_experience(g: GraduateRows, today: int | NDArray[np.int64]) -> NDArray[np.float32]:
    """Years that a graduate can have worked: what is recorded, or the years since graduation if more; NaN unknown."""
    year = (1970 + np.asarray(today) / 365.2425).astype(np.float32)
    since = np.where(g.graduation_year == MISSING, np.nan, np.floor(np.maximum(year - g.graduation_year, 0)))
    recorded = np.where(g.experience > 0, g.experience, np.nan)
    out: NDArray[np.float32] = np.fmax(recorded, since).astype(np.float32)
    return out


def in_wished_regions(g: GraduateRows, p: PostingRows) -> NDArray[np.bool_]:
    """Whether any place of the posting lies in any wished region of the graduate."""
    inside = np.zeros(np.broadcast_shapes(g.degree.shape, p.degree.shape), np.bool_)
    for wish in range(PLACES):
        low, high = g.wish_from[:, wish], g.wish_to[:, wish]
        if not high.any():
            continue
        for place in range(PLACES):
            number = p.places[:, place]
            if number.any():  # columns fill from the first: the later ones are mostly empty
                inside |= (number >= low) & (number < high)
    return inside


RULES: tuple[Rule, ...] = (
    Rule(
        "live",
        _live,
        (),
        Words("岗位未开放或已截止", "the posting is not open, or is past its closing date"),
        graduate_columns=(),
        posting_columns=("open", "published", "closes"),
    ),
    Rule(
        "capacity",
        _vacant,
        (),
        Words("岗位已招满", "the posting is full"),
        graduate_columns=(),
        posting_columns=("vacancies",),
    ),
    Rule(
        "kind",
        _kind,
        (),
        Words("不是该毕业生要找的岗位类型", "not a kind of posting that the graduate looks for"),
        graduate_columns=("wish_kinds",),
        posting_columns=("kind",),
    ),
    Rule(
        "degree",
        _degree,
        ("graduate.degree", "posting.requirements.degree"),
        Words("学历低于岗位要求", "degree is below what the posting demands"),
        lambda p: p.degree == MISSING,
        graduate_columns=("degree",),
        posting_columns=("degree",),
    ),
    Rule(
        "majors",
        _majors,
        ("graduate.major", "posting.requirements.majors"),
        Words("专业不在岗位要求的专业类中", "major is outside the classes that the posting demands"),
        lambda p: p.majors == MISSING,
        graduate_columns=("major_class",),
        posting_columns=("majors", "major_mask"),
    ),
    Rule(
        "named_major",
        _named_major,
        ("graduate.major", "posting.requirements.majors"),
        Words("专业不是岗位点名的专业", "major is not the one that the posting names"),
        unsure=Words(
            "岗位点名的是同类的其他专业，未写“相关专业”，需向单位确认",
            "the posting names other majors of the same field, without 相关专业: to be confirmed",
        ),
        graduate_columns=("major", "major_class"),
        posting_columns=("majors", "named", "unsure_mask"),
    ),
    Rule(
        "graduation_year",
        _graduation_year,
        ("graduate.graduation_year", "posting.requirements.graduation_years"),
        Words("毕业年份不在岗位要求之内", "graduation year is not among those that the posting demands"),
        lambda p: p.years == MISSING,
        "pass",
        graduate_columns=("graduation_year",),
        posting_columns=("years", "year_mask"),
    ),
    Rule(
        "experience",
        _experience,
        ("graduate.experiences", "posting.requirements.experience_years"),
        Words("工作年限明显不足", "far from the years of experience that the posting demands"),
        lambda p: np.isnan(p.experience),
        "pass",
        graduate_columns=("experience", "graduation_year"),
        posting_columns=("experience",),
    ),
    Rule(
        "region",
        _region,
        ("graduate.wishes.regions", "posting.regions"),
        Words("工作地不在毕业生限定的地区内", "the place of work is outside the regions that the graduate insists on"),
        lambda p: p.places[:, 0] == 0,
        graduate_columns=("regions_only", "wish_from", "wish_to"),
        posting_columns=("places",),
    ),
)
"""Every hard rule, in the order in which reasons are listed."""


class Verdict(NamedTuple):
    """One rule's outcome for one pair: `status`, the fields `missing` when unknown, and the words for it."""

    rule: str
    status: Status
    missing: tuple[str, ...]
    reason: Words


class Eligibility(NamedTuple):
    """One pair's eligibility: the least status, and every rule that did not simply pass."""

    status: Status
    verdicts: tuple[Verdict, ...]


class Rules:
    """The hard rules under given settings.

    Parameters
    ----------
    unknown : mapping of rule name → {"show", "hide"}
        Whether a pair that is unknown under the rule may be shown (marked as unknown). Default: show.
    unstated : mapping of rule name → {"unknown", "pass"}
        Replaces a rule's own reading of a posting that does not state the demand.
    today : date
        The day on which the rules are asked.
    """

    def __init__(
        self,
        today: date,
        *,
        unknown: Mapping[str, Literal["show", "hide"]] | None = None,
        unstated: Mapping[str, Literal["unknown", "pass"]] | None = None,
    ) -> None:
        self._today = day_number(today, missing=0)
        self._hidden = frozenset(name for name, what in (unknown or {}).items() if what == "hide")
        own = {rule.name: rule.unstated for rule in RULES}
        self._unstated = {**own, **(unstated or {})}

    @property
    def today(self) -> int:
        """The day, as a day number."""
        return self._today

    def status(self, rule: Rule, g: GraduateRows, p: PostingRows) -> Statuses:
        """Outcome of one rule, an unstated demand read as the settings say."""
        out = rule.status(g, p, self._today)
        if rule.not_stated is not None and self._unstated[rule.name] == "pass":
            out = np.where(rule.not_stated(p), np.int8(Status.PASS), out)
        return out

    def allowed(self, g: GraduateRows, p: PostingRows) -> NDArray[np.bool_]:
        """The row set: which pairs no rule fails, and no hidden unknown excludes. Shape (n,)."""
        out = np.ones(np.broadcast_shapes(g.degree.shape, p.degree.shape), np.bool_)
        for rule in RULES:
            out &= self.fits(rule, g, p)
        return out

    def fits(self, rule: Rule, g: GraduateRows, p: PostingRows) -> NDArray[np.bool_]:
        """Which pairs one rule neither fails nor, where unknowns are hidden, leaves unknown."""
        least = Status.PASS if rule.name in self._hidden else Status.UNKNOWN
        out: NDArray[np.bool_] = self.status(rule, g, p) >= least
        return out

    def statuses(self, g: GraduateRows, p: PostingRows) -> Statuses:
        """The eligibility of each pair as a number, without reasons: the least of the rules' statuses, (n,)."""
        out = np.full(np.broadcast_shapes(g.degree.shape, p.degree.shape), np.int8(Status.PASS))
        for rule in RULES:
            out = np.minimum(out, self.status(rule, g, p))
        return out

    def shown(self, g: GraduateRows, p: PostingRows) -> Statuses:
        """As `statuses`, with FAIL for what a hidden unknown excludes: what may be shown, and how surely, (n,)."""
        out = np.full(np.broadcast_shapes(g.degree.shape, p.degree.shape), np.int8(Status.PASS))
        for rule in RULES:
            status = self.status(rule, g, p)
            if rule.name in self._hidden:
                status = np.where(status < Status.PASS, np.int8(Status.FAIL), status)
            out = np.minimum(out, status)
        return out

    def judge(self, g: GraduateRows, p: PostingRows) -> list[Eligibility]:
        """The eligibility of each pair, with its reasons; both sides have n rows, or one has one."""
        shape = np.broadcast_shapes(g.degree.shape, p.degree.shape)
        found: list[list[Verdict]] = [[] for _ in range(shape[0])]
        for rule in RULES:
            statuses = np.broadcast_to(self.status(rule, g, p), shape).tolist()
            silent = np.zeros(1, np.bool_) if rule.not_stated is None else rule.not_stated(p)
            for i, (status, unstated) in enumerate(zip(statuses, np.broadcast_to(silent, shape).tolist(), strict=True)):
                if status < Status.PASS or (unstated and self._unstated[rule.name] == "pass"):
                    found[i].append(_verdict(rule, Status(status), (g, p), i, silent=unstated))
        return [Eligibility(min((v.status for v in own), default=Status.PASS), tuple(own)) for own in found]


_SILENT = Words("岗位未说明，按设置视为无限制", "not stated by the posting; read as no limit, by the settings")


def _verdict(rule: Rule, status: Status, pair: tuple[GraduateRows, PostingRows], i: int, *, silent: bool) -> Verdict:
    if status is Status.FAIL:
        return Verdict(rule.name, status, (), rule.fails)
    if status is Status.PASS:
        return Verdict(rule.name, status, (rule.needs[-1],), _SILENT)
    missing = tuple(field for field in rule.needs if _absent(field, *pair, i, silent=silent))
    if rule.unsure is not None and not missing:
        return Verdict(rule.name, status, rule.needs[-1:], rule.unsure)
    return Verdict(rule.name, status, missing, _unknown_words(missing))


def _absent(field: str, g: GraduateRows, p: PostingRows, i: int, *, silent: bool) -> bool:
    """Whether the `i`-th pair's `field` is missing or was not understood; `silent`: the posting states no demand."""
    own, theirs = (i if len(rows.degree) > 1 else 0 for rows in (g, p))
    if field == "graduate.degree":
        return bool(g.degree[own] == MISSING)
    if field == "graduate.major":
        return bool(g.major_class[own] == MISSING)
    if field == "graduate.graduation_year":
        return bool(g.graduation_year[own] == MISSING)
    if field == "graduate.experiences":
        return bool(g.experience[own] <= 0 and g.graduation_year[own] == MISSING)
    if field == "posting.requirements.majors":
        return p.majors[theirs] not in (ANY, LIMITED)
    return silent and field.startswith("posting.")


def _unknown_words(missing: tuple[str, ...]) -> Words:
    fields = "、".join(missing)
    return Words(f"无法判断：缺少 {fields}", f"cannot be judged: {', '.join(missing)} missing or not understood")
