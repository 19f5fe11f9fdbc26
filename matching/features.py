"""One pair → one row of features; names, units and meaning in one place.

Nothing here reads a protected attribute, a school, a tenant or an employer's name (Law 4). NaN is
"not known", never a guess. Computed for many pairs at once: both sides have n rows, or one has one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.attributes import LIMITED, MISSING, PARTLY_READ, GraduateRows, PostingRows
from matching.eligibility import in_classes, in_wished_regions, is_named, years_of_experience
from matching.language import Words
from matching.terms.regions import MUNICIPALITIES
from matching.terms.skills import COMMON_WEIGHT

Column = NDArray[np.float32]

_IS_CITY = np.isin(np.arange(100), [int(code[:2]) for code in MUNICIPALITIES])
"""By province number: whether the whole of it is one city."""


class Pairs(NamedTuple):
    """What the features of n pairs are computed from.

    g, p : columns of graduates and postings, n rows or one.
    semantic : centred similarity in standard deviations, (n,).
    lexical : share of the graduate's informative words that the posting answers, 0–1, (n,).
    today : day number, one for all or one each.
    """

    g: GraduateRows
    p: PostingRows
    semantic: Column
    lexical: Column
    today: int | NDArray[np.int64]


class Feature(NamedTuple):
    """One feature: its name, unit, what it means to a person, and how it is computed."""

    name: str
    unit: str
    meaning: Words
    compute: Callable[[Pairs], Column]


def _major(x: Pairs) -> Column:
    category = np.maximum(x.g.major_category, 0).astype(np.uint64)
    in_category = (x.p.category_mask >> category) & np.uint64(1) == 1
    demanded = (x.p.majors == LIMITED) | (x.p.majors == PARTLY_READ)
    fits = np.where(in_classes(x.p.near_mask, x.g) & ~is_named(x.g, x.p), 0.75, 1.0)
    value = np.where(in_classes(x.p.major_mask, x.g), fits, np.where(in_category, 0.5, 0.0))
    return np.where(demanded & (x.g.major_class != MISSING), value, np.nan)


_FEW_SKILLS = 4.0
"""Worth of skills below which a posting says too little of them for the share to be taken whole."""


def _skills(x: Pairs) -> Column:
    """Share of the skills that the posting names and the graduate has; of one or two named it never comes near 1."""
    asked = x.p.skills
    has = np.zeros(np.broadcast_shapes(asked.shape, (len(x.g.skills), 1)), np.bool_)
    for own in x.g.skills.T:
        if not own.any():  # columns fill from the first
            break
        has |= asked == own[:, None]
    has &= asked > 0
    worth = np.where(asked & 1 == 1, COMMON_WEIGHT, 1.0) * (asked > 0)
    share = (worth * has).sum(axis=-1) / np.maximum(worth.sum(axis=-1), _FEW_SKILLS)
    told = (asked > 0).any(axis=-1) & (x.g.skills > 0).any(axis=-1)
    return np.where(told, share, np.nan)


def _degree_above(x: Pairs) -> Column:
    known = (x.g.degree != MISSING) & (x.p.degree > 0)
    return np.where(known, np.maximum(x.g.degree - x.p.degree, 0), np.nan)


def _place(x: Pairs) -> Column:
    placed = (x.p.places > 0).any(axis=-1)
    wished = in_wished_regions(x.g, x.p)
    home = x.g.region[:, None]
    same_city = ((_city(x.p.places) == _city(home)) & (x.p.places > 0)).any(axis=-1)
    same_province = ((x.p.places // 10_000 == home // 10_000) & (x.p.places > 0)).any(axis=-1)
    has_wish = (x.g.wish_to > 0).any(axis=-1)
    besides_wishes = np.where(same_city, 0.35, np.where(same_province, 0.2, 0.0))
    without_wishes = np.where(same_city, 1.0, np.where(same_province, 0.7, 0.4))
    value = np.where(wished, 1.0, np.where(has_wish, besides_wishes, without_wishes))
    return np.where(placed & (has_wish | (x.g.region != MISSING)), value, np.nan)


def _city(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The prefecture of region numbers: municipalities are one city, counties right under a province each their own."""
    province = numbers // 10_000
    is_city = _IS_CITY[province]
    under_province = (numbers // 100 % 100 == 90) & ~is_city
    prefecture = np.where(under_province, numbers, numbers // 100 * 100)
    return np.where(is_city, province * 10_000, prefecture)


def _pay(x: Pairs) -> Column:
    middle = np.where(np.isnan(x.p.pay_high), x.p.pay_low, (np.nan_to_num(x.p.pay_low) + x.p.pay_high) / 2)
    wish = np.where(x.g.pay_min > 0, x.g.pay_min, np.nan)
    return np.clip((middle - wish) / wish, -1.0, 1.0)


def _industry(x: Pairs) -> Column:
    section = np.maximum(x.p.industry, 0).astype(np.uint32)
    wished = (x.g.wish_industries >> section) & np.uint32(1) == 1
    return np.where((x.g.wish_industries != 0) & (x.p.industry != MISSING), wished, np.nan)


def _experience_gap(x: Pairs) -> Column:
    return np.maximum(x.p.experience - np.nan_to_num(years_of_experience(x.g, x.today)), 0.0)


def _age(x: Pairs) -> Column:
    return np.where(x.p.published > 0, np.maximum(x.today - x.p.published, 0), np.nan)


FEATURES: tuple[Feature, ...] = (
    Feature(
        "semantic",
        "standard deviations of the centred cosine",
        Words("简历与岗位的内容相近程度", "closeness in content of résumé and posting"),
        lambda x: x.semantic,
    ),
    Feature(
        "lexical",
        "share of informative words, 0–1",
        Words("简历中的关键词在岗位中出现", "the résumé's key words occur in the posting"),
        lambda x: x.lexical,
    ),
    Feature(
        "major",
        "1 demanded, 0.75 near it, 0.5 same category, 0 neither",
        Words("专业对口", "major is the one demanded"),
        _major,
    ),
    Feature(
        "skills",
        "share of the skills that the posting names, of four at least, 0–1",
        Words("具备岗位要求的技能", "has the skills that the posting names"),
        _skills,
    ),
    Feature(
        "degree_above",
        "levels above the demand",
        Words("学历高出岗位要求", "degree above what is demanded"),
        _degree_above,
    ),
    Feature(
        "place",
        "1 wished, else 0.35 home city, 0.2 home province, 0; without wishes 1, 0.7, 0.4",
        Words("工作地点合意", "place of work suits"),
        _place,
    ),
    Feature("pay", "pay over the wish, −1 to 1", Words("薪酬与期望相比", "pay beside the pay wished for"), _pay),
    Feature(
        "industry",
        "1 wished section, 0 another",
        Words("行业符合意向", "industry is one wished for"),
        _industry,
    ),
    Feature(
        "experience_gap",
        "years short of the demand",
        Words("工作年限差距", "years short of the experience demanded"),
        _experience_gap,
    ),
    Feature("age", "days since published", Words("发布时间", "how long ago it was published"), _age),
)
"""Every feature, in the order of the columns."""

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


def pair_features(pairs: Pairs) -> NDArray[np.float32]:
    """The features of n pairs, shape (n, len(FEATURES)), columns as in `FEATURE_NAMES`."""
    n = len(pairs.semantic)
    columns = [np.broadcast_to(feature.compute(pairs), (n,)) for feature in FEATURES]
    return np.stack(columns, axis=1).astype(np.float32)
