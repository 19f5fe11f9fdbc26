"""``gradmatch eval report``: an evaluation as a page, as Markdown, as JSON, as a model card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.errors import FileError, NoSnapshot
from matching.language import Words

if TYPE_CHECKING:
    from eval.document import Words as Names
    from eval.evaluation import Evaluation

RunArgument = Annotated[
    Path, typer.Argument(help=say(Words("结果文件夹（--out 写出的）。", "A folder that --out wrote.")))
]
OutOption = Annotated[
    Path | None,
    typer.Option("--to", help=say(Words("写入此文件夹（默认即结果文件夹）。", "Folder (default: the run's own)."))),
]
TextsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--texts",
        help=say(Words("检索任务的查询或文档，用于显示名称。", "Queries or documents of a task, for their names.")),
    ),
]
_SHOWN = 60


def report(
    run: RunArgument,
    to: OutOption = None,
    texts: TextsOption = None,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Write report.html, report.md, report.json and model-card.md."""
    from eval.document import document_of
    from eval.evaluation import Evaluation
    from eval.markdown import markdown, model_card
    from eval.page import html_page

    evaluation = Evaluation.load(run)
    names = _from_texts(texts) if texts else _from_store(evaluation, home, settings)
    document = document_of(evaluation, words=names)
    folder = to or run
    files = {
        "report.html": html_page(document),
        "report.md": markdown(document),
        "model-card.md": model_card(document),
        "report.json": document.model_dump_json(indent=1),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
            typer.echo(str(folder / name))
    except OSError as error:
        raise FileError(
            f"the report cannot be written: {error.strerror}", where=str(folder), cure="Check rights and room."
        ) from None


def schema() -> None:
    """Print the JSON schema of report.json."""
    from eval.document import Document

    typer.echo(json.dumps(Document.model_json_schema(), ensure_ascii=False, indent=1))


def _from_texts(paths: list[Path]) -> Names:
    """The first words of each text; phone numbers and addresses in them are replaced (Law 10)."""
    from eval.document import Words as Names
    from eval.texts import read_texts
    from matching.standard.privacy import redact

    found: dict[str, str] = {}
    for path in paths:
        found |= {key: redact(" ".join(text.split()))[0][:_SHOWN] for key, text in read_texts(path).items()}
    return Names(names=found)


def _from_store(evaluation: Evaluation, home: Path | None, settings: Path | None) -> Names | None:
    """Names from the store, where the evaluation is a replay; reasons too, where a snapshot is in use."""
    from eval.showing import stored_words
    from matching.live import open_state
    from matching.matcher import Matcher
    from matching.settings import read_settings
    from matching.store import Store
    from models.encoder import load_encoder

    if evaluation.provenance.kind != "replay":
        return None
    chosen = read_settings(settings, home=home)
    matcher = None
    try:
        own = chosen.encoder
        encoder = load_encoder(own.name, folder=chosen.encoders, batch=own.batch, threads=own.threads)
        matcher = Matcher(open_state(chosen, encoder), chosen, encoder)
    except NoSnapshot:
        typer.echo(
            say(Words("没有在用的快照：列表不附理由", "No snapshot is in use: lists come without reasons")), err=True
        )
    with Store.open(chosen.store) as store:
        return stored_words(evaluation, store, matcher)
