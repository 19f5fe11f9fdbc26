"""The training card as Markdown: what an encoder was made of, how, and what it was worth on the development split."""

from __future__ import annotations

from typing import Any


def as_markdown(card: dict[str, Any]) -> str:
    """The card of `matching.learning.course` as a page."""
    groups = "".join(
        f"| {card['sources'][kind]} | {n['groups']} | {n['titles']} | {n['passages']} | {n['foreign']} |\n"
        for kind, n in card["groups"].items()
    )
    values = "".join(
        f"| {task} | {card['development_before'][task]:.4f} | {after:.4f} |\n"
        for task, after in card["development_after"].items()
    )
    looks = "".join(f"| {look['step']} | {look['loss']:.3f} | {look['value']:.4f} |\n" for look in card["looks"])
    settings = ", ".join(f"{name} {value}" for name, value in {**card["plan"], **card["shape"]}.items())
    versions = ", ".join(f"{name} {value}" for name, value in card["versions"].items())
    return f"""# {card["name"]}

Base: `{card["base"]}`. Adapter: {card["adapter"]["bytes"]:,} bytes, SHA-256 `{card["adapter"]["sha256"]}`.
Trained in {card["seconds"]:,} s with {versions}. {card.get("note", "")}

Settings: {settings}. Kept: the {card["kept_look"]} look, {card["share_of_the_change"]} of its change.

## Learned from

| source | groups | titles | passages | titles in another language |
|---|--:|--:|--:|--:|
{groups}
No title of a development task is learned from, and no group of a development occupation.

## Development split: title ranking, mean average precision

| task | base | trained |
|---|--:|--:|
{values}
The split chose the look and the share: it is no test.

| step | loss | development |
|--:|--:|--:|
{looks}"""
