"""``gradmatch eval resumes``: how well résumés are read, on generated files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import JsonOption, say
from matching.language import Words

if TYPE_CHECKING:
    import polars as pl

_NOTICE = Words(
    "全部为生成的简历（不是真人）；读法与版式出自同一作者，真实简历会更难。",
    "All résumés are generated (nobody is real), by the authors of the reader: real ones will be harder.",
)
_FORMS = Words(
    "held：未用于开发的版式；seen：开发所用；all：全部。", "held: forms not developed on; seen: developed on; all."
)


def resumes(
    forms: Annotated[str, typer.Option(help=say(_FORMS))] = "held",
    people: Annotated[int, typer.Option(min=1, max=500, help=say(Words("每种版式几份。", "Résumés a form.")))] = 10,
    seed: Annotated[int, typer.Option(min=0, help=say(Words("随机种子。", "Seed.")))] = 7,
    worst: Annotated[int, typer.Option(min=0, help=say(Words("列出几处错误。", "Mistakes to list.")))] = 0,
    as_json: JsonOption = False,
) -> None:
    """Write résumés in many forms, read them, and print precision, recall and F1 of every field."""
    from eval.resume_forms import FORMS
    from eval.resumes import mistakes, run, scores
    from matching.errors import QueryError

    if forms not in ("held", "seen", "all"):
        raise QueryError(f"no forms called {forms!r}", where="--forms", cure="Use held, seen or all.")
    chosen = [form for form in FORMS if forms == "all" or form.held == (forms == "held")]
    read = run(chosen, people=people, seed=seed)
    table = scores(read)
    if as_json:
        typer.echo(table.write_json())
        return
    refused = sum(one.resume is None for one in read)
    leaked = sum(bool(one.leaked) for one in read)
    typer.echo(say(_NOTICE))
    typer.echo(
        f"{len(chosen)} {forms} forms × {people} = {len(read)} files; refused {refused}; with anything leaked {leaked}"
    )
    _show(table)
    for form, field, missed, wrong in list(mistakes(read))[:worst]:
        typer.echo(f"{form}\t{field}\tmissed {missed}\twrong {wrong}")


def _show(table: pl.DataFrame) -> None:
    typer.echo(f"{'field':16}{'n':>6}{'precision':>11}{'recall':>8}{'F1':>7}")
    for row in table.iter_rows(named=True):
        figures = [f"{row[name]:.3f}" if row[name] is not None else "-" for name in ("precision", "recall", "f1")]
        typer.echo(f"{row['field']:16}{row['n']:>6}{figures[0]:>11}{figures[1]:>8}{figures[2]:>7}")
