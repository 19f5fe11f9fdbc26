"""``gradmatch eval table``: every system on every task of a folder, in one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.errors import QueryError
from matching.language import Words

if TYPE_CHECKING:
    from eval.contest import Contest, Entrant
    from eval.contest_table import Standing
    from eval.task_folder import NamedTask
    from matching.settings import Settings

HELP = say(
    Words(
        "一张总表：各系统在各任务上的质量、速度与大小（可中断续跑）。",
        "The one table: quality, speed and size of every system on every task; killed, it goes on.",
    )
)
SECONDS = 0.5
"""That an encoder's speed is measured for, each round, at least."""
_ENCODER_TEXTS = 64


def table(
    folder: Annotated[
        Path, typer.Argument(help=say(Words("任务所在文件夹。", "Folder of tasks (docs/evaluation.md).")))
    ],
    quick: Annotated[
        int | None,
        typer.Option(
            min=1, help=say(Words("每个任务最多几个查询。", "At most so many queries a task; the table says so."))
        ),
    ] = None,
    base: Annotated[
        str, typer.Option(help=say(Words("零样本基线编码器。", "The encoder that stands beside, as it is.")))
    ] = "multilingual-e5-small-offline",
    static: Annotated[
        str | None, typer.Option(help=say(Words("另加一个静态编码器。", "A static encoder beside.")))
    ] = None,
    replay: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help=say(Words("回放结果，另成一表；可重复。", "A replay's --out, in a table of its own; repeatable.")),
        ),
    ] = None,
    work: Annotated[
        Path | None, typer.Option(help=say(Words("单元格缓存（默认在数据目录）。", "Cells (default: in home).")))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say(Words("输出 JSON。", "Print JSON.")))] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Means with 95 % intervals, gains over the better baseline, texts/s and MB, as Markdown."""
    from eval.contest import Contest, sampled
    from eval.contest_table import as_markdown, as_record, replays_as_markdown
    from eval.evaluation import Evaluation
    from eval.task_folder import read_folders
    from matching.settings import read_settings

    chosen = read_settings(settings, home=home)
    replays = {name: Evaluation.load(path) for name, path in _named(replay or [])}
    whole = [_real(task) for task in read_folders(folder)]
    contest = Contest(
        [sampled(task, quick) for task in whole],
        _entrants(chosen, base, static),
        chosen,
        work or chosen.home / "table",
    )
    standing = _standing(contest, {task.name: len(task.task.judged) for task in whole})
    if as_json:
        typer.echo(json.dumps(as_record(standing), ensure_ascii=False, indent=1))
        return
    typer.echo(as_markdown(standing), nl=False)
    if replays:
        typer.echo("\n" + replays_as_markdown(replays), nl=False)


def _entrants(chosen: Settings, base: str, static: str | None) -> list[Entrant]:
    from eval.contest import Entrant
    from eval.contest_table import BASE, BM25, HYBRID, STATIC_HYBRID
    from eval.systems import System

    own = chosen.encoder.name
    rows = [
        Entrant("random", System.RANDOM),
        Entrant("tfidf", System.TFIDF),
        Entrant(BM25, System.BM25),
        Entrant(BASE, System.DENSE, base),
        Entrant("dense", System.DENSE, own),
    ]
    if static is not None:
        rows += [Entrant("static dense", System.DENSE, static), Entrant(STATIC_HYBRID, System.HYBRID, static)]
    return [*rows, Entrant(HYBRID, System.HYBRID, own)]


def _standing(contest: Contest, queries: dict[str, int]) -> Standing:
    from eval.contest_table import Cost, Standing
    from eval.speed import megabytes, speeds, spread
    from matching.cli.progress import steps

    with steps() as tell:
        cells = contest.cells(lambda task, done, total: tell(say(Words("单元格", "cells")), done, total))
    texts = spread([text for task in contest.tasks for text in task.task.corpus.values()], _ENCODER_TEXTS)
    costs = {
        name: Cost(speed, megabytes(contest.settings.encoders / name))
        for name, speed in speeds(contest.encoders, texts, least=SECONDS).items()
    }
    return Standing(contest.tasks, contest.entrants, cells, costs, queries)


def _real(task: NamedTask) -> NamedTask:
    from eval.replay import generated

    if generated([*task.task.queries, *task.task.corpus]):
        cure = "Measure it by `gradmatch eval task`, or give a replay with --replay."
        raise QueryError("a generated task has no place in a table of real ones", where=task.name, cure=cure)
    return task


def _named(given: list[str]) -> list[tuple[str, Path]]:
    found = []
    for text in given:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise QueryError(f"'{text}' names no replay", where="--replay", cure="Write NAME=FOLDER.")
        found.append((name, Path(path)))
    return found
