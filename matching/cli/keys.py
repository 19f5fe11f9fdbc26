"""``gradmatch keys``: make, list and revoke API keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words
from matching.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from matching.store import KeyInfo, Store

app = typer.Typer(no_args_is_help=True, help=say(Words("管理接口密钥。", "Manage the API keys of the service.")))

_ROLES = Words(
    "权限，可重复：read 查询与排序，write 写入与删除，province 全省所有租户。",
    "Role, may be repeated: read (rank), write (upsert, delete), province (both, for every tenant).",
)


@app.command("create", help=say(Words("新建密钥；密钥只显示这一次。", "Make a key; its secret is shown this once.")))
def create(
    tenant: Annotated[str, typer.Argument(help=say(Words("租户（本地平台）的短名。", "Short name of the tenant.")))],
    role: Annotated[list[str], typer.Option("--role", help=say(_ROLES))],
    note: Annotated[str, typer.Option("--note", help=say(Words("备注。", "What the key is for.")))] = "",
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Print the new secret alone on stdout, so that a script can keep it."""
    from matching.store import Keys

    with _store(home, settings) as store:
        secret = Keys(store).create(tenant, *role, note=note)
    typer.echo(secret)
    typer.echo(say(Words("请立即保存：以后无法再次显示。", "Keep it now: it cannot be shown again.")), err=True)


@app.command("list", help=say(Words("列出所有密钥（不含密钥本身）。", "List all keys, without their secrets.")))
def list_keys(home: HomeOption = None, settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """One key a line: prefix, tenant, roles, made, state, note."""
    from matching.store import Keys

    with _store(home, settings) as store:
        found = Keys(store).list()
    if as_json:
        typer.echo(json.dumps([_plain(info) for info in found], ensure_ascii=False))
        return
    if not found:
        typer.echo(say(Words("还没有密钥。", "There are no keys yet.")), err=True)
    for info in found:
        state = say(Words("有效", "good") if info.revoked is None else Words("已吊销", "revoked"))
        roles = ",".join(info.roles)
        typer.echo("\t".join((info.prefix, info.tenant, roles, f"{info.created:%Y-%m-%d}", state, info.note)).rstrip())


@app.command("revoke", help=say(Words("吊销密钥，下一次请求即失效。", "Revoke a key, from the next request on.")))
def revoke(
    prefix: Annotated[
        str, typer.Argument(help=say(Words("密钥的前缀，见 list。", "How the key begins, as list shows it.")))
    ],
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Shut the door to one key."""
    from matching.store import Keys

    with _store(home, settings) as store:
        Keys(store).revoke(prefix)
    typer.echo(say(Words(f"已吊销 {prefix}", f"Revoked {prefix}")))


def _store(home: Path | None, settings: Path | None) -> Store:
    from matching.store import Store

    return Store.open(read_settings(settings, home=home).store)


def _plain(info: KeyInfo) -> dict[str, object]:
    return {
        **info._asdict(),
        "created": info.created.isoformat(),
        "revoked": None if info.revoked is None else info.revoked.isoformat(),
    }
