"""``gradmatch eval offpolicy``: what a new ranker would have earned in the lists that were shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words
from matching.standard.records import Action

if TYPE_CHECKING:
    import polars as pl

    from eval.offpolicy import OffPolicy
    from eval.pushed import Pushed
    from matching.learning.examination import Examination
    from matching.push.replaying import Remade
    from matching.settings import Settings

ESTIMATED = "estimated"

_HELP = {
    "log": Words(
        "曝光日志（CSV 或 Parquet：list、graduate、posting、rank、propensity、reward）；不给则取自数据库。",
        "Logged exposures (CSV, Parquet: list, graduate, posting, rank, propensity, reward); default: the store's.",
    ),
    "target": Words(
        "新系统的列表（TREC run，查询为毕业生）；不给则用当前快照排序。",
        "The new system's lists (TREC run, queries are graduates); default: the snapshot in use ranks.",
    ),
    "cutoff": Words(
        "只用此刻（北京时间）之前的记录（默认现在）。",
        "Read what happened before this moment, China time (default: now).",
    ),
    "outcome": Words("以哪种行为为收益。", "What counts as a reward."),
    "reorder": Words(
        "只问排序：同一列表中的同样岗位换个次序（不需要概率）。",
        "Ask about the order only: the same postings in the same lists, sorted anew (needs no propensities).",
    ),
    "length": Words("列表长度。", "Postings in a list."),
    "examination": Words(
        "各名次被看到的程度：estimated 或幂指数（0：都一样）。",
        "How places are looked at: estimated, or the power by which looks fall (0: all alike).",
    ),
    "seed": Words("随机种子。", "Seed of the intervals."),
    "simulated": Words("日志为模拟数据。", "The log is simulated."),
    "push": Words(
        "推送活动：由其发送记录（含抽签概率）估计改动后的规则。",
        "A campaign of the push: its sends, with their chances, against the same nights under another rule.",
    ),
    "set": Words("改动的规则，如 least=0.03,digest=2。", "What the other rule says otherwise: least=0.03,digest=2."),
    "night": Words("只看这一晚（可重复）。", "Only this night; may be repeated."),
    "ranked": Words("gradmatch night 当日的结果。", "Folder of a night run of that day."),
}

LogOption = Annotated[Path | None, typer.Option("--log", help=say(_HELP["log"]))]
TargetOption = Annotated[Path | None, typer.Option("--target", help=say(_HELP["target"]))]
CutoffOption = Annotated[
    datetime | None, typer.Option("--cutoff", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help=say(_HELP["cutoff"]))
]
OutcomeOption = Annotated[Action, typer.Option("--outcome", help=say(_HELP["outcome"]))]
LengthOption = Annotated[int, typer.Option("--length", min=1, max=1000, help=say(_HELP["length"]))]
ReorderOption = Annotated[bool, typer.Option("--reorder", help=say(_HELP["reorder"]))]
ExaminationOption = Annotated[str, typer.Option("--examination", help=say(_HELP["examination"]))]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help=say(_HELP["seed"]))]
PushOption = Annotated[str | None, typer.Option("--push", help=say(_HELP["push"]))]
SetOption = Annotated[str, typer.Option("--set", help=say(_HELP["set"]))]
NightOption = Annotated[list[str] | None, typer.Option("--night", help=say(_HELP["night"]))]
RankedOption = Annotated[Path | None, typer.Option("--ranked", help=say(_HELP["ranked"]))]
SimulatedOption = Annotated[bool, typer.Option("--simulated", help=say(_HELP["simulated"]))]


def offpolicy(
    log: LogOption = None,
    target: TargetOption = None,
    cutoff: CutoffOption = None,
    outcome: OutcomeOption = Action.CLICKED,
    length: LengthOption = 10,
    reorder: ReorderOption = False,
    examination: ExaminationOption = ESTIMATED,
    seed: SeedOption = 0,
    simulated: SimulatedOption = False,
    push: PushOption = None,
    set_: SetOption = "",
    night: NightOption = None,
    ranked: RankedOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Estimate by IPS, SNIPS and DR; exit code 1 where the log cannot tell."""
    from eval.exposures import read_log, read_target, reordered
    from eval.offpolicy import Sampling, evaluate
    from eval.pushed import refused
    from matching.question import CHINA
    from matching.settings import read_settings

    chosen = read_settings(settings, home=home)
    length = chosen.service.largest_k if reorder else length
    made: list[Remade] = []
    if push is not None:
        asked = _pushed(push, night, outcome, cutoff)
        exposures, planned, made = _remade(chosen, asked, _changes(set_), ranked)
        simulated = simulated or exposures["graduate"].str.starts_with("sample-").any()
    elif log is None:
        moment = datetime.now(UTC) if cutoff is None else cutoff.replace(tzinfo=CHINA)
        exposures, planned = _stored(chosen, moment, outcome=outcome, target=target, length=length)
        simulated = simulated or exposures["graduate"].str.starts_with("sample-").any()
    else:
        exposures = read_log(log)
        if target is None:
            raise typer.BadParameter("--log needs --target")
        planned = read_target(target, exposures, length=length)
    if reorder:
        exposures, planned = reordered(exposures, planned)
    found = evaluate(
        exposures,
        planned,
        examination=_curve(examination, exposures),
        sampling=Sampling(seed=seed),
        simulated=simulated,
    )
    found = refused(found, made)
    typer.echo(found.model_dump_json(indent=2) if as_json else "\n".join(lines(found)))
    if found.refusals:
        raise typer.Exit(1)


def _pushed(campaign: str, nights: list[str] | None, outcome: Action, cutoff: datetime | None) -> Pushed:
    from eval.pushed import Pushed
    from matching.question import CHINA

    before = datetime.now(UTC) if cutoff is None else cutoff.replace(tzinfo=CHINA)
    return Pushed(campaign, tuple(nights or ()), outcome, before)


def _remade(
    chosen: Settings, asked: Pushed, changes: dict[str, float], ranked: Path | None
) -> tuple[pl.DataFrame, pl.DataFrame, list[Remade]]:
    from eval.pushed import remade
    from matching.cli.progress import steps
    from matching.store import Store

    with Store.open(chosen.store) as store, steps() as tell:
        return remade(store, chosen, asked, changes, ranked=ranked, progress=tell)


def _changes(text: str) -> dict[str, float]:
    """``least=0.03,digest=2`` as values.

    Raises
    ------
    QueryError
    """
    from matching.errors import QueryError

    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise QueryError(f"'{part}' sets nothing", where="--set", cure="Write name=number,name=number.") from None
    return found


def _stored(
    chosen: Settings, moment: datetime, *, outcome: Action, target: Path | None, length: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    from eval.exposures import ranked_target, read_target, stored_log
    from matching.cli.progress import steps
    from matching.live import open_state
    from matching.matcher import Matcher
    from matching.store import Store
    from models.encoder import load_encoder

    with Store.open(chosen.store) as store:
        exposures = stored_log(store, store.past(moment), outcome=outcome)
    if target is not None:
        return exposures, read_target(target, exposures, length=length)
    own = chosen.encoder
    encoder = load_encoder(own.name, folder=chosen.encoders, batch=own.batch, threads=own.threads)
    matcher, total, done = Matcher(open_state(chosen, encoder), chosen, encoder), exposures["list"].n_unique(), 0
    with steps() as tell:

        def watch(more: int) -> None:
            nonlocal done
            done += more
            tell(say(Words("排序", "rank")), done, total)

        return exposures, ranked_target(matcher, exposures, length=length, watch=watch)


def _curve(examination: str, exposures: pl.DataFrame) -> Examination:
    from matching.errors import QueryError
    from matching.learning.examination import Examination

    if examination == ESTIMATED:
        return Examination.estimated(exposures)
    try:
        return Examination.power(float(examination))
    except ValueError:
        raise QueryError(
            f"examination '{examination}'", where="--examination", cure=f"Write '{ESTIMATED}' or a number from 0 to 5."
        ) from None


def lines(found: OffPolicy) -> list[str]:
    """What was found, for people; simulated results say so in the first line (Law 11)."""
    out = [say(Words("【模拟结果】数据由程序生成", "SIMULATED: the data are generated"))] if found.simulated else []
    out.append(
        say(
            Words(
                f"{found.lists} 个列表，{found.graduates} 名毕业生，{found.exposures} 次曝光，"
                f"其中 {found.matched} 次也在新列表中",
                f"{found.lists} lists of {found.graduates} graduates, {found.exposures} exposures, "
                f"{found.matched} of them also in the new lists",
            )
        )
    )
    out.append(
        say(
            Words(
                f"有效曝光 {found.effective:.0f}；可支持的位置 {found.support:.0%}"
                f" [{found.support_low:.0%}, {found.support_high:.0%}]；单人最大权重 {found.largest_share:.1%}",
                f"{found.effective:.0f} effective exposures; support {found.support:.0%} "
                f"[{found.support_low:.0%}, {found.support_high:.0%}]; largest share {found.largest_share:.1%}",
            )
        )
    )
    log = found.logged
    out.append(f"{say(Words('日志', 'logged')):<8} {log.value:.4f} [{log.low:.4f}, {log.high:.4f}]")
    out += [
        f"{e.name:<8} {e.value:.4f} [{e.low:.4f}, {e.high:.4f}]   {e.gain:+.4f} [{e.gain_low:+.4f}, {e.gain_high:+.4f}]"
        for e in found.estimates
    ]
    return out + [f"{say(Words('拒绝估计', 'no estimate'))}: {say(words)}" for words in found.reasons]
