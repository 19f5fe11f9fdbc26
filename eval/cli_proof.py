"""``gradmatch eval selftest``, ``power`` and ``audit``: the harness proves itself, and looks at fairness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.errors import FileError, QueryError
from matching.language import Words

if TYPE_CHECKING:
    from eval.evaluation import Evaluation
    from eval.power import Measured, Pool

SELFTEST_HELP = say(Words("自检：埋入每种作弊与错误，看是否全部抓到。", "Plant every fault; each has to be found."))
POWER_HELP = say(Words("检出力与 A/A 误报率曲线。", "Curves of power, and of false alarms in A/A runs."))
SeedOption = Annotated[int, typer.Option("--seed", min=0, help=say(Words("随机种子。", "Seed.")))]


def selftest(seed: SeedOption = 0, as_json: JsonOption = False) -> None:
    """Plant every fault in a made world; exit 1 where one is missed, or found where there is none."""
    from eval.selftest import selftest as run

    caught = run(seed)
    if as_json:
        typer.echo(json.dumps([line._asdict() for line in caught], ensure_ascii=False, indent=1))
    else:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for words in (
            Words("错误", "fault"),
            Words("做法", "what was planted"),
            Words("抓到", "caught"),
            Words("无错时误报", "false alarms"),
        ):
            table.add_column(say(words))
        for line in caught:
            table.add_row(line.fault, say(line.story), say(_YES if line.caught else _NO), str(line.clean))
        Console(highlight=False).print(table)
    if not all(line.caught and not line.clean for line in caught):
        raise typer.Exit(1)


_YES, _NO = Words("是", "yes"), Words("否", "NO")


def power(
    graduates: Annotated[int, typer.Option(min=20, help=say(Words("每次抽多少人。", "Graduates in a run.")))] = 5_000,
    runs: Annotated[int, typer.Option(min=10, help=say(Words("重复次数。", "How many runs.")))] = 1_000,
    difference: Annotated[
        float, typer.Option(min=0.0001, max=0.1, help=say(Words("真实差异。", "True difference in nDCG@10.")))
    ] = 0.01,
    of: Annotated[
        Path | None,
        typer.Option("--from", help=say(Words("改用某次评测的数值。", "Use the values of an evaluation (--out)."))),
    ] = None,
    pair: Annotated[
        str, typer.Option(help=say(Words("其中哪两个系统。", "Which two of its systems.")))
    ] = "gradmatch,bm25",
    direction: Annotated[str, typer.Option(help=say(Words("其中哪个方向。", "Which direction.")))] = "postings",
    shared: Annotated[
        float,
        typer.Option(min=0, max=0.99, help=say(Words("两版共有的噪声。", "Noise that both versions share."))),
    ] = 0.9,
    plot: Annotated[Path | None, typer.Option(help=say(Words("曲线图（SVG）。", "Write the curves as SVG.")))] = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """How often a true difference is found, and how often one is "found" where there is none."""
    from eval.curve_plot import svg
    from eval.power import Pool, curves

    pool = Pool(seed, shared=shared) if of is None else _measured(of, pair, direction)
    found = curves(pool, graduates=graduates, runs=runs, wanted=difference, seed=seed)
    if plot is not None:
        _written(plot, svg(found))
    if as_json:
        typer.echo(json.dumps(found.record(), ensure_ascii=False, indent=1))
        return
    typer.echo(
        say(
            Words(
                f"{found.source}：{runs} 次，每次 {graduates} 人；真实差异 {difference:g} 检出 {found.power:.1%}；"
                f"无差异时误报 {found.false_alarms:.1%}；五次中四次可检出的最小差异 {found.detectable:.4f}",
                f"{found.source}: {runs} runs of {graduates} graduates; a true difference of {difference:g} is found "
                f"in {found.power:.1%}, one that is not there in {found.false_alarms:.1%}; "
                f"least difference found in four runs of five: {found.detectable:.4f}",
            )
        )
    )


AUDIT_HELP = say(Words("公平性审计：按性别和困难群体比较机会与曝光。", "Audit opportunity and exposure by group."))


def audit(
    folder: Annotated[Path, typer.Argument(help=say(Words("评测结果文件夹。", "Folder that --out wrote.")))],
    purpose: Annotated[str, typer.Option(help=say(Words("用途（记入日志）。", "What for; it is logged.")))],
    system: Annotated[str, typer.Option(help=say(Words("哪个系统。", "Which system.")))] = "gradmatch",
    resamples: Annotated[int, typer.Option(min=10, help=say(Words("自助抽样次数。", "Bootstrap resamples.")))] = 1_000,
    page: Annotated[
        Path | None, typer.Option(help=say(Words("图（HTML）。", "Write the gaps as one HTML page.")))
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Gaps between groups, raw and within each category of major, with intervals."""
    import polars as pl

    from eval.audit import audit as run
    from eval.audit_charts import gap_page
    from eval.evaluation import Evaluation
    from matching.settings import read_settings
    from matching.store import Store

    evaluation = Evaluation.load(folder)
    _auditable(evaluation, system, folder)
    with Store.open(read_settings(settings, home=home).store) as store:
        gaps = run(evaluation.only(system), store, purpose, resamples=resamples)
    if gaps.is_empty():
        what = "nobody in the run is in two groups that could be compared"
        raise QueryError(what, where=str(folder), cure="Audit a replay of this store, with protected records in it.")
    if page is not None:
        _written(page, gap_page(gaps, simulated=evaluation.provenance.simulated))
    if as_json:
        typer.echo(json.dumps(gaps.to_dicts(), ensure_ascii=False, indent=1))
        return
    if evaluation.provenance.simulated:
        typer.echo(say(Words("模拟数据：不是真实结果", "SIMULATED data: no real result")))
    for row in gaps.filter(pl.col("gap").is_not_null()).iter_rows(named=True):
        few = say(Words("  样本过少", "  too small")) if row["small"] else ""
        within = "—" if row["adjusted"] is None else _gap(row["adjusted"], row["adjusted_low"], row["adjusted_high"])
        typer.echo(
            f"{row['kind']:<12} {row['measure']:<12} {row['group']} ({row['n']}): "
            f"{_gap(row['gap'], row['low'], row['high'])}  {say(Words('同专业门类内', 'within majors'))} {within}{few}"
        )


def _written(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        what = f"picture cannot be written: {error.strerror}"
        raise FileError(what, where=str(path), cure="Check the path.") from None


def _auditable(evaluation: Evaluation, system: str, folder: Path) -> None:
    """Refuse what would be an audit of nothing: silence must not look like fairness."""
    if system not in evaluation.systems:
        raise QueryError(
            f"no system '{system}'", where=str(folder), cure=f"Name one of {', '.join(evaluation.systems)}."
        )


def _gap(mean: float, low: float, high: float) -> str:
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def _measured(folder: Path, pair: str, direction: str) -> Pool | Measured:
    from eval.evaluation import Evaluation
    from eval.power import Measured

    systems = tuple(pair.split(","))
    if len(systems) != 2:
        raise QueryError(f"'{pair}' are not two systems", where="--pair", cure="Write A,B.")
    return Measured(Evaluation.load(folder), (systems[0], systems[1]), direction=direction, measure="nDCG@10")
