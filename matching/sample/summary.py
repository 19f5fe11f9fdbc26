"""The summary of a résumé: 自我评价, from a single line to a page, in the styles that people use."""

from __future__ import annotations

import random
from typing import Any

from matching.sample.banks import Banks, Family
from matching.sample.writing import BULLETS, between, listed, one, slips, some

_HEADS = ("自我评价：", "【自我评价】", "个人简介：", "自我介绍：", "个人优势\n", "【求职意向】", "")
_TALK = ("opening", "did", "skill", "trait", "proof", "trait", "want")


def write_summary(author: random.Random, words: dict[str, Any], *, second: Family, banks: Banks) -> str:
    """A summary, empty for one in ten.

    Parameters
    ----------
    words : dict
        What fills the placeholders of `data/resume.toml`.
    second : Family
        The second interest; told by one in eight.
    """
    chance = author.random()
    if chance < 0.1:
        return ""
    lines = _lines(author, words, banks, chance=chance)
    if author.random() < 0.12:
        lines.append(one(author, banks.resume["aside"]).format(area=one(author, second.areas)))
    return slips(author, _laid_out(author, lines, chance=chance), banks.advert["typos"])


def _lines(author: random.Random, words: dict[str, Any], banks: Banks, *, chance: float) -> list[str]:
    bank = banks.resume
    if chance < 0.24:  # says nothing of the trade
        return [trait.format(**words) for trait in some(author, bank["trait"], between(author, 2, 6))]
    if chance < 0.36:  # telegraphic
        return [one(author, bank[kind]).format(**words) for kind in some(author, ("opening", "skill", "want"), 2)]
    order = list(_TALK) if author.random() < 0.6 else some(author, _TALK, len(_TALK))
    kept = [kind for kind in order if author.random() < 0.62] or ["opening", "skill"]
    traits = [trait.format(**words) for trait in some(author, bank["trait"], 6)]
    lines = []
    for kind in kept:
        if kind == "trait":
            count = between(author, 1, 3)
            lines.append("，".join(traits[:count]))
            del traits[:count]
        else:
            lines.append(one(author, bank[kind]).format(**words))
    return lines


def _laid_out(author: random.Random, lines: list[str], *, chance: float) -> str:
    head = one(author, _HEADS) if author.random() < 0.3 else ""
    if chance < 0.36 or author.random() < 0.55:
        return head + one(author, ("，", "，", "。", "；", " ")).join(lines) + one(author, ("。", "。", ""))
    body = listed(
        lines, bullet=one(author, BULLETS), join=one(author, ("\n", "\n", " ")), end=one(author, ("；", "。", ""))
    )
    return f"{head.rstrip()}\n{body}" if head else body
