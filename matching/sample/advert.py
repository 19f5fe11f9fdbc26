"""A posting's record: what an employer of the province advertises."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from matching.sample.banks import Banks, City, Family, Industry, Major
from matching.sample.draws import Draws, Ints
from matching.sample.firms import employer_names
from matching.sample.people import BACHELOR
from matching.sample.prose import write_description
from matching.sample.tenants import TENANTS
from matching.sample.vacancies import GRASSROOTS, INTERNSHIP, JOB, KINDS, PUBLIC_WELFARE, Vacancies, draw_vacancies
from matching.sample.writing import between, one, some
from matching.standard.records import Degree, Pay, PayUnit, Posting, Requirements

_DEGREES = tuple(Degree)
_CALLS = ("急聘", "急招", "诚聘", "高薪")
_FILLERS = ("急聘", "双休", "五险一金", "包吃住", "可接受应届生", "高薪", "应届生")


@dataclass(frozen=True, slots=True)
class Advert:
    """One posting about to be written: the generator, what is true of it, and what it will say."""

    author: random.Random
    kind: int
    family: Family
    second: Family
    mixed: bool
    """The work is also of the second family, and the advert lists a duty of it."""
    industry: Industry
    city: City
    majors: tuple[Major, ...]
    """What the advert asks people to have studied, where it asks."""
    level: int
    formal: bool
    experience: int | None
    gains: tuple[str, ...]
    """What it can offer beside pay, without contradiction."""
    months: int
    """Paid a year."""
    low: int
    high: int
    headcount: int
    employer: str
    title: str


def write_postings(banks: Banks, seed: int, index: Ints, *, reposts: float, today: date) -> Iterator[Posting]:
    """The postings `index` as records, live or closed as of `today`."""
    vacancies = draw_vacancies(banks, seed, index, reposts=reposts)
    names = employer_names(banks, seed, vacancies.employer)
    texts = Draws(seed, "posting text", vacancies.original).authors()
    owns = Draws(seed, "posting own", index).authors()
    for row, (author, own) in enumerate(zip(texts, owns, strict=True)):
        advert = _advert(banks, vacancies, row, author=author, employer=names[row])
        yield _posting(banks, advert, vacancies, row, own=own, today=today)


def _advert(banks: Banks, vacancies: Vacancies, row: int, *, author: random.Random, employer: str) -> Advert:
    family = banks.families[vacancies.family[row]]
    kind, middle = int(vacancies.kind[row]), float(vacancies.pay[row])
    spread = 0.08 + 0.2 * author.random()
    step = 500 if author.random() < 0.65 else 100
    low = max(1_000, step * round(middle * (1 - spread) / step))
    return Advert(
        author=author,
        kind=kind,
        family=family,
        second=banks.families[vacancies.second[row]],
        mixed=vacancies.second_share[row] > 0.2,
        industry=banks.industries[vacancies.industry[row]],
        city=banks.cities[vacancies.city[row]],
        majors=_asked(banks, family, int(vacancies.level[row]), author),
        level=int(vacancies.level[row]),
        formal=bool(vacancies.formality[row]),
        experience=_experience(author, kind),
        gains=_gains(banks, author, kind),
        months=12 if author.random() < 0.92 else between(author, 13, 15),
        low=low,
        high=max(low + step, step * round(middle * (1 + spread) / step)),
        headcount=int(vacancies.headcount[row]),
        employer=employer,
        title=_title(author, family, kind),
    )


def _asked(banks: Banks, family: Family, level: int, author: random.Random) -> tuple[Major, ...]:
    main = [banks.majors[j] for j in family.majors]
    wanted = ("graduate", "undergraduate") if level >= BACHELOR else ("vocational", "undergraduate")
    fitting = [major for major in main if major.stage in wanted] or main
    return tuple(some(author, fitting[:6], between(author, 1, 4)))


def _gains(banks: Banks, author: random.Random, kind: int) -> tuple[str, ...]:
    if kind >= GRASSROOTS:
        return tuple(banks.advert["gain_public"])
    return (*banks.advert["gain"], *(one(author, group.split("|")) for group in banks.advert["gain_either"]))


def _experience(author: random.Random, kind: int) -> int | None:
    chance = author.random()
    if kind in (INTERNSHIP, GRASSROOTS, PUBLIC_WELFARE):
        return 0 if chance < 0.4 else None
    return None if chance < 0.45 else (0 if chance < 0.85 else between(author, 1, 3))


def _title(author: random.Random, family: Family, kind: int) -> str:
    title = one(author, family.titles)
    if kind == INTERNSHIP and "实习" not in title:
        title = one(author, ("{}实习生", "{}（实习）", "{}（见习）", "实习{}", "{}见习生")).format(title)
    if kind == PUBLIC_WELFARE:
        title = title if "公益性岗位" in title else f"公益性岗位（{title}）"
    chance = author.random()
    if title.endswith("）"):
        return title
    if chance < 0.08:
        return f"{title}（{one(author, _FILLERS)}）"
    if chance < 0.11:
        return f"{one(author, _CALLS if kind == JOB else _CALLS[:3])}{title}"
    return f"{title}（{one(author, family.areas)}）" if chance < 0.16 else title


def _posting(
    banks: Banks, advert: Advert, vacancies: Vacancies, row: int, *, own: random.Random, today: date
) -> Posting:
    repeated = vacancies.original[row] != vacancies.index[row]
    published = today - timedelta(days=int(vacancies.published[row]))
    closes = today + timedelta(days=int(vacancies.closes[row]))
    author, industry = advert.author, advert.industry
    described = write_description(advert, banks)
    extra = (
        f"\n{one(own, banks.advert['closing' if advert.kind < GRASSROOTS else 'public_closing'])}"
        if repeated and own.random() < 0.6
        else ""
    )
    return Posting(
        tenant=TENANTS[vacancies.tenant[row]],
        id=f"p{int(vacancies.index[row]):07d}",
        kind=KINDS[advert.kind],
        title=advert.title if not repeated or own.random() < 0.8 else f"{advert.title}（{advert.city.name}）",
        employer_id=None if repeated else f"e{int(vacancies.employer[row]):07d}",
        employer_name=advert.employer,
        industry=industry.name if author.random() < 0.75 else "",
        industry_code=one(author, industry.codes) if author.random() < 0.6 else None,
        description=described + extra,
        regions=_regions(advert),
        place=f"{advert.city.name}市" if author.random() < 0.4 else "",
        pay=_pay(advert),
        headcount=None if author.random() < 0.1 else advert.headcount,
        filled=int(vacancies.filled[row]),
        requirements=_requirements(advert, today.year),
        benefits=some(author, advert.gains, between(author, 1, 6)) if author.random() < 0.6 else [],
        published=published if own.random() > 0.03 else None,
        closes=closes if own.random() > 0.08 else None,
        status="closed" if closes < today else "open",
    )


def _regions(advert: Advert) -> list[str]:
    author, city = advert.author, advert.city
    chance = author.random()
    if chance < 0.03:
        return []
    if chance < 0.05 and not city.outside:
        return ["360000"]
    return [one(author, city.counties)[0] if city.counties and chance < 0.5 else city.code]


def _pay(advert: Advert) -> Pay | None:
    author = advert.author
    chance = author.random()
    if chance < 0.1:
        return None
    if advert.kind == INTERNSHIP and chance < 0.6:
        return Pay(
            min=float(10 * round(advert.low / 217.5)), max=float(10 * round(advert.high / 217.5)), unit=PayUnit.DAY
        )
    if chance > 0.96:
        unit = (12_000 * round(advert.low / 1_000), 12_000 * round(advert.high / 1_000))
        return Pay(min=float(unit[0]), max=float(max(unit)), unit=PayUnit.YEAR)
    top = None if chance < 0.16 else float(advert.high)
    return Pay(min=float(advert.low), max=top, months=advert.months)


def _requirements(advert: Advert, year: int) -> Requirements:
    author, family = advert.author, advert.family
    degree = None if author.random() < 0.2 else (_DEGREES[advert.level] if advert.level else Degree.NONE)
    years = None
    if advert.kind == GRASSROOTS or (not advert.experience and author.random() < 0.14):
        years = [year - 1, year] if author.random() < 0.6 else [year - 2, year - 1, year, year + 1]
    return Requirements(
        degree=degree,
        majors=_majors(advert),
        graduation_years=years,
        experience_years=None if advert.experience is None else float(advert.experience),
        skills=some(author, family.skills, between(author, 1, 4)) if author.random() < 0.4 else [],
        certificates=some(author, family.certs, 1) if author.random() < 0.15 else [],
    )


def _majors(advert: Advert) -> list[str] | None:
    author = advert.author
    chance = author.random()
    if not advert.formal and chance < 0.62:
        return None
    if not advert.formal and chance < 0.78:
        return []
    if author.random() < 0.4:
        return list(dict.fromkeys(major.code[:4] for major in advert.majors if major.stage != "graduate"))
    form = author.random()
    if form < 0.3:
        return [major.code for major in advert.majors]
    return list(dict.fromkeys(major.name if form < 0.8 else f"{major.name}类" for major in advert.majors))
