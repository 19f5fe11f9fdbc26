"""``gradmatch eval replay``: the past, asked again."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.errors import QueryError
from matching.language import Words

if TYPE_CHECKING:
    from eval.evaluation import Direction, Evaluation
    from eval.recommenders import Recommender
    from eval.replay import Replay
    from matching.settings import Settings

HELP = say(
    Words(
        "回放：用截止时刻之前的数据重建当时的系统，用之后发生的事衡量。",
        "Replay: rebuild the system as of a cutoff, ask it again, measure by what happened afterwards.",
    )
)
_FAILED = 1


def _texts(zh: str, en: str) -> str:
    return say(Words(zh, en))


def replay(
    cutoff: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help=_texts("截止时刻（北京时间）。", "The moment the system stands at, China time."),
        ),
    ],
    days: Annotated[
        float, typer.Option(min=0.001, max=36_500, help=_texts("之后观察几天。", "How many days are watched after it."))
    ] = 30,
    direction: Annotated[
        str, typer.Option(help=_texts("postings、graduates 或 both。", "postings, graduates or both."))
    ] = "both",
    depth: Annotated[int, typer.Option(min=1, max=1000, help=_texts("列表长度。", "Length of the lists."))] = 50,
    system: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help=_texts("另比较一个系统：TREC run 文件或 CSV，可重复。", "One more system, from a run file or a CSV."),
        ),
    ] = None,
    interactions: Annotated[
        Path | None,
        typer.Option(
            help=_texts(
                "不用库，只用互动文件：Parquet 或 RecBole 的 .inter。",
                "Interactions alone, no store: Parquet, or RecBole's .inter.",
            )
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            help=_texts(
                "配对特征（CSV 或 Parquet：graduate、posting、数值列），检查是否知道未来。",
                "Features of pairs (CSV, Parquet: graduate, posting, numbers) that must not know the future.",
            )
        ),
    ] = None,
    earlier: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=36_500,
            help=_texts("与几天前的快照比稳定性。", "Days back to the snapshot that stability is told by."),
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=_texts("每个方向最多几个查询。", "At most so many queries a direction."))
    ] = None,
    resamples: Annotated[int, typer.Option(min=1, help=_texts("自助抽样次数。", "Bootstrap resamples."))] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help=_texts("随机种子。", "Seed."))] = 0,
    out: Annotated[
        Path | None, typer.Option(help=_texts("写出全部结果表的文件夹。", "Folder for all tables of the result."))
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Rebuild the past, ask it again, and print every measure with baselines and intervals; 1 if a check is fatal."""
    from eval.foreknowledge import GRADUATE_POSTING, read_features
    from eval.ledger import keep
    from eval.replay import Replay
    from eval.summary import Sampling
    from matching.question import CHINA
    from matching.settings import read_settings

    plan = Replay(
        cutoff.replace(tzinfo=CHINA),
        timedelta(days=days),
        _directions(direction),
        depth,
        others=_systems(system or ()),
        limit=limit,
        earlier=None if earlier is None else timedelta(days=earlier),
        features=None if features is None else read_features(features, GRADUATE_POSTING),
        sampling=Sampling(seed=seed, resamples=resamples),
        command=("gradmatch", *sys.argv[1:]),
    )
    chosen = read_settings(settings, home=home)
    found = _run(plan, chosen) if interactions is None else _bare(plan, interactions)
    if out is not None:
        keep(found, out, chosen.home)
    if as_json:
        typer.echo(json.dumps(as_record(found), ensure_ascii=False, indent=1))
    else:
        show(found)
    if found.failed:
        raise typer.Exit(_FAILED)


def _run(plan: Replay, settings: Settings) -> Evaluation:
    from matching.cli.progress import steps
    from matching.store import Store
    from models.cache import VectorCache, cached
    from models.encoder import load_encoder

    own = settings.encoder
    encoder = load_encoder(own.name, folder=settings.encoders, batch=own.batch, threads=own.threads)
    with Store.open(settings.store) as store, VectorCache.open(settings.vector_cache) as cache, steps() as progress:
        return plan.replay(store, cached(encoder, cache), settings, progress=progress)


def _bare(plan: Replay, path: Path) -> Evaluation:
    from eval.bare import read_collection, replay_bare
    from eval.split import split_frame

    collection = read_collection(path)
    return replay_bare(
        collection,
        split_frame(collection.interactions, plan.cutoff, plan.horizon),
        directions=plan.directions,
        depth=plan.depth,
        others=plan.others,
        sampling=plan.sampling,
        features=plan.features,
        command=plan.command,
    )


def _directions(word: str) -> tuple[Direction, ...]:
    from eval.evaluation import Direction

    known = {"postings": (Direction.POSTINGS,), "graduates": (Direction.GRADUATES,)}
    if word == "both":
        return (Direction.POSTINGS, Direction.GRADUATES)
    if word not in known:
        raise QueryError(f"no direction '{word}'", where="--direction", cure="Give postings, graduates or both.")
    return known[word]


def _systems(given: list[str] | tuple[str, ...]) -> dict[str, Recommender]:
    from eval.recommenders import read_lists

    found: dict[str, Recommender] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise QueryError(f"'{text}' names no system", where="--system", cure="Write NAME=FILE.")
        found[name] = read_lists(Path(path))
    return found


def as_record(evaluation: Evaluation) -> dict[str, Any]:
    """Provenance, summary, differences and findings as plain values, for JSON."""
    return {
        "provenance": evaluation.provenance.model_dump(mode="json"),
        "failed": evaluation.failed,
        "findings": [finding.model_dump(mode="json") for finding in evaluation.findings],
        "warnings": [list(words) for words in evaluation.warnings],
        "summary": evaluation.summary.to_dicts(),
        "differences": evaluation.differences.to_dicts(),
        "reliability": evaluation.reliability.to_dicts(),
    }


def show(evaluation: Evaluation) -> None:
    """Print what everybody gets: a table a direction, then what the checks found."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from eval.evaluation import ALL

    console = Console(highlight=False, markup=False)
    console.width = max(console.width, 18 + 22 * len(evaluation.systems))  # a cell holds mean and interval
    provenance = evaluation.provenance
    if provenance.simulated:
        console.print(say(Words("模拟数据：不是真实结果", "SIMULATED data: no real result")))
    everyone = evaluation.summary.filter(pl.col("axis") == ALL)
    for part in everyone.partition_by("direction", maintain_order=True):
        direction = str(part["direction"][0])
        queries = provenance.counts.get(f"queries for {direction}", 0)
        title = Words(f"{direction}：{queries} 个查询", f"{direction}: {queries} queries")
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title=say(title), title_justify="left")
        table.add_column("", no_wrap=True)
        for name in part["system"].unique(maintain_order=True):
            table.add_column(name, justify="right", no_wrap=True)
        for rows in part.partition_by("measure", maintain_order=True):
            if rows["mean"].is_not_null().any():
                table.add_row(str(rows["measure"][0]), *(_cell(row) for row in rows.iter_rows(named=True)))
        console.print(table)
    for finding in evaluation.findings:
        mark = say(Words("严重", "FATAL") if finding.fatal else Words("注意", "note"))
        console.print(
            f"{mark} [{finding.fault}] {finding.system} {finding.direction}: {say(finding.words)}", soft_wrap=True
        )


def _cell(row: dict[str, Any]) -> str:
    if row["mean"] is None:
        return "—"
    low, high = row["low"], row["high"]
    return f"{row['mean']:.4f}" + ("" if low is None else f"\n[{low:.3f}, {high:.3f}]")
