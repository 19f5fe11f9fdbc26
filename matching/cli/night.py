"""``gradmatch night``: everyone's best postings, to Parquet files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words


def night(
    out: Annotated[
        Path,
        typer.Option(
            "--out", help=say(Words("结果文件夹（Parquet）；中断后再次运行即可续跑。", "Folder of the Parquet files."))
        ),
    ],
    k: Annotated[int, typer.Option("--k", min=1, help=say(Words("每人返回条数。", "Postings for each.")))] = 20,
    today: Annotated[
        datetime | None,
        typer.Option(
            "--today", formats=["%Y-%m-%d"], help=say(Words("按该日期判断规则。", "Judge the rules on this day."))
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option("--processes", min=0, help=say(Words("进程数；0 为核数。", "0: as many as there are cores.")))
    ] = 0,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS|local",
            help=say(
                Words(
                    "由 Ray 集群完成：集群地址、auto，或 local（本机；需要扩展 gradmatch[ray]）。",
                    "On a Ray cluster: its address, auto, or local (this machine; extra gradmatch[ray]).",
                )
            ),
        ),
    ] = None,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Rank postings for every graduate who seeks work, from the current snapshot; run again to go on after a stop."""
    from matching.cli.progress import steps
    from matching.cluster import on_ray
    from matching.night import rank_everyone
    from matching.parts import in_processes
    from matching.question import CHINA
    from matching.settings import read_settings

    day = today.date() if today else datetime.now(CHINA).date()
    spread = in_processes(processes) if ray is None else on_ray(ray, processes=processes)
    with steps() as progress:
        plan = rank_everyone(read_settings(settings, home=home), out, k=k, today=day, spread=spread, progress=progress)
    typer.echo(say(Words(f"已完成：快照 {plan.snapshot}，结果在 {out}", f"Done: snapshot {plan.snapshot}, in {out}")))
