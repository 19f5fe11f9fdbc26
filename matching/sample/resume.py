"""A graduate's record: what a person of the province writes about himself or herself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from matching.sample.banks import Banks, City, Family, Major
from matching.sample.draws import Draws, Ints
from matching.sample.people import BACHELOR, People, draw_people
from matching.sample.summary import write_summary
from matching.sample.tenants import TENANTS
from matching.sample.writing import BULLETS, between, led, listed, one, some
from matching.standard.records import Degree, Experience, Graduate, Kind, Wishes

_DEGREES = tuple(Degree)
_WORDS = {2: ("大专", "专科", "高职"), 3: ("本科", "大学本科"), 4: ("硕士", "硕士研究生"), 5: ("博士", "博士研究生")}
_KINDS = (
    [Kind.JOB],
    [Kind.JOB, Kind.INTERNSHIP],
    [Kind.PUBLIC_INSTITUTION, Kind.GRASSROOTS],
    [Kind.INTERNSHIP],
    [Kind.JOB, Kind.PUBLIC_INSTITUTION],
)


@dataclass(frozen=True, slots=True)
class Person:
    """One graduate about to write: the generator, what is true of the person, and the words to fill in."""

    author: random.Random
    major: Major
    family: Family
    taught: Family
    second: Family
    home: City
    study: City
    level: int
    year: int
    fresh: bool
    """Not graduated yet."""
    industries: tuple[str, ...]
    mastery: float
    reservation: float
    words: dict[str, Any]


def write_graduates(banks: Banks, seed: int, index: Ints, *, year: int) -> Iterator[Graduate]:
    """The graduates `index` as records; `year` is this year."""
    people = draw_people(banks, seed, index)
    for row, author in enumerate(Draws(seed, "graduate text", index).authors()):
        person = _person(banks, people, row, author=author, year=year)
        yield _graduate(banks, person, people, row)


def _person(banks: Banks, people: People, row: int, *, author: random.Random, year: int) -> Person:
    person = Person(
        author=author,
        major=banks.majors[people.major[row]],
        family=banks.families[people.family[row]],
        taught=banks.families[people.taught[row]],
        second=banks.families[people.second[row]],
        home=banks.cities[people.home[row]],
        study=banks.cities[people.study[row]],
        level=int(people.level[row]),
        year=year + int(people.year_offset[row]),
        fresh=bool(people.year_offset[row] > 0),
        industries=banks.family_industries[people.family[row]] or ("服务业",),
        mastery=float(people.mastery[row]),
        reservation=float(people.reservation[row]),
        words={},
    )
    person.words.update(_words(person, banks))
    return person


def _words(person: Person, banks: Banks) -> dict[str, Any]:
    author, resume = person.author, banks.resume
    family, known = person.family, _known(person)
    s1, s2, s3 = some(author, known.tools, 3)
    city = person.home if author.random() < 0.6 else person.study
    words = {
        "year": person.year,
        "degree": one(author, _WORDS[person.level]),
        "major": person.major.name.removesuffix("专业"),
        "city": city.name,
        "area": one(author, family.areas),
        "title": one(author, family.titles),
        "s1": s1,
        "s2": s2,
        "s3": s3,
        "duty": one(author, known.duties).removeprefix("负责"),
        "project": one(author, known.projects),
        "cert": one(author, known.certs),
        "months": between(author, 1, 8),
        "hours": 10 * between(author, 3, 20),
        "rank": 5 * between(author, 1, 10),
        "n": between(author, 2, 20),
        "m": 10 * between(author, 3, 15),
        "industry": one(author, person.industries),
        "post": one(author, resume["posts"]),
        "dept": one(author, resume["departments"]),
    }
    if person.major.aliases and author.random() < 0.25:
        words["major"] = one(author, person.major.aliases)
    words["org"] = one(author, resume["organisation"]).format(**words)
    return words


def _known(person: Person) -> Family:
    """What the next thing told is about: half the time the trade that was learned, else the one that is wanted."""
    return person.taught if person.author.random() < 0.5 else person.family


def _graduate(banks: Banks, person: Person, people: People, row: int) -> Graduate:
    author, resume = person.author, banks.resume
    major, code = _major(person, resume)
    status: Literal["seeking", "placed", "paused"] = "paused" if author.random() < 0.03 else "seeking"
    return Graduate(
        tenant=TENANTS[people.tenant[row]],
        id=f"g{int(people.index[row]):07d}",
        degree=None if author.random() < 0.02 else _DEGREES[person.level],
        major=major,
        major_code=code,
        school=_school(banks, person),
        graduation_year=None if author.random() < 0.02 else person.year,
        region=_region(person),
        skills=_skills(person, resume),
        certificates=_certificates(person, resume),
        experiences=_experiences(person, resume),
        summary=write_summary(person.author, person.words, second=person.second, banks=banks),
        wishes=_wishes(person, resume),
        status="placed" if people.placed[row] else status,
        visible_to_employers=author.random() > 0.05,
    )


def _major(person: Person, resume: dict[str, Any]) -> tuple[str, str | None]:
    author, major = person.author, person.major
    chance = author.random()
    code = major.code
    if chance < 0.62:
        return major.name, code
    if chance < 0.8 and major.aliases:
        return one(author, major.aliases), None
    if chance < 0.88:
        return major.name, None
    if chance < 0.94:
        return major.name + one(author, resume["fields"]), None if author.random() < 0.5 else code
    return ("", code) if chance < 0.98 else ("", None)


def _school(banks: Banks, person: Person) -> str:
    if person.author.random() < 0.15:
        return ""
    kind = "schools_undergraduate" if person.level >= BACHELOR else "schools_vocational"
    taught = [name.split("@") for name in banks.names[kind]]
    code = person.major.code
    fitting = [name for name, prefixes in taught if not prefixes or code.startswith(tuple(prefixes.split()))]
    return one(person.author, fitting)


def _region(person: Person) -> str | None:
    author = person.author
    chance = author.random()
    if chance < 0.04:
        return None
    city = person.home if chance < 0.62 else person.study
    return one(author, city.counties)[0] if author.random() < 0.55 else city.code


def _skills(person: Person, resume: dict[str, Any]) -> list[str]:
    author = person.author
    if author.random() < 0.12:
        return []
    count = int(person.mastery * 5 + author.random() * 3)
    own = some(author, person.taught.skills, (count + 1) // 2) + some(author, person.family.skills, count // 2)
    if author.random() < 0.15:
        own += some(author, person.second.skills, 1)
    own += some(author, resume["common_skills"], between(author, 0, 2))
    return list(dict.fromkeys(own))


def _certificates(person: Person, resume: dict[str, Any]) -> list[str]:
    author = person.author
    own = some(author, person.taught.certs, between(author, 0, 2)) if author.random() < 0.6 else []
    common = some(author, resume["common_certs"], between(author, 0, 2))
    return list(dict.fromkeys(own + common))


def _experiences(person: Person, resume: dict[str, Any]) -> list[Experience]:
    author = person.author
    found = []
    if author.random() < 0.55:
        found.append(_internship(person, resume))
    if author.random() < 0.45:
        found.append(_project(person, resume))
    if author.random() < 0.35:
        found.append(_campus(person, resume, kind="campus", bank="campus"))
    if author.random() < 0.2:
        found.append(_campus(person, resume, kind="work", bank="part_time"))
    return found


def _internship(person: Person, resume: dict[str, Any]) -> Experience:
    author, words = person.author, person.words
    known = _known(person)
    duties = some(author, known.duties, between(author, 1, 3))
    if author.random() < 0.5:
        duties[0] = led(author, resume["led"], duties[0])
    if author.random() < 0.5:
        duties.append(one(author, resume["results"]).format(**words))
    title = one(author, known.titles)
    return Experience(
        kind="internship",
        title=title if author.random() < 0.4 else f"{title.split('（')[0]}实习生",
        organisation=one(author, resume["organisation"]).format(**words),
        months=None if author.random() < 0.15 else between(author, 1, 8),
        description=_told(author, duties),
    )


def _project(person: Person, resume: dict[str, Any]) -> Experience:
    author, words = person.author, person.words
    known = _known(person)
    parts = [
        one(author, resume["began"]).format(**words),
        led(author, resume["led"], one(author, known.duties)),
        one(author, resume["finished"]).format(**words),
    ]
    return Experience(
        kind="project",
        title=one(author, known.projects),
        months=None if author.random() < 0.4 else between(author, 1, 6),
        description=_told(author, parts[between(author, 0, 1) :]),
    )


def _campus(person: Person, resume: dict[str, Any], *, kind: Literal["campus", "work"], bank: str) -> Experience:
    author = person.author
    title, *lines = one(author, resume[bank]).format(**person.words).split("|")
    return Experience(
        kind=kind,
        title=title,
        months=None if author.random() < 0.4 else between(author, 1, 24),
        description=_told(author, lines[: between(author, 1, len(lines))]),
    )


def _told(author: random.Random, lines: list[str]) -> str:
    if author.random() < 0.55:
        return "，".join(lines) + "。"
    return listed(lines, bullet=one(author, BULLETS), join="\n", end=one(author, ("；", "。", "")))


def _wishes(person: Person, resume: dict[str, Any]) -> Wishes:
    author, family = person.author, person.family
    chance = author.random()
    if chance < 0.12:
        return Wishes()
    titles: list[str] = []
    if chance < 0.68:
        titles = some(author, family.titles if author.random() < 0.6 else family.areas, between(author, 1, 3))
        titles += some(author, person.second.areas, 1) if author.random() < 0.12 else []
    elif chance < 0.85:
        titles = some(author, resume["vague"], between(author, 1, 2))
    pay = 100.0 * round(person.reservation * (0.92 + 0.25 * author.random()) / 100)
    return Wishes(
        titles=titles,
        industries=[person.words["industry"]] if author.random() < 0.15 else [],
        regions=_wanted_regions(person),
        regions_only=author.random() < 0.13,
        kinds=[] if author.random() < 0.7 else one(author, _KINDS if person.fresh else _KINDS[::2]),
        pay_min=None if author.random() < 0.45 else (500 * (pay // 500) if author.random() < 0.7 else pay),
    )


def _wanted_regions(person: Person) -> list[str]:
    author = person.author
    chance = author.random()
    if chance < 0.22:
        return []
    if chance < 0.32:
        return ["360000"]
    regions = [person.home.code if chance < 0.75 else person.study.code]
    if author.random() < 0.4:
        regions.append(person.study.code if chance < 0.75 else "360100")
    if author.random() < 0.12:
        regions.append(one(author, ("440300", "330100", "440100")))
    return list(dict.fromkeys(regions))
