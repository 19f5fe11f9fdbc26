"""The word banks and tables in `data/`, read once when first needed."""

from __future__ import annotations

import csv
import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from matching.sample.draws import Floats, Ints, running

STAGES = ("vocational", "undergraduate", "graduate")
AFFINITY = {"main": 1.0, "near": 0.45, "far": 0.15}
"""How well a major prepares for an occupation family; 0.03 where no list names it."""
UNRELATED = 0.03
_BY_NATURE = (
    "能力",
    "沟通",
    "抗压",
    "耐心",
    "亲和",
    "协调",
    "协作",
    "细致",
    "吃苦",
    "情绪",
    "团队",
    "普通话",
    "速度",
    "礼仪",
)


@dataclass(frozen=True, slots=True)
class Major:
    """A major of the national catalogues: code, name, how people write it, and how often it is studied."""

    code: str
    name: str
    stage: str
    weight: float
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """An occupation family with the words that employers and graduates use for it."""

    key: str
    name: str
    sector: str
    titles: tuple[str, ...]
    areas: tuple[str, ...]
    duties: tuple[str, ...]
    skills: tuple[str, ...]
    tools: tuple[str, ...]
    """The skills that one uses or operates, not those that one has by nature."""
    certs: tuple[str, ...]
    projects: tuple[str, ...]
    majors: tuple[int, ...]
    """Places of the main majors in `Banks.majors`, the most frequent first."""
    pay: float
    appeal: float


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry of the province, its GB/T 4754 codes and the parts of made-up names."""

    key: str
    name: str
    codes: tuple[str, ...]
    words: tuple[str, ...]
    suffixes: tuple[str, ...]
    bodies: tuple[str, ...]
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class City:
    """A prefecture of Jiangxi, or (`outside`) a city of another province; counties as (code, name)."""

    code: str
    name: str
    pay: float
    outside: bool
    counties: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Banks:
    """Everything in `data/`, and the tables made of it. F families, J majors, I industries, C cities."""

    majors: tuple[Major, ...]
    families: tuple[Family, ...]
    industries: tuple[Industry, ...]
    cities: tuple[City, ...]
    affinity: Floats
    """(J, F) in [0, 1]: how well a major prepares for a family."""
    related: Floats
    """(F, F) in [0, 1], symmetric, 1 on the diagonal: how near two families are."""
    family_degree: Floats
    """(F, 5) running shares of the degree demanded: none, 大专, 本科, 硕士, 博士."""
    industry_family: Floats
    """(I, F) running shares of families among an industry's postings."""
    industry_city: Floats
    """(I, C) running shares of cities among an industry's postings."""
    family_industries: tuple[tuple[str, ...], ...]
    """For each family, the names of the industries that employ it."""
    industry_share: Floats
    """(I,) running shares of industries."""
    distance: Floats
    """(C, C) in 100 km; between Jiangxi and outside 5."""
    resume: dict[str, Any]
    advert: dict[str, Any]
    names: dict[str, tuple[str, ...]]

    @property
    def places(self) -> tuple[City, ...]:
        """The cities of Jiangxi."""
        return tuple(city for city in self.cities if not city.outside)

    def majors_at(self, stage: int) -> tuple[Ints, Floats]:
        """Places of the majors of one stage (see `STAGES`), and the running shares among them."""
        places = np.array([j for j, m in enumerate(self.majors) if m.stage == STAGES[stage]], dtype=np.int64)
        return places, running(np.array([self.majors[j].weight for j in places]))


@functools.cache
def banks() -> Banks:
    """The banks of this distribution; read at the first call, about 0.1 s."""
    majors = _majors()
    raw = _families()
    families = tuple(_family(key, values, majors) for key, values in raw.items())
    cities, graduates_jobs = _cities()
    industries, by_family, by_city, share = _industries(families, cities, graduates_jobs)
    return Banks(
        majors=majors,
        families=families,
        industries=industries,
        cities=cities,
        affinity=_affinity(majors, raw),
        related=_related(raw),
        family_degree=running(np.array([values["degree"] for values in raw.values()], dtype=np.float64)),
        industry_family=by_family,
        family_industries=_employing(industries, by_family),
        industry_city=by_city,
        industry_share=share,
        distance=_distance(),
        resume=_toml("resume.toml"),
        advert=_toml("advert.toml"),
        names={key: _parts(text) for key, text in _toml("names.toml").items()},
    )


def _file(name: str) -> str:
    return resources.files("matching.sample").joinpath("data", *name.split("/")).read_text(encoding="utf-8")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(_file(name))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def _majors() -> tuple[Major, ...]:
    rows = csv.DictReader(_file("majors.csv").splitlines())
    return tuple(Major(r["code"], r["name"], _stage(r["code"]), float(r["weight"]), _parts(r["aliases"])) for r in rows)


def _stage(code: str) -> str:
    if code.startswith("G"):
        return "graduate"
    return "undergraduate" if code < "2" else "vocational"


def _families() -> dict[str, dict[str, Any]]:
    files = sorted(entry.name for entry in resources.files("matching.sample").joinpath("data", "families").iterdir())
    found: dict[str, dict[str, Any]] = {}
    for name in files:
        for key, values in _toml(f"families/{name}").items():
            found[key] = {**values, "sector": name.removesuffix(".toml")}
    return found


def _family(key: str, raw: dict[str, Any], majors: tuple[Major, ...]) -> Family:
    prefixes = tuple(raw["main"].split())
    main = [j for j, major in enumerate(majors) if major.code.startswith(prefixes)]
    main.sort(key=lambda j: -majors[j].weight)
    skills = _parts(raw["skills"])
    tools = tuple(skill for skill in skills if not any(word in skill for word in _BY_NATURE))
    lists = {name: _parts(raw[name]) for name in ("titles", "areas", "duties", "certs", "projects")}
    return Family(
        key=key,
        name=raw["name"],
        sector=raw["sector"],
        skills=skills,
        tools=tools if len(tools) > 2 else skills,
        majors=tuple(main),
        pay=raw["pay"],
        appeal=raw["appeal"],
        **lists,
    )


def _affinity(majors: tuple[Major, ...], raw: dict[str, dict[str, Any]]) -> Floats:
    table = np.full((len(majors), len(raw)), UNRELATED)
    for f, values in enumerate(raw.values()):
        for level, value in AFFINITY.items():
            prefixes = tuple(values[level].split())
            for j, major in enumerate(majors):
                if major.code.startswith(prefixes):
                    table[j, f] = max(table[j, f], value)
    return table


def _related(raw: dict[str, dict[str, Any]]) -> Floats:
    keys = list(raw)
    sectors = np.array([values["sector"] for values in raw.values()])
    linked = np.zeros((len(keys), len(keys)))
    for f, values in enumerate(raw.values()):
        for other in values["related"].split():
            linked[f, keys.index(other)] = linked[keys.index(other), f] = 1.0
    near: Floats = np.where(sectors[:, None] == sectors[None, :], 0.16, 0.04)
    near = np.maximum(near, 0.3 * (linked @ linked > 0))
    near = np.maximum(near, 0.6 * linked)
    np.fill_diagonal(near, 1.0)
    return np.asarray(near, dtype=np.float64)


def _cities() -> tuple[tuple[City, ...], dict[str, dict[str, Any]]]:
    data = _toml("places.toml")
    cities = [City(c["code"], c["name"], c["pay"], False, _counties(c["counties"])) for c in data["city"]]
    cities += [City(c["code"], c["name"], c["pay"], True, ()) for c in data["outside"]]
    return tuple(cities), {c["code"]: c for c in data["city"] + data["outside"]}


def _counties(text: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for part in _parts(text):
        code, name, weight = part.split()
        found += [(code, name)] * int(weight)
    return tuple(found)


@functools.cache
def graduate_shares() -> tuple[Floats, Floats]:
    """Running shares of home cities, and of cities of study (which lean to where the colleges are), in Jiangxi."""
    data = _toml("places.toml")["city"]
    home = np.array([c["graduates"] for c in data])
    study = home * np.array([2.6 if c["name"] == "南昌" else 0.8 for c in data])
    return running(home**0.8), running(study)


def _distance() -> Floats:
    data = _toml("places.toml")
    spots = np.array([[c["x"], c["y"]] for c in data["city"]])
    inside = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    total = len(data["city"]) + len(data["outside"])
    table = np.full((total, total), 5.0)
    table[: len(spots), : len(spots)] = inside
    np.fill_diagonal(table, 0.0)
    return table


def _industries(
    families: tuple[Family, ...], cities: tuple[City, ...], places: dict[str, dict[str, Any]]
) -> tuple[tuple[Industry, ...], Floats, Floats, Floats]:
    raw, far = _toml("industries.toml"), _parts(_toml("places.toml")["far_industries"])
    order = {family.key: f for f, family in enumerate(families)}
    by_family = np.zeros((len(raw), len(families)))
    by_city = np.zeros((len(raw), len(cities)))
    found = []
    for i, (key, values) in enumerate(raw.items()):
        for part in _parts(values["families"].replace(" ", "|")):
            family, weight = part.split(":")
            by_family[i, order[family]] = float(weight)
        by_city[i] = [_strength(places[city.code], key, far=key in far) for city in cities]
        texts = [_parts(values.get(name, "")) for name in ("codes", "words", "suffix", "bodies", "about")]
        found.append(Industry(key, values["name"], *texts))
    share = running(np.array([values["weight"] for values in raw.values()], dtype=np.float64))
    return tuple(found), running(by_family), running(by_city), share


def _employing(industries: tuple[Industry, ...], by_family: Floats) -> tuple[tuple[str, ...], ...]:
    shares = np.diff(by_family, axis=1, prepend=0.0)
    return tuple(tuple(industries[i].name for i in np.flatnonzero(column > 1e-12)) for column in shares.T)


def _strength(place: dict[str, Any], industry: str, *, far: bool) -> float:
    if "weight" in place:
        return 0.009 * float(place["weight"]) if far else 0.0
    anchors = dict(part.split(":") for part in _parts(place["anchors"]))
    return float(place["jobs"]) * float(anchors.get(industry, 1.0))
