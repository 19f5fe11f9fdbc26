"""``gradmatch serve``: start the service."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from matching.errors import GradmatchError
    from matching.settings import Settings


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help=say(Words("监听地址（默认见配置）。", "Address; default: settings.")))
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65_535, help=say(Words("端口（默认见配置）。", "Port; default: settings."))),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=1,
            max=64,
            help=say(Words("进程数；每个进程各自占用快照的内存。", "Processes; each holds the snapshot in memory.")),
        ),
    ] = 1,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Serve until stopped. What cannot work is said at once, before anything listens."""
    from matching.settings import read_settings

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # requests share the cores; one alone gains nothing from two
    chosen = read_settings(settings, home=home)
    _check(chosen)
    own = chosen.service.model_copy(update={n: v for n, v in (("host", host), ("port", port)) if v is not None})
    chosen = chosen.model_copy(update={"service": own})
    if workers == 1:
        _serve_alone(chosen)
    else:
        _serve_together(chosen, workers, settings, home)


def _check(settings: Settings) -> None:
    """Raise what would stop the service from starting, where it is cheap to know."""
    from matching.encoders import open_encoder
    from matching.features import FEATURE_NAMES
    from matching.profile import TEMPLATE
    from matching.published import ensure_taken
    from matching.scoring import ranker_name
    from matching.snapshot import Snapshots

    ensure_taken(settings)
    snapshots = Snapshots(settings.snapshots)
    manifest = snapshots.manifest(snapshots.current())
    encoder = open_encoder(settings)
    own = ranker_name(settings.ranking)
    manifest.matches(encoder=encoder.name, template=TEMPLATE, features=FEATURE_NAMES, ranker=own)


def _serve_alone(settings: Settings) -> None:
    import uvicorn

    from api.app import create_app
    from api.process import prepare, settle

    prepare()
    app = create_app(settings, ready=settle)
    try:
        uvicorn.Server(uvicorn.Config(app, **_options(settings))).run()
    except SystemExit:  # uvicorn's way to say that the application did not start
        failed: GradmatchError | None = getattr(app.state, "failed", None)
        if failed is None:
            raise
        raise failed from None


def _serve_together(settings: Settings, workers: int, path: Path | None, home: Path | None) -> None:
    import uvicorn

    from matching.snapshot import Snapshots

    snapshots = Snapshots(settings.snapshots)
    snapshots.check(snapshots.current())  # a worker that cannot start would be started again and again
    if path is not None:
        os.environ["GRADMATCH_SETTINGS"] = str(path.resolve())
    if home is not None:
        os.environ["GRADMATCH_HOME"] = str(home.resolve())
    with tempfile.TemporaryDirectory(prefix="gradmatch-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        uvicorn.run("api.cli:worker", factory=True, workers=workers, **_options(settings))


def worker() -> FastAPI:
    """The application of one of several processes; its settings come from the environment."""
    from api.app import create_app
    from api.process import prepare, settle
    from matching.settings import read_settings

    prepare()
    return create_app(read_settings(), ready=settle)


def _options(settings: Settings) -> dict[str, Any]:
    from api.logs import log_config

    return {
        "host": settings.service.host,
        "port": settings.service.port,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "access_log": False,
        "log_config": log_config(),
        "server_header": False,
        "timeout_keep_alive": 75,  # longer than proxies keep theirs, so that they never send into a closing one
        "timeout_graceful_shutdown": 30,
    }
