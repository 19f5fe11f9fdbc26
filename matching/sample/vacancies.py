"""What a posting is, seen and hidden, and who offers it: arrays over rows of postings and of employers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Floats, Ints
from matching.sample.tenants import TENANTS, draw_tenants
from matching.standard.records import Kind

KINDS = tuple(Kind)
JOB, INTERNSHIP, GRASSROOTS, PUBLIC_INSTITUTION, PUBLIC_WELFARE = range(5)
SPAN = 120
"""Days before today in which postings are published and interactions happen."""
POSTINGS_PER_GROUP, EMPLOYERS_PER_GROUP, GIANTS = 600, 100, 24
_DEGREE_LEVELS = np.array([0, 2, 3, 4, 5])


@dataclass(frozen=True, slots=True)
class Firms:
    """Employers by row. `brand` and `responsive` are hidden."""

    index: Ints
    tenant: Ints
    industry: Ints
    city: Ints
    body: Ints
    """1: a school, hospital or public body; 0: a company."""
    scale: Ints
    """0 (under 20 people) to 5 (over 5,000)."""
    brand: Floats
    responsive: Floats
    """Chance that it answers at all, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Vacancies:
    """Postings by row. Everything below `published` is hidden: it never reaches a record."""

    index: Ints
    original: Ints
    """The posting that this one repeats for another tenant; itself where it repeats none."""
    tenant: Ints
    """Place in `TENANTS`; the employer's, except where the posting repeats another."""
    employer: Ints
    industry: Ints
    city: Ints
    kind: Ints
    family: Ints
    level: Ints
    """Degree level demanded, 0 where none is."""
    pay: Floats
    """Middle of the pay, yuan a month."""
    headcount: Ints
    filled: Ints
    """Places filled before the window opened."""
    published: Ints
    """Days before today (0 to SPAN)."""
    closes: Ints
    """Days after today; negative where it has closed."""
    second: Ints
    """What the work also is, in part."""
    second_share: Floats
    strictness: Floats
    formality: Ints
    """1: insists on the major."""
    attractiveness: Floats
    flexible: Floats
    """How far the place of work can be negotiated, 0 to 1."""
    responsive: Floats

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Ints) -> Vacancies:
        """The same postings by other rows."""
        return Vacancies(**{f.name: getattr(self, f.name)[rows] for f in fields(Vacancies)})


def employer_count(postings: int) -> int:
    """How many employers offer the first `postings` postings."""
    return EMPLOYERS_PER_GROUP * -(-postings // POSTINGS_PER_GROUP) if postings else 0


def draw_firms(banks: Banks, seed: int, index: Ints) -> Firms:
    """The employers `index`, each from its own numbers."""
    draws = Draws(seed, "employer", index)
    industry = draws.pick("industry", banks.industry_share)
    bodied = np.array([bool(i.bodies) for i in banks.industries])
    public = np.array([i.key for i in banks.industries]) == "public"
    share = np.where(public, 0.85, np.where(bodied, 0.62, 0.0))[industry]
    rank = index % EMPLOYERS_PER_GROUP
    city = draws.pick_rows("city", banks.industry_city, industry)
    size = 4.2 - 0.9 * np.log1p(rank) + 1.2 * draws.normal("scale") + np.where(index < GIANTS, 1.5, 0)
    return Firms(
        index=index,
        tenant=draw_tenants(draws, city, province=0.35),
        industry=industry,
        city=city,
        body=(draws.uniform("body") < share).astype(np.int64),
        scale=np.clip(np.round(size), 0, 5).astype(np.int64),
        brand=0.25 * size - 0.4 + 0.6 * draws.normal("brand"),
        responsive=np.clip(0.62 + 0.2 * draws.normal("responsive"), 0.08, 0.97),
    )


def draw_vacancies(banks: Banks, seed: int, index: Ints, *, reposts: float) -> Vacancies:
    """The postings `index`; a share `reposts` of them repeats an earlier one."""
    original = _originals(seed, index, reposts)
    draws, own = Draws(seed, "posting", original), Draws(seed, "posting", index)
    employer = _employers(draws, original)
    firms = draw_firms(banks, seed, employer)
    family = draws.pick_rows("family", banks.industry_family, firms.industry)
    kind = _kinds(banks, draws, firms, family)
    level = _levels(banks, draws, family, kind)
    attractiveness = 0.7 * firms.brand + 0.7 * draws.normal("attractiveness")
    headcount = np.ceil(np.exp(0.2 + 0.95 * draws.normal("headcount") + 0.16 * firms.scale)).astype(np.int64)
    related = np.where(np.eye(len(banks.families), dtype=bool), 0.0, banks.related**3)
    sums = np.cumsum(related, axis=1)
    second = draws.pick_rows("second", sums / sums[:, -1:], family)
    elsewhere = (firms.tenant + 1 + np.floor(own.uniform("elsewhere") * (len(TENANTS) - 1)).astype(np.int64)) % len(
        TENANTS
    )
    age = np.floor(SPAN * own.uniform("published") ** 1.35).astype(np.int64)
    return Vacancies(
        index=index,
        original=original,
        tenant=np.where(original == index, firms.tenant, elsewhere),
        employer=employer,
        industry=firms.industry,
        city=firms.city,
        kind=kind,
        family=family,
        level=level,
        pay=_pay(banks, draws, firms.city, family, kind=kind, level=level) * np.exp(0.06 * attractiveness),
        headcount=np.clip(headcount, 1, 300),
        filled=np.floor(
            (own.uniform("filled before") < 0.07) * own.uniform("filled") * (np.clip(headcount, 1, 300) + 1)
        ).astype(np.int64),
        published=age,
        closes=np.floor(14 + 106 * own.uniform("lasts") ** 0.8).astype(np.int64) - age,
        second=second,
        second_share=0.5 * draws.uniform("second share") ** 2,
        strictness=0.8 * draws.normal("strictness") + 0.25 * firms.brand,
        formality=(draws.uniform("formality") < _formality(kind, level)).astype(np.int64),
        attractiveness=attractiveness,
        flexible=draws.uniform("flexible") ** 3,
        responsive=np.clip(firms.responsive + 0.1 * draws.normal("responsive"), 0.05, 0.98),
    )


def _originals(seed: int, index: Ints, share: float) -> Ints:
    """Follow each repeat to the posting that it repeats; within a group of postings, so the way is short."""
    current = index.copy()
    for _ in range(64):
        draws = Draws(seed, "repost", current)
        place = current % POSTINGS_PER_GROUP
        repeats = (draws.uniform("repeats") < share) & (place > 0)
        if not repeats.any():
            break
        back = 1 + np.floor(draws.uniform("back") * place).astype(np.int64)
        current = np.where(repeats, current - np.minimum(back, place), current)
    return current


def _employers(draws: Draws, index: Ints) -> Ints:
    """Zipf within a group of postings, and a few giants over all groups."""
    within = np.floor(EMPLOYERS_PER_GROUP * draws.uniform("employer") ** 2.4).astype(np.int64)
    local = EMPLOYERS_PER_GROUP * (index // POSTINGS_PER_GROUP) + within
    giant = np.floor(GIANTS * draws.uniform("employer") ** 1.8).astype(np.int64)
    return np.where(draws.uniform("giant") < 0.06, giant, local)


def _kinds(banks: Banks, draws: Draws, firms: Firms, family: Ints) -> Ints:
    keys = [f.key for f in banks.families]
    service = family == keys.index("grassroots")
    welfare = (family == keys.index("community")) & (draws.uniform("welfare") < 0.5)
    kind = np.where(draws.uniform("kind") < 0.19, INTERNSHIP, JOB)
    kind = np.where((firms.body == 1) & (draws.uniform("post") < 0.66), PUBLIC_INSTITUTION, kind)
    kind = np.where(welfare, PUBLIC_WELFARE, kind)
    return np.where(service, GRASSROOTS, kind).astype(np.int64)


def _levels(banks: Banks, draws: Draws, family: Ints, kind: Ints) -> Ints:
    place = draws.pick_rows("level", banks.family_degree, family)
    secure = (kind == PUBLIC_INSTITUTION) & (draws.uniform("raised") < 0.35)
    place = np.where(secure, np.clip(place, 1, 4) + (place < 2), place)
    place = np.where(kind == GRASSROOTS, np.clip(place, 1, 2), place)
    place = np.where(kind == INTERNSHIP, np.minimum(place, 2), place)
    place = np.where(kind == PUBLIC_WELFARE, np.minimum(place, 1), place)
    return _DEGREE_LEVELS[place]


def _pay(banks: Banks, draws: Draws, city: Ints, family: Ints, *, kind: Ints, level: Ints) -> Floats:
    base = np.array([f.pay for f in banks.families])[family]
    place = np.array([c.pay for c in banks.cities])[city]
    step = np.array([0.94, 0.9, 0.93, 1.04, 1.35, 1.85])[level]
    form = np.array([1.0, 0.55, 0.9, 0.97, 0.75])[kind]
    return np.asarray(base * place * step * form * np.exp(0.15 * draws.normal("pay")), dtype=np.float64)


def _formality(kind: Ints, level: Ints) -> Floats:
    return np.where(kind == PUBLIC_INSTITUTION, 0.75, 0.18 + 0.08 * level)
