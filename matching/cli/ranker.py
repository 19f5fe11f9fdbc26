"""``gradmatch ranker``: learn the ranker from interactions; show what a file of it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.learning.learned import LearnedRanker
    from matching.learning.ranker_course import Terms
    from matching.progress import Progress
    from matching.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command(
    help=say(
        Words(
            "由截止时刻之前的互动学习排序模型，写成一个可读的小文件；是否上线由门禁决定。",
            "Learn the ranker from the interactions before a moment; a small file that can be read. The gate decides.",
        )
    )
)
def train(
    out: Annotated[Path, typer.Argument(help=say(Words("写到这个文件（JSON）。", "Write this file (JSON).")))],
    cutoff: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help=say(Words("截止时刻（北京时间，默认现在）。", "Learn what had happened by then, China time (now).")),
        ),
    ] = None,
    least: Annotated[
        int, typer.Option(min=1, help=say(Words("少于这么多事件就保留先验。", "Fewer events keep the prior.")))
    ] = 100,
    apply_days: Annotated[
        float, typer.Option(min=0, help=say(Words("曝光后等几天才算未投递。", "Days until a showing led to nothing.")))
    ] = 3.0,
    answer_days: Annotated[
        float,
        typer.Option(min=0, help=say(Words("投递后等几天才算未回复。", "Days until it counts as unanswered."))),
    ] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help=say(Words("随机种子。", "Seed.")))] = 0,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Progress on stderr; the training card on stdout and beside the file."""
    from matching.cli.progress import steps
    from matching.learning.ranker_card import as_markdown
    from matching.learning.ranker_course import Terms
    from matching.question import CHINA
    from matching.settings import read_settings

    moment = datetime.now(UTC) if cutoff is None else cutoff.replace(tzinfo=CHINA)
    terms = Terms(least=least, apply_days=apply_days, answer_days=answer_days, seed=seed)
    with steps() as progress:
        found = trained(read_settings(settings, home=home), moment, terms, progress=progress)
    found.write(out)
    text = as_markdown(found)
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    typer.echo(text)
    typer.echo(say(Words(f"已写入 {out}；配置项 ranking.ranker", f"Written to {out}; settings: ranking.ranker")))


@app.command(help=say(Words("显示一个排序模型文件的训练卡。", "Show the training card of a ranker's file.")))
def show(file: Annotated[Path, typer.Argument(help=say(Words("排序模型文件。", "The ranker's file.")))]) -> None:
    """Print the card of a file that is whole and fits this version."""
    from matching.features import FEATURE_NAMES
    from matching.learning.learned import read_ranker
    from matching.learning.ranker_card import as_markdown

    typer.echo(as_markdown(read_ranker(file, FEATURE_NAMES)))


def trained(settings: Settings, cutoff: datetime, terms: Terms, *, progress: Progress) -> LearnedRanker:
    """Learn from the store of the settings.

    Raises
    ------
    EncoderError, SnapshotError, StoreError
    """
    from matching.encoders import open_encoder
    from matching.learning.ranker_course import learn
    from matching.matcher import Matcher
    from matching.standing import standing
    from matching.store import Store
    from models.cache import VectorCache, cached

    encoder = open_encoder(settings)
    with Store.open(settings.store) as store, VectorCache.open(settings.vector_cache) as cache:
        now = max(datetime.now(UTC), cutoff)
        with standing(store, cached(encoder, cache), settings, cutoff, now=now, progress=progress) as world:
            past = store.past(cutoff).interactions()
            return learn(past, Matcher(world.state, settings, None), cutoff, terms, progress=progress)
