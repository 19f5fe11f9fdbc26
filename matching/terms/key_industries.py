"""Jiangxi's key industries: the plans "2+6+N" (2019–2023) and "1269" (2023–2026), and the codes that make them up.

A plan names industries, not codes: which GB/T 4754 codes make one up is our own reading, and an industry may belong
to several of one plan (LED is electronics, too). Sources and what is not confirmed: ``data/SOURCES.md``.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from matching.language import Words
from matching.terms import industries
from matching.terms.reading import Reading

Plan = Literal["2+6+N", "1269"]
PLANS: tuple[Plan, ...] = ("1269", "2+6+N")
"""The plan in force first."""

_TIERS = {"2": "trillion", "6": "500 billion", "N": "100 billion", "12": "chain"}
"""What a plan wants of an industry: yuan of revenue a year, or a chain of manufacturing led by an official."""
_AROUND = re.compile(r"^(?:江西省?|赣)|(?:重点|支柱|主导|优势|特色)?(?:产业链|产业集群|产业|行业|链|领域|类)+$")
_NOT_WORD = re.compile(r"[^\w+]+")
_ALL = re.compile(r"(?:江西省?)?(?P<plan>2\+6\+n|1269)?(?:行动计划)?(?:重点)?(?:产业链|产业)?")


class KeyIndustry(NamedTuple):
    """One of the province's key industries.

    Attributes
    ----------
    code : str
        Ours: the plan and a number (JX1269-04); the plans number nothing.
    plan : Plan
    tier : str
        ``trillion``, ``500 billion``, ``100 billion`` (yuan a year, 2+6+N) or ``chain`` (1269).
    name : Words
    codes : tuple of str
        GB/T 4754 codes at any level that make it up.
    words : tuple of str
        What else it is called.
    """

    code: str
    plan: Plan
    tier: str
    name: Words
    codes: tuple[str, ...]
    words: tuple[str, ...]

    def holds(self, code: str) -> bool:
        """Whether the industry `code` is one of them or a part of one."""
        return code.startswith(self.codes)


def rows(plan: Plan | None = None) -> tuple[KeyIndustry, ...]:
    """The key industries of a plan, or of both, as the plans order them."""
    return tuple(entry for entry in _table() if plan in (None, entry.plan))


def of(code: str) -> tuple[KeyIndustry, ...]:
    """The key industries that the industry `code` belongs to, of the plan in force first, the narrowest first.

    A code that is wider than a key industry (C, of which C39 is a part) belongs to none.
    """
    found = [(entry, max(len(c) for c in entry.codes if code.startswith(c))) for entry in _table() if entry.holds(code)]
    found.sort(key=lambda pair: (PLANS.index(pair[0].plan), -pair[1], pair[0].code))
    return tuple(entry for entry, _ in found)


def named(text: str) -> tuple[KeyIndustry, ...]:
    """The key industries that `text` names, of the plan in force first; () where it names none.

    A plan's own name (2+6+N产业, 1269行动计划) names all of its industries, 重点产业 alone those of the plan in force.
    """
    key = _key(text)
    everything = _ALL.fullmatch(key) if key else None
    if everything is not None and ("重点" in key or everything["plan"]):
        plan = (everything["plan"] or PLANS[0]).upper()
        return tuple(entry for entry in _table() if entry.plan == plan)
    return _names().get(key) or _names().get(_AROUND.sub("", _AROUND.sub("", key))) or ()


def codes_of_theme(text: str) -> tuple[str, ...]:
    """The GB/T 4754 codes that the theme of an event or a wish means: a key industry's codes, else those it names.

    Where both plans know the industry, the codes of both; () where nothing is known.
    """
    codes = [code for entry in named(text) for code in entry.codes]
    codes = codes or [found.code for found in industries.find_industries(text)]
    unique = sorted(set(codes))
    return tuple(code for code in unique if not any(code != wide and code.startswith(wide) for wide in unique))


def read(text: str) -> Reading | None:
    """The key industry that `text` names, of the plan in force if that has it; by our code too. None for none."""
    coded = next((entry for entry in _table() if entry.code == text.strip().upper()), None)
    if coded is not None:
        return Reading(coded.code, coded.name.zh, coded.tier, 1.0, "code")
    found = named(text)
    if not found or (len(found) > 1 and found[0].plan == found[1].plan):
        return None
    own = _key(found[0].name.zh) == _key(text)
    return Reading(found[0].code, found[0].name.zh, found[0].tier, 1.0 if own else 0.9, "name" if own else "alias")


def _key(text: str) -> str:
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower())


@cache
def _table() -> tuple[KeyIndustry, ...]:
    text = (files("matching.terms") / "data" / "key_industries.csv").read_text(encoding="utf-8")
    plans: dict[str, Plan] = {plan: plan for plan in PLANS}
    return tuple(
        KeyIndustry(
            row["code"], plans[row["plan"]], _TIERS[row["tier"]], Words(row["name"], row["english"]),
            tuple(row["codes"].split()), tuple(row["words"].split()),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


@cache
def _names() -> dict[str, tuple[KeyIndustry, ...]]:
    """Folded name → its entries, at most one a plan; an industry's own name wins over another's further one."""
    names: dict[str, dict[Plan, KeyIndustry]] = {}
    for entry in _table():
        names.setdefault(_key(entry.name.zh), {}).setdefault(entry.plan, entry)
    for entry in _table():
        for word in (*entry.words, entry.name.en):
            names.setdefault(_key(word), {}).setdefault(entry.plan, entry)
    return {key: tuple(found[plan] for plan in PLANS if plan in found) for key, found in names.items()}
