"""An employer's record: a made-up name, an industry, a size."""

from __future__ import annotations

import random
from collections.abc import Iterator

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Ints
from matching.sample.tenants import TENANTS
from matching.sample.vacancies import Firms, draw_firms
from matching.sample.writing import one
from matching.standard.records import Employer

SIZES = ("少于20人", "20-99人", "100-499人", "500-999人", "1000-4999人", "5000人以上")
_OWNERS = ("民营", "民营", "民营", "民营", "国有", "合资", "外资", "股份制", "个体")


def employer_names(banks: Banks, seed: int, index: Ints) -> list[str]:
    """The names of the employers `index`; none is meant to be a real one."""
    firms = draw_firms(banks, seed, index)
    authors = Draws(seed, "employer name", index).authors()
    return [_name(banks, firms, row, author) for row, author in enumerate(authors)]


def write_employers(banks: Banks, seed: int, index: Ints) -> Iterator[Employer]:
    """The employers `index` as records."""
    firms = draw_firms(banks, seed, index)
    names = employer_names(banks, seed, index)
    for row, author in enumerate(Draws(seed, "employer text", index).authors()):
        industry = banks.industries[firms.industry[row]]
        body = bool(firms.body[row])
        yield Employer(
            tenant=TENANTS[firms.tenant[row]],
            id=f"e{int(index[row]):07d}",
            name=names[row],
            industry=industry.name if author.random() < 0.9 else "",
            industry_code=one(author, industry.codes) if author.random() < 0.8 else None,
            size=SIZES[firms.scale[row]] if author.random() < 0.85 else "",
            ownership="事业单位" if body else (one(author, _OWNERS) if author.random() < 0.8 else ""),
            region=_region(banks, int(firms.city[row]), author),
            description=_about(author, names[row], one(author, industry.about)),
            verified=author.random() < (0.98 if body else 0.72),
        )


def _name(banks: Banks, firms: Firms, row: int, author: random.Random) -> str:
    industry, city = banks.industries[firms.industry[row]], banks.cities[firms.city[row]]
    coined = one(author, banks.names["first"])
    if firms.body[row]:
        place = one(author, city.counties)[1] if author.random() < 0.6 else city.name
        return f"{place}{coined}{one(author, industry.bodies)}"
    word, suffix = one(author, industry.words), one(author, industry.suffixes)
    if author.random() < 0.5 and word[-1] != suffix[0]:
        coined += word
    place = "江西" if not city.outside and author.random() < 0.35 else city.name
    return f"{place}{coined}{suffix}"


def _region(banks: Banks, city: int, author: random.Random) -> str:
    place = banks.cities[city]
    return one(author, place.counties)[0] if place.counties and author.random() < 0.5 else place.code


def _about(author: random.Random, name: str, about: str) -> str:
    chance = author.random()
    if chance < 0.3:
        return ""
    return f"{name}，{about}。" if chance < 0.7 else f"本单位{'系' if chance < 0.8 else '是一家'}{about}。"
