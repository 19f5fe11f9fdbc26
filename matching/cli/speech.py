"""Which language the command line speaks, and the options that all commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from matching.language import Words


def locale() -> str:
    """The locale of the environment: ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``; empty where none is set."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")


def say(words: Words) -> str:
    """`words` in the language of the environment: Chinese for ``zh…``, English otherwise."""
    return words.of(locale())


HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help=say(Words("数据目录（默认 var）。", "Folder of store, encoders and snapshots."))),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", help=say(Words("配置文件（TOML）。", "Settings file (TOML)."))),
]
JsonOption = Annotated[bool, typer.Option("--json", help=say(Words("输出 JSON。", "Print JSON.")))]
