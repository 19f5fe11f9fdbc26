"""Fairs and livestream events of the sample province."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone

import numpy as np

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Ints
from matching.sample.tenants import TENANTS
from matching.sample.vacancies import draw_firms
from matching.sample.writing import between, one, some
from matching.standard.records import Event, Kind

ZONE = timezone(timedelta(hours=8))
_VENUES = ("人力资源市场大厅", "体育馆", "大学生活动中心", "会展中心", "零工市场", "高校就业服务大厅")
_TITLES = (
    "{city}市{theme}专场招聘会",
    "{theme}行业高校毕业生招聘会",
    "“职等你来”{city}{theme}专场",
    "{city}{theme}小型招聘会",
)
_BY_MAJOR = ("{city}{theme}类毕业生专场双选会", "{theme}专业小型供需见面会")


def write_events(banks: Banks, seed: int, index: Ints, *, employers: int, today: date) -> Iterator[Event]:
    """The events `index`, from 60 days before `today` to 45 after; `employers` is how many there are to invite."""
    for number, author in zip(index.tolist(), Draws(seed, "event", index).authors(), strict=True):
        tenant = TENANTS[int(author.random() * len(TENANTS))]
        yield _event(banks, seed, author, number=number, tenant=tenant, employers=employers, today=today)


def _event(
    banks: Banks, seed: int, author: random.Random, *, number: int, tenant: str, employers: int, today: date
) -> Event:
    industry, city = one(author, banks.industries), one(author, banks.places)
    place = banks.industries.index(industry)
    by_major = author.random() < 0.35
    majors = some(author, banks.majors, between(author, 1, 5)) if by_major else []
    start = _start(author, today)
    live = author.random() < 0.25
    theme = majors[0].name if by_major else industry.name
    title = one(author, _BY_MAJOR if by_major else _TITLES).format(city=city.name, theme=theme)
    return Event(
        tenant=tenant,
        id=f"f{number:06d}",
        kind="livestream" if live else "fair",
        title=f"{title}（直播带岗）" if live else title,
        starts_at=start,
        ends_at=start + timedelta(hours=between(author, 1, 2) if live else between(author, 2, 6)),
        region=city.code,
        venue="" if live else f"{city.name}{one(author, _VENUES)}",
        channel=f"{tenant}-live" if live else "",
        industries=[] if by_major else [industry.name],
        majors=[major.code for major in majors],
        kinds=[] if author.random() < 0.5 else [Kind.JOB, Kind.INTERNSHIP],
        seats=10 * between(author, 3, 60),
        employer_ids=_guests(
            banks, seed, author, tenant=tenant, industry=-1 if by_major else place, employers=employers
        ),
        cross_region=author.random() < 0.7,
    )


def _start(author: random.Random, today: date) -> datetime:
    day = today + timedelta(days=between(author, -60, 45))
    return datetime.combine(day, time(one(author, (9, 9, 14, 15, 19)), one(author, (0, 30))), ZONE)


def _guests(banks: Banks, seed: int, author: random.Random, *, tenant: str, industry: int, employers: int) -> list[str]:
    if not employers:
        return []
    asked = np.unique(np.array([int(author.random() * employers) for _ in range(600)], dtype=np.int64))
    firms = draw_firms(banks, seed, asked)
    fits = firms.tenant == TENANTS.index(tenant)
    if industry >= 0:
        fits &= firms.industry == industry
    return [f"e{number:07d}" for number in asked[fits][: between(author, 5, 60)].tolist()]
