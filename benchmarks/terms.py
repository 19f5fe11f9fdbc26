"""Terms: strings/s of each normaliser's dictionary path on one core, beside rapidfuzz and difflib."""

from __future__ import annotations

import csv
import difflib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz import process

from matching.terms import degrees, industries, key_industries, majors, occupations, regions, schools

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_GOAL = 20_000


def run(quick: bool) -> dict[str, Any]:
    """Measure CPU time over names and aliases, each string once: no cache of earlier answers helps."""
    texts = _texts()
    if quick:
        texts = {kind: own[:2000] for kind, own in texts.items()}
    readers: dict[str, Callable[[str], Any]] = {
        "majors.find_major": majors.find_major,
        "occupations.read": occupations.read,
        "industries.find_industry": industries.find_industry,
        "regions.find_region": regions.find_region,
        "degrees.find_degree": degrees.find_degree,
        "key_industries.read": key_industries.read,
        "schools.without": schools.without,
    }
    targets = []
    for (name, reader), own in zip(readers.items(), texts.values(), strict=True):
        value = _rate(reader, own)
        targets.append({"name": name, "value": value, "goal": _GOAL, "unit": "strings/s", "met": value >= _GOAL})
    names, some = list(majors.names()), texts["majors"][:100]
    peers: dict[str, Callable[[str], Any]] = {
        "rapidfuzz.process.extractOne over the majors' names": lambda text: process.extractOne(text, names),
        "difflib.get_close_matches over the majors' names": lambda text: difflib.get_close_matches(text, names, 1),
    }
    return {
        "name": "terms",
        "targets": targets,
        "peers": [{"name": name, "value": _rate(peer, some), "unit": "strings/s"} for name, peer in peers.items()],
        "notes": [f"{kind}: {len(own)} strings, {len(set(own))} different" for kind, own in texts.items()],
    }


def _rate(reader: Callable[[str], Any], texts: Sequence[str]) -> float:
    reader(texts[0])  # reads the tables
    start = time.process_time()
    for text in texts:
        reader(text)
    return len(texts) / max(time.process_time() - start, 1e-9)


def _texts() -> dict[str, list[str]]:
    """Names with and without words around them; real titles where they are at hand."""
    from matching.terms.major_table import aliases as major_aliases
    from matching.terms.occupation_table import aliases as title_aliases

    spoken = list(dict.fromkeys([*majors.names(), *(alias for alias, _ in major_aliases())]))
    titles = _SHARED / "csco2022-title-coding" / "titles.csv"
    if titles.exists():
        with titles.open(encoding="utf-8-sig", newline="") as file:
            real = [row["job_name"] for row in csv.DictReader(file)]
    else:
        real = [f"急聘高级{alias}（双休）" for alias, _ in title_aliases()]
    named = [entry.name for entry in industries.rows()]
    places = [place.name for place in regions.rows()]
    key = [word for entry in key_industries.rows() for word in (entry.name.zh, *entry.words)]
    around = ["", "产业", "行业", "产业链", "领域", "重点产业链", "类", "产业集群"]
    taught = [name for entry in schools.rows() for name in (entry.name, *entry.also)]
    wanted = [
        "本科及以上",
        "大专",
        "硕士优先，本科以上",
        "学历不限",
        "统招本科",
        "高中及以下",
        "博士研究生",
        "中专/技校",
    ]
    return {
        "majors": [*spoken, *(f"{word}专业" for word in spoken)],
        "titles": real,
        "industries": [*named, *(f"{name}行业" for name in named)],
        "regions": [*places, *(f"江西省{name}" for name in places)],
        "degrees": [f"{form}，{i}人" for i in range(600) for form in wanted],
        "key industries": [f"{place}{name}{end}" for place in ("", "江西", "江西省") for name in key for end in around],
        "schools": [
            f"{before}{name}{behind}" for name in taught for before, behind in (("", ""), ("毕业于", "，性格开朗"))
        ],
    }
