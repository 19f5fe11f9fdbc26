"""``gradmatch tune``: search settings on a development split; the ledger keeps every trial, the gate decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from eval.search import Search, Tried
    from matching.settings import Settings


def tune(
    out: Annotated[Path, typer.Argument(help=say(Words("结果文件夹。", "Folder for trials and settings.")))],
    cutoff: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help=say(Words("开发段的截止日期。", "Cutoff of the development split."))),
    ],
    days: Annotated[float, typer.Option(min=0.001, help=say(Words("之后观察几天。", "Days watched after it.")))] = 30,
    trials: Annotated[int, typer.Option(min=2, help=say(Words("试验次数。", "Trials.")))] = 40,
    measure: Annotated[str, typer.Option(help=say(Words("优化哪个指标。", "Which measure.")))] = "nDCG@10",
    direction: Annotated[str, typer.Option(help=say(Words("方向。", "postings, graduates or both.")))] = "postings",
    limit: Annotated[int | None, typer.Option(min=1, help=say(Words("最多几个查询。", "Queries at most.")))] = None,
    resamples: Annotated[int, typer.Option(min=1, help=say(Words("自助抽样次数。", "Bootstrap resamples.")))] = 200,
    seed: Annotated[int, typer.Option(min=0, help=say(Words("随机种子。", "Seed.")))] = 0,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Progress on stderr; the best settings, what they changed, and how to ask the gate on stdout."""
    from eval.cli_replay import _directions
    from eval.replay import Replay
    from eval.search import Search
    from eval.summary import Sampling
    from matching.question import CHINA
    from matching.settings import read_settings

    plan = Search(
        Replay(
            cutoff.replace(tzinfo=CHINA),
            timedelta(days=days),
            _directions(direction),
            limit=limit,
            sampling=Sampling(seed=seed, resamples=resamples),
        ),
        trials=trials,
        measure=measure,
        seed=seed,
    )
    chosen = read_settings(settings, home=home)
    _tell(_searched(chosen, plan, out), plan, out, chosen)


def _searched(chosen: Settings, plan: Search, out: Path) -> list[Tried]:
    from eval.ledger import keep
    from eval.search import search, table_of
    from matching.cli.progress import steps
    from matching.encoders import open_encoder
    from matching.store import Store
    from models.cache import VectorCache, cached

    encoder = open_encoder(chosen)
    with Store.open(chosen.store) as store, VectorCache.open(chosen.vector_cache) as cache, steps() as progress:
        found = search(
            store,
            cached(encoder, cache),
            chosen,
            plan,
            kept=lambda one: keep(one.evaluation, out / f"trial-{one.number:03d}", chosen.home),
            progress=progress,
        )
    table_of(found).write_csv(out / "trials.csv")
    return found


def _tell(found: list[Tried], plan: Search, out: Path, chosen: Settings) -> None:
    from eval.gate import gate
    from eval.search import best_of, history
    from eval.tuning import save_settings

    best, first = best_of(found), found[0]
    (out / "search.svg").write_text(history(found, plan.measure).svg, encoding="utf-8")
    path = save_settings(best.settings, out / "settings.toml")
    if first.evaluation.provenance.simulated:
        typer.echo(say(Words("【模拟结果】数据由程序生成", "SIMULATED: the data are generated")))
    whole = sum(one.whole for one in found)
    zh = f"{len(found)} 次试验，{whole} 次跑完；{plan.measure}：现用 {first.value:.4f}，最佳 {best.value:.4f}"
    en = f"{len(found)} trials, {whole} went all the way; {plan.measure}: {first.value:.4f} as they are, at best "
    typer.echo(say(Words(f"{zh}（第 {best.number} 次）", f"{en}{best.value:.4f} (trial {best.number})")))
    if best.number == 0:
        typer.echo(say(Words("没有更好的配置", "Nothing beats the settings as they are")))
    stopped = say(Words("开发段拦下", "stopped on the development split"))
    for ruling in gate(first.evaluation, best.evaluation):
        if not ruling.passed:
            typer.echo(f"{stopped} {ruling.rule}: {say(ruling.words)}")
    steps = f"gradmatch eval replay … --settings {path}, gradmatch eval gate OLD NEW"
    zh, en = "上线前用较晚的一段回放并过门禁", "before it goes live, replay a later split with it and ask the gate"
    typer.echo(say(Words(f"已写入 {path}。{zh}：{steps}", f"Written to {path}; {en}: {steps}")))
