"""``gradmatch build``: store → snapshot; list, verify, switch and roll back snapshots."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.snapshot import Snapshots


GateOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--require-gate",
        metavar="OLD NEW",
        help=say(
            Words(
                "先过门禁：比较在用模型和本模型的评测结果，不通过则不构建（退出码 1）。",
                "Ask the gate first: evaluations of the model in use and of this one; 1 and no build if it stops it.",
            )
        ),
    ),
]
RulesOption = Annotated[
    Path | None, typer.Option("--gate-rules", help=say(Words("门禁规则（TOML）。", "Rules of the gate (TOML).")))
]


def build(
    home: HomeOption = None,
    settings: SettingsOption = None,
    show: Annotated[bool, typer.Option("--list", help=say(Words("列出快照。", "List the snapshots.")))] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help=say(Words("校验全部快照的文件。", "Check the files of every snapshot.")))
    ] = False,
    use: Annotated[
        str | None, typer.Option("--use", metavar="NAME", help=say(Words("切换到该快照。", "Switch to this snapshot.")))
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help=say(Words("退回上一个快照。", "Go back to the snapshot before.")))
    ] = False,
    publish: Annotated[
        str | None,
        typer.Option(
            "--publish",
            metavar="URL",
            help=say(
                Words(
                    "把启用的快照发布到该地址（默认见配置 snapshots_url），供其他机器取用。",
                    "Publish what comes into use there, for replicas; default: snapshots_url of the settings.",
                )
            ),
        ),
    ] = None,
    require_gate: GateOption = None,
    gate_rules: RulesOption = None,
) -> None:
    """Build a snapshot of all records and switch to it; or look after the snapshots there are."""
    from matching.settings import read_settings
    from matching.snapshot import Snapshots

    chosen = read_settings(settings, home=home)
    snapshots = Snapshots(chosen.snapshots)
    if show:
        _list(snapshots)
    elif verify:
        for name in snapshots.names():
            snapshots.verify(name)
            typer.echo(f"{name}  {say(Words('完好', 'whole'))}")
    elif use is not None or rollback:
        name = use or snapshots.previous()
        snapshots.use(name)
        typer.echo(say(Words(f"已切换到快照 {name}", f"Now using snapshot {name}")))
        _publish(snapshots, publish or chosen.snapshots_url)
    else:
        if require_gate is not None:
            _pass_gates(chosen, require_gate, gate_rules)
        _build(chosen)
        _publish(snapshots, publish or chosen.snapshots_url)


def _publish(snapshots: Snapshots, url: str | None) -> None:
    from matching.published import Published

    if url is not None:
        place, name = Published(url), snapshots.current()
        place.publish(snapshots, name)
        typer.echo(say(Words(f"快照 {name} 已发布到 {place.shown}", f"Snapshot {name} is published at {place.shown}")))


def _pass_gates(chosen: Settings, runs: tuple[Path, Path], rules: Path | None) -> None:
    """Ask every gate that the distribution names; stop before the long work where one says no.

    The domain must not import the evaluation, so the gate is an entry point of the group ``gradmatch.gates``: a
    callable ``(settings, old, new, rules) → (passed, words)``, checked by nobody but found by name, as commands are.
    """
    from matching.errors import SettingsError

    gates = sorted(entry_points(group="gradmatch.gates"), key=lambda entry: entry.name)
    if not gates:
        raise SettingsError("no gate is installed", where="gradmatch.gates", cure="Install gradmatch with its eval.")
    passed = True
    for entry in gates:
        ok, words = entry.load()(chosen, *runs, rules)
        passed = passed and bool(ok)
        for line in words:
            typer.echo(say(line), err=True)
    if not passed:
        typer.echo(say(Words("门禁未通过：没有构建，在用快照不变", "The gate says no: nothing is built or switched")))
        raise typer.Exit(1)


def _list(snapshots: Snapshots) -> None:
    from matching.errors import NoSnapshot

    try:
        current = snapshots.current()
    except NoSnapshot:
        current = ""
    for name in snapshots.names():
        manifest = snapshots.manifest(name)
        mark = "*" if name == current else " "
        typer.echo(f"{mark} {name}  {manifest.rows}  {manifest.encoder}  {manifest.ranker_name}")


def _build(chosen: Settings) -> None:
    from matching.build import build as build_snapshot
    from matching.cli.progress import steps
    from matching.store import Store
    from models.cache import VectorCache, cached
    from models.encoder import load_encoder

    encoder = load_encoder(
        chosen.encoder.name, folder=chosen.encoders, batch=chosen.encoder.batch, threads=chosen.encoder.threads
    )
    with Store.open(chosen.store) as store, VectorCache.open(chosen.vector_cache) as cache, steps() as progress:
        manifest = build_snapshot(store, cached(encoder, cache), chosen, progress=progress)
    rows = manifest.rows
    typer.echo(
        say(
            Words(
                f"快照 {manifest.name} 已启用：岗位 {rows['postings']}，毕业生 {rows['graduates']}",
                f"Snapshot {manifest.name} is in use: {rows['postings']} postings, {rows['graduates']} graduates",
            )
        )
    )
