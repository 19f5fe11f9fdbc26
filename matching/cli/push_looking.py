"""``gradmatch push status`` and ``preview``: looking before, and after, sending."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words
from matching.settings import read_settings

if TYPE_CHECKING:
    from matching.sending.letter import Letter
    from matching.settings import Settings
    from matching.store import Draft, Store

_LISTED = 50


def status(
    campaign: Annotated[
        str | None, typer.Option("--campaign", help=say(Words("只看这个活动。", "Only this campaign.")))
    ] = None,
    unclear: Annotated[
        bool, typer.Option("--unclear", help=say(Words("列出结果不明的。", "List what may have arrived.")))
    ] = False,
    dead: Annotated[
        bool, typer.Option("--dead", help=say(Words("列出被拒收的及原因。", "List what was refused, and why.")))
    ] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Messages by state; for each campaign its funnel and, of its last night, who was not reached."""
    from matching.store import Campaigns, Outbox, State, Store

    with Store.open(read_settings(settings, home=home).store) as store:
        box, campaigns = Outbox(store), Campaigns(store)
        told: dict[str, Any] = {"messages": box.counts(), "campaigns": {}}
        for own in campaigns.every():
            if campaign in (None, own.id):
                told["campaigns"][own.id] = _funnel(campaigns, own.id)
        if unclear:
            told["unclear"] = [_letter(one) for one in box.letters(State.UNCLEAR, limit=_LISTED)]
        if dead:
            refused = box.letters(State.SUPPRESSED, limit=_LISTED, attempted=True)
            told["dead"] = [_letter(one) for one in refused]
    typer.echo(json.dumps(told, ensure_ascii=False, indent=None if as_json else 1))


def preview(
    campaign: Annotated[str, typer.Option("--campaign", help=say(Words("推送活动。", "The campaign.")))] = "nightly",
    count: Annotated[int, typer.Option("--count", min=1, max=50, help=say(Words("几份。", "How many.")))] = 5,
    seed: Annotated[int, typer.Option("--seed", help=say(Words("随机种子。", "The same seed shows the same.")))] = 0,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Print digests that wait in the outbox, as they would be sent now; their links are dead."""
    from matching.sending.previewing import some_waiting
    from matching.store import Store

    chosen = read_settings(settings, home=home)
    with Store.open(chosen.store) as store:
        waiting, letters = some_waiting(store, chosen, campaign, count=count, seed=seed)
    _print(letters)
    if not waiting:
        typer.echo(say(Words("没有待发送的推送。", "Nothing waits.")), err=True)


def print_digests(store: Store, settings: Settings, drafts: Sequence[Draft], count: int) -> None:
    """Print some digests of a plan, spread over it, as they would be sent now."""
    from matching.sending.previewing import letters_of

    if count and drafts:
        _print(letters_of(store, settings, drafts[:: max(len(drafts) // count, 1)][:count]))


def _print(letters: Sequence[Letter]) -> None:
    for letter in letters:
        typer.echo(f"\n—— {letter.graduate}\n{letter.short}\n\n{letter.long}")


def _funnel(campaigns: Any, name: str) -> dict[str, Any]:  # noqa: ANN401
    own, funnel, reached = campaigns.get(name), campaigns.funnel(name), campaigns.reached(name)
    nights = campaigns.nights(name)
    missed = Counter(campaigns.unreached(nights[-1]).values()) if nights else Counter()
    return {
        "channel": own.channel,
        "share": own.share,
        "stopped": own.reason if own.stopped else None,
        "nights": nights[-7:],
        "messages": funnel.states,
        "reasons": funnel.reasons,
        "opted out by link": funnel.stops,
        "people reached": reached.people,
        "complained": reached.complaints,
        "not reached last night": dict(sorted(missed.items())),
    }


def _letter(letter: Any) -> dict[str, Any]:  # noqa: ANN401
    told = letter._asdict()
    return {**told, "claimed": None if letter.claimed is None else letter.claimed.isoformat()}
