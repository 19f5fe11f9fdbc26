"""Protected attributes: a record of its own, drawn from a stream of its own.

Only the share of women follows the major, as it does in life; nothing here is read by the hidden truth,
except through `SampleProvince.bias`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Floats, Ints
from matching.sample.people import People, draw_people
from matching.sample.tenants import TENANTS
from matching.standard.records import Protected

_WOMEN = {
    "5202": 0.92, "1011": 0.9, "5701": 0.93, "0401": 0.88, "5303": 0.82, "1202": 0.72, "0502": 0.84, "5702": 0.85,
    "0501": 0.83, "5307": 0.58, "5404": 0.7, "46": 0.08, "08": 0.24, "44": 0.2, "51": 0.27, "5002": 0.05, "43": 0.15,
}  # fmt: skip
_MINORITIES = ("畲族", "回族", "苗族", "土家族", "瑶族", "壮族", "满族", "侗族")
_GROUPS = ("脱贫家庭", "低保家庭", "零就业家庭", "残疾", "孤儿", "长期失业")


def share_of_women(banks: Banks) -> Floats:
    """(J,) share of women in each major, by the longest prefix of its code that is known; 0.5 for others."""
    shares = []
    for major in banks.majors:
        known = [share for n in (4, 2) if (share := _WOMEN.get(major.code[:n])) is not None]
        shares.append(known[0] if known else 0.5)
    return np.array(shares)


def draw_women(banks: Banks, seed: int, people: People) -> Ints:
    """1 for women, by row."""
    draws = Draws(seed, "protected", people.index)
    return (draws.uniform("sex") < share_of_women(banks)[people.major]).astype(np.int64)


def draw_hardship(seed: int, index: Ints) -> Ints:
    """1 where somebody belongs to a hardship group (about one in eight), by row."""
    return (Draws(seed, "protected", index).uniform("hardship") < 0.125).astype(np.int64)


def write_protected(banks: Banks, seed: int, index: Ints) -> Iterator[Protected]:
    """The protected attributes of the graduates `index`."""
    people = draw_people(banks, seed, index)
    women, hardship = draw_women(banks, seed, people), draw_hardship(seed, index)
    for row, author in enumerate(Draws(seed, "protected text", index).authors()):
        group = _GROUPS[int(author.random() ** 1.6 * len(_GROUPS))] if hardship[row] else None
        home = banks.cities[people.home[row]]
        yield Protected(
            tenant=TENANTS[people.tenant[row]],
            id=f"g{int(index[row]):07d}",
            sex=None if author.random() < 0.02 else ("female" if women[row] else "male"),
            ethnicity="汉族" if author.random() < 0.985 else _MINORITIES[int(author.random() * len(_MINORITIES))],
            disability=group == "残疾" or author.random() < 0.004,
            low_income_family=group in ("脱贫家庭", "低保家庭", "零就业家庭"),
            household_region=home.counties[int(author.random() * len(home.counties))][0],
            hardship_groups=[group] if group else [],
        )
