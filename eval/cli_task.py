"""``gradmatch eval task``: a retrieval task, with the baselines beside whatever is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.errors import FileError, QueryError
from matching.language import Words
from matching.settings import Settings, read_settings

if TYPE_CHECKING:
    from rich.progress import TaskID

    from eval.recommenders import Recommender
    from eval.report import TaskReport
    from eval.systems import System

HELP = say(Words("检索任务：mAP、nDCG@10、MRR、Recall@100，旁列各基线。", "Run a TREC-style retrieval task."))
EVERY = "all"
_FAILED = 1


def _texts(zh: str, en: str) -> str:
    return say(
        Words(
            f"{zh}：TSV（id<TAB>文本，可带表头）、JSON Lines（id、text）或纯文本文件夹。",
            f"{en}: TSV (id<TAB>text, with or without a header), JSON Lines (id, text), or a folder of text files.",
        )
    )


_WHAT = {
    "qrels": Words("TREC 标注（四列，可分级）。", "TREC qrels: four columns, graded."),
    "system": Words(
        "random、tfidf、bm25、dense、hybrid 或 all（默认）；或 NAME=FILE（run 文件或 CSV）；可重复。",
        "random, tfidf, bm25, dense, hybrid or all (the default); or NAME=FILE, a run file or a CSV; repeatable.",
    ),
    "run": Words("写出完整排序（TREC run）。", "Write the full ranking as a TREC run."),
    "per query": Words("写出每个查询的数值（JSON Lines）。", "Write values per query."),
    "features": Words(
        "配对特征（CSV 或 Parquet：query、document、数值列），检查是否知道答案。",
        "Features of pairs (CSV, Parquet: query, document, numbers) that must not know the answers.",
    ),
    "out": Words("写出全部结果表（文件夹，供报告和比较）。", "Folder for all tables of the result."),
    "encoder": Words("编码器名称或文件夹（覆盖配置）。", "Encoder: a name or a folder."),
    "seed": Words("随机种子。", "Seed of the random order and intervals."),
    "simulated": Words("数据是生成的，结果注明“模拟”。", "The data are generated: label the result as simulated."),
}


def task(
    queries: Annotated[Path, typer.Option("--queries", help=_texts("查询", "Queries"))],
    corpus: Annotated[Path, typer.Option("--corpus", help=_texts("文档库", "Documents"))],
    qrels: Annotated[Path, typer.Option("--qrels", help=say(_WHAT["qrels"]))],
    system: Annotated[list[str] | None, typer.Option("--system", metavar="NAME", help=say(_WHAT["system"]))] = None,
    as_json: JsonOption = False,
    run_file: Annotated[Path | None, typer.Option("--run-file", help=say(_WHAT["run"]))] = None,
    per_query: Annotated[Path | None, typer.Option("--per-query", help=say(_WHAT["per query"]))] = None,
    features: Annotated[Path | None, typer.Option("--features", help=say(_WHAT["features"]))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=say(_WHAT["out"]))] = None,
    encoder: Annotated[str | None, typer.Option("--encoder", help=say(_WHAT["encoder"]))] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help=say(_WHAT["seed"]))] = 0,
    simulated: Annotated[bool, typer.Option("--simulated", help=say(_WHAT["simulated"]))] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Rank with the production path and the baselines; print measures with 95 % intervals; 1 if a check is fatal."""
    from eval.experiment import Plan, run_task
    from eval.foreknowledge import QUERY_DOCUMENT, read_features
    from eval.ledger import keep
    from eval.report import per_query_lines
    from eval.task import read_task

    for path in (run_file, per_query):
        _refuse_without_folder(path)
    chosen = _with_encoder(read_settings(settings, home=home), encoder)
    systems, others = _systems(system or ())
    given = None if features is None else read_features(features, QUERY_DOCUMENT)
    found = read_task(queries, corpus, qrels)
    with _progress(len(found.judged)) as watch:
        plan = Plan(systems, seed=seed, run_file=run_file, watch=watch, others=others, features=given,
                    simulated=simulated)  # fmt: skip
        report, trials, evaluation = run_task(found, plan, chosen)
    if out is not None:
        own = evaluation.provenance.model_copy(update={"command": ("gradmatch", *sys.argv[1:])})
        keep(replace(evaluation, provenance=own), out, chosen.home)
    if per_query is not None:
        _write(per_query, per_query_lines(found, trials))
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _print(report)
    if evaluation.failed:
        raise typer.Exit(_FAILED)


def _systems(given: Sequence[str]) -> tuple[list[System], dict[str, Recommender]]:
    """The systems of ours that are named, all of them where none is, and those that files bring."""
    from eval.recommenders import read_lists
    from eval.systems import System

    known, others = [str(one) for one in System], {}
    named = [word for word in given if "=" not in word]
    for word in named:
        if word not in (*known, EVERY):
            raise typer.BadParameter(f"no system '{word}': {', '.join(known)}, {EVERY}, or NAME=FILE")
    for word in given:
        name, equals, path = word.partition("=")
        if not equals:
            continue
        if not name or not path or name in known or name in others:
            raise QueryError(f"'{word}' names no further system", where="--system", cure="Write NAME=FILE, a new NAME.")
        others[name] = read_lists(Path(path))
    if not named or EVERY in named:
        return list(System), others
    return [one for one in System if one.value in named], others


def _with_encoder(settings: Settings, encoder: str | None) -> Settings:
    if encoder is None:
        return settings
    return settings.model_copy(update={"encoder": settings.encoder.model_copy(update={"name": encoder})})


@contextmanager
def _progress(queries: int) -> Iterator[Callable[[str, int], None]]:
    """Bars on stderr, where it is a terminal: one a system, and a count of the texts that are encoded."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from eval.experiment import ENCODING

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def watch(stage: str, done: int) -> None:
            if stage not in bars:
                bars[stage] = progress.add_task(stage, total=None if stage == ENCODING else queries)
            progress.advance(bars[stage], done)

        yield watch


def _refuse_without_folder(path: Path | None) -> None:
    """Tell now what would else be told after minutes of work."""
    if path is not None and not path.absolute().parent.is_dir():
        raise FileError("file cannot be written: no such folder", where=str(path), cure="Make the folder first.")


def _write(path: Path, lines: Iterator[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(lines)
    except OSError as error:
        raise FileError(
            f"file cannot be written: {error.strerror}", where=str(path), cure="Name a folder that exists."
        ) from None


def _print(report: TaskReport) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.width = max(console.width, 14 + 17 * len(report.systems))  # a cell holds an interval
    console.print(report.heading(), soft_wrap=True)
    console.print(report.table())
    for note in report.notes():
        console.print(note, soft_wrap=True)
