"""``gradmatch eval truth``: prior, learned ranker, black box and oracle on the generated province (simulated)."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    import polars as pl

    from eval.evaluation import Evaluation
    from eval.replay import Replay
    from eval.truth import Floats, Oracle
    from matching.sample import SampleProvince
    from matching.settings import Settings

HELP = say(
    Words(
        "样例省的真值：先验、所学模型、黑箱与神谕并列（模拟）。",
        "The generated province's truth: prior, learned, black box and oracle side by side (simulated).",
    )
)


def truth(
    cutoff: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help=say(Words("截止日期。", "The day the system stands at.")))
    ],
    graduates: Annotated[int, typer.Option(min=1, help=say(Words("样例省的毕业生数。", "Graduates of the province.")))],
    postings: Annotated[int, typer.Option(min=1, help=say(Words("样例省的岗位数。", "Postings of the province.")))],
    today: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help=say(Words("样例省的日期。", "Day of the province.")))
    ],
    province_seed: Annotated[int, typer.Option(help=say(Words("样例省的种子。", "Seed of the province.")))] = 0,
    days: Annotated[float, typer.Option(min=0.001, help=say(Words("之后观察几天。", "Days watched after it.")))] = 30,
    limit: Annotated[int | None, typer.Option(min=1, help=say(Words("最多几名毕业生。", "At most so many.")))] = None,
    black_box: Annotated[
        bool, typer.Option("--lambdamart/--no-lambdamart", help=say(Words("也训练 LambdaMART。", "LambdaMART too.")))
    ] = True,
    resamples: Annotated[int, typer.Option(min=1, help=say(Words("自助抽样次数。", "Bootstrap resamples.")))] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help=say(Words("随机种子。", "Seed.")))] = 0,
    out: Annotated[Path | None, typer.Option(help=say(Words("结果文件夹。", "Folder of the result.")))] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Replay with prior, LambdaMART and oracle beside the settings' ranker; what each is worth against the truth."""
    from eval.evaluation import Direction
    from eval.replay import Replay
    from eval.summary import Sampling
    from eval.truth import MAKERS, Oracle
    from matching.question import CHINA
    from matching.sample import SampleProvince
    from matching.settings import read_settings

    oracle = Oracle(SampleProvince(province_seed, graduates=graduates, postings=postings, today=today.date()))
    plan = Replay(
        cutoff.replace(tzinfo=CHINA),
        timedelta(days=days),
        [Direction.POSTINGS],
        makers={
            **{name: make for name, make in MAKERS.items() if black_box or name != "lambdamart"},
            "oracle": oracle.recommender,
        },
        limit=limit,
        sampling=Sampling(seed=seed, resamples=resamples),
        command=("gradmatch", *sys.argv[1:]),
    )
    _told(*_run(plan, oracle, read_settings(settings, home=home), out), oracle.province, as_json=as_json)


def _run(plan: Replay, oracle: Oracle, chosen: Settings, out: Path | None) -> tuple[Evaluation, pl.DataFrame]:
    from dataclasses import replace

    from eval.evaluation import Direction
    from eval.ledger import keep
    from eval.truth import beside, happened
    from matching.cli.progress import steps
    from matching.encoders import open_encoder
    from matching.store import Store
    from models.cache import VectorCache, cached

    values: dict[str, dict[str, Floats]] = {}
    plan = replace(plan, told=lambda ground, lists: values.update(oracle.measured(ground, lists)))
    encoder = open_encoder(chosen)
    with Store.open(chosen.store) as store, VectorCache.open(chosen.vector_cache) as cache, steps() as progress:
        oracle.check(store)
        found = plan.replay(store, cached(encoder, cache), chosen, progress=progress)
    if out is not None:
        keep(found, out, chosen.home)
    values = {"nDCG@10": happened(found, Direction.POSTINGS), **values}
    return found, beside(values, seed=plan.sampling.seed, resamples=plan.sampling.resamples)


def _told(found: Evaluation, table: pl.DataFrame, province: SampleProvince, *, as_json: bool) -> None:
    if as_json:
        record = {"simulated": True, "province": str(province), "beside": table.to_dicts()}
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    typer.echo(say(Words("模拟数据：不是真实结果", "SIMULATED data: no real result")))
    for (measure,), part in table.group_by("measure", maintain_order=True):
        typer.echo(f"\n{measure}  (n = {part['n'][0]})")
        best = part.filter(part["system"] == "oracle")["mean"][0]
        for row in part.sort("mean", descending=True).iter_rows(named=True):
            typer.echo(
                f"  {row['system']:<11} {row['mean']:.4f} [{row['low']:.4f}, {row['high']:.4f}]  "
                f"{row['mean'] / best:6.1%}  {row['less']:+.4f} [{row['less_low']:+.4f}, {row['less_high']:+.4f}]"
            )
    for row in found.summary.filter(found.summary["axis"] == "all").iter_rows(named=True):
        if row["measure"] in ("ECE", "Brier") and row["mean"] is not None:
            typer.echo(
                f"{row['measure']:<6} {row['system']:<11} {row['mean']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"
            )
    for finding in found.findings:
        mark = say(Words("严重", "FATAL") if finding.fatal else Words("注意", "note"))
        typer.echo(f"{mark} [{finding.fault}] {finding.system}: {say(finding.words)}")
