"""``gradmatch eval``: what would have happened, measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.cli_gate import compare, gate
from eval.cli_ledger import again, ledger
from eval.cli_offpolicy import offpolicy
from eval.cli_proof import AUDIT_HELP, POWER_HELP, SELFTEST_HELP, audit, power, selftest
from eval.cli_replay import HELP as REPLAY_HELP
from eval.cli_replay import replay
from eval.cli_report import report, schema
from eval.cli_terms import terms
from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.errors import FileError
from matching.language import Words
from matching.settings import Settings, read_settings

if TYPE_CHECKING:
    from rich.progress import TaskID

    from eval.report import TaskReport

app = typer.Typer(
    no_args_is_help=True,
    help=say(Words("评测：在给定任务上量出匹配质量。", "Measure how well the matching works on a task.")),
)


class Choice(StrEnum):
    """What ``--system`` takes: a system of `eval.systems.System`, or all of them side by side."""

    RANDOM = "random"
    BM25 = "bm25"
    DENSE = "dense"
    HYBRID = "hybrid"
    ALL = "all"


def _texts(zh: str, en: str) -> str:
    return say(
        Words(
            f"{zh}：TSV（id<TAB>文本，可带表头）、JSON Lines（id、text）或纯文本文件夹。",
            f"{en}: TSV (id<TAB>text, with or without a header), JSON Lines (id, text), or a folder of text files.",
        )
    )


app.command("compare", help=say(Words("两次评测逐项相比（新减旧）。", "Two runs beside each other, new less old.")))(
    compare
)
app.command("gate", help=say(Words("新模型能否上线：按规则判定，退出码 0 或 1。",
    "May the new model go live? Judged by rules; exit code 0 or 1.")))(gate)  # fmt: skip
app.command("offpolicy", help=say(Words("由曝光日志估计新排序的收益（IPS、SNIPS、DR）。",
    "Estimate a new ranker from logged exposures: IPS, SNIPS, DR.")))(offpolicy)  # fmt: skip
app.command("ledger", help=say(Words("运行台账。", "The ledger of runs.")))(ledger)
app.command("again", help=say(Words("照台账再跑一次，核对数字。",
    "Run one of them once more: do the same figures come out?")))(again)  # fmt: skip
app.command("replay", help=REPLAY_HELP)(replay)
app.command("selftest", help=SELFTEST_HELP)(selftest)
app.command("power", help=POWER_HELP)(power)
app.command("audit", help=AUDIT_HELP)(audit)
app.command("report", help=say(Words("把结果写成网页、Markdown、JSON 和模型卡。",
    "Write a run as a page, Markdown, JSON and a model card.")))(report)  # fmt: skip
app.command("schema", help=say(Words("报告的 JSON Schema。", "JSON Schema of the report.")))(schema)


@app.command("task", help=say(Words("检索任务：mAP、nDCG@10、MRR、Recall@100。", "Run a TREC-style retrieval task.")))
def task(
    queries: Annotated[Path, typer.Option("--queries", help=_texts("查询", "Queries"))],
    corpus: Annotated[Path, typer.Option("--corpus", help=_texts("文档库", "Documents"))],
    qrels: Annotated[
        Path,
        typer.Option("--qrels", help=say(Words("TREC 标注（四列，可分级）。", "TREC qrels: four columns, graded."))),
    ],
    system: Annotated[
        Choice, typer.Option("--system", help=say(Words("用哪个系统排序。", "Which system ranks.")))
    ] = Choice.HYBRID,
    as_json: JsonOption = False,
    run_file: Annotated[
        Path | None,
        typer.Option(
            "--run-file", help=say(Words("写出完整排序（TREC run）。", "Write the full ranking as a TREC run."))
        ),
    ] = None,
    per_query: Annotated[
        Path | None,
        typer.Option("--per-query", help=say(Words("写出每个查询的数值（JSON Lines）。", "Write values per query."))),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help=say(Words("写出全部结果表（文件夹，供报告和比较）。", "Folder for all tables of the result."))
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help=say(Words("编码器名称或文件夹（覆盖配置）。", "Encoder: a name or a folder."))),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help=say(Words("随机种子。", "Seed of the random order and intervals.")))
    ] = 0,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Rank with the production path and print mAP, nDCG@10, MRR and Recall@100 with 95 % intervals."""
    from eval.experiment import Plan, run_task
    from eval.ledger import keep
    from eval.report import per_query_lines
    from eval.systems import System
    from eval.task import read_task

    for path in (run_file, per_query):
        _refuse_without_folder(path)
    chosen = _with_encoder(read_settings(settings, home=home), encoder)
    found = read_task(queries, corpus, qrels)
    systems = list(System) if system is Choice.ALL else [System(system.value)]
    with _progress(len(found.judged)) as watch:
        plan = Plan(systems, seed=seed, run_file=run_file, watch=watch)
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


app.command("terms", help=say(Words("专业与职业名称读得多准。", "How well majors and titles are read.")))(terms)


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
    console.print(report.heading(), soft_wrap=True)
    console.print(report.table())
    for note in report.notes():
        console.print(note, soft_wrap=True)
