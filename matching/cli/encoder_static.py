"""``gradmatch encoder train --static``: the quick encoder, made of the default one and taught the same pairs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from matching.cli.speech import say
from matching.language import Words

if TYPE_CHECKING:
    from pathlib import Path

    from matching.learning.csco import Classification
    from matching.settings import Settings
    from matching.standard.records import Posting
    from models.static_training import StaticPlan

NAME = "static-work"
_ENCODED, _STEP = Words("编码", "encoding"), Words("训练", "training")


def make_static(
    chosen: Settings,
    name: str,
    source: Classification,
    postings: Iterable[Posting],
    *,
    plan: StaticPlan,
) -> None:
    """Make it; progress on stderr, its development values and its folder on stdout."""
    from matching.cli.progress import steps
    from matching.learning.static_course import CARD, StaticCourse, teach_static
    from models.cache import VectorCache, cached
    from models.encoder import load_encoder
    from models.work_encoder import prepare_work

    base = prepare_work(chosen.encoders)
    done = [0]
    with VectorCache.open(chosen.vector_cache) as vectors, steps() as tell:

        def encoding(texts: int) -> None:
            done[0] += texts
            tell(say(_ENCODED), done[0], done[0])

        course = StaticCourse(
            base,
            cached(load_encoder(base.name, folder=chosen.encoders, batch=128), vectors),
            chosen.encoders,
            name,
            plan=plan,
        )
        course = replace(course, encoding=encoding, told=lambda step, loss: tell(say(_STEP), step, plan.steps))
        folder = teach_static(course, source, postings)
    _told(folder, json.loads((folder / f".{CARD}").read_text(encoding="utf-8")))


def _told(folder: Path, card: dict[str, dict[str, float]]) -> None:
    for task, after in card["development_after"].items():
        typer.echo(f"{task:<10} {card['development_before'][task]:.4f} → {after:.4f}")
    typer.echo(f"{say(Words('新编码器：', 'The new encoder:'))} {folder}")
