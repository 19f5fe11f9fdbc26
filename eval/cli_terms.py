"""``gradmatch eval terms``: how well majors and titles are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words
from matching.settings import read_settings


def terms(
    titles: Annotated[
        Path | None,
        typer.Option("--titles", help=say(Words("职位名称与职业代码（CSV）。", "Titles with occupation codes (CSV)."))),
    ] = None,
    dense: Annotated[
        bool, typer.Option("--dense", help=say(Words("用编码器猜测余下的名称。", "Guess with the encoder too.")))
    ] = False,
    worst: Annotated[int, typer.Option("--worst", min=0, help=say(Words("列出几处错误。", "Mistakes to list.")))] = 10,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Print the figures and the mistakes; with ``--titles`` those of occupations too."""
    from eval.terms import HEADER, major_variants
    from eval.terms import titles as on_titles
    from matching.encoders import open_encoder
    from matching.terms.occupation_nearest import NearestOccupation

    figures, wrong = major_variants()
    if titles is not None:
        encoder = open_encoder(read_settings(settings, home=home)) if dense else None
        more, wrong_titles = on_titles(titles, NearestOccupation(encoder))
        figures, wrong = figures + more, wrong[:worst] + wrong_titles[:worst]
    typer.echo("\n".join([HEADER, *(figure.line for figure in figures)]))
    for mistake in wrong[: 2 * worst]:
        typer.echo(f"{say(Words('错', 'wrong'))}  {mistake.text}  {mistake.right}  ≠ {mistake.read or '-'}")
