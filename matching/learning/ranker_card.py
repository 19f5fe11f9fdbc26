"""The training card of a learned ranker as Markdown: what it was learned from, its curves, what it was worth."""

from __future__ import annotations

from typing import Any

from matching.learning.learned import LearnedRanker, SideOfPair, Stage

_SIDES = {
    "apply": "投递 / the graduate, looking at the posting, applies",
    "answer": "回复 / the employer answers an application",
}
_STAGES = {
    "apply": "投递 / applies, of showings",
    "click": "打开 / opens it, of showings",
    "take": "投递 / applies, of what is open",
    "answer": "回复 / answers, of applications",
}
_WARNING = "\n**SIMULATED 模拟数据：learned from generated interactions, not for real use.**\n"


def as_markdown(ranker: LearnedRanker) -> str:
    """The card as a page."""
    card = ranker.card
    warning = _WARNING if card["simulated"] else ""
    found = f"{card['interactions']:,} of {card['people']:,} graduates"
    sides = "".join(_side(name, getattr(ranker, name), card["test"].get(name)) for name in _SIDES)
    looked = ", ".join(f"{chance:.2f}" for chance in ranker.examination[:10])
    return f"""# {ranker.name}
{warning}
Interactions from {card["first"] or "—"} to {card["cutoff"]} (not included): {found}.
A showing has {card["apply_days"]:g} days to lead to something, an application {card["answer_days"]:g} to an answer.
Fewer than {card["least"]} events, or as few pairs without one, keep the prior's curves. Seed {card["seed"]}.
{card["seconds"]} s, SHA-256 `{ranker.digest}`.

Places of a list, by how much they are looked at: {looked}.
Found by: {card["examination"]}.
{sides}
## What each feature is worth

Natural logarithms of a chance, beside a pair of which the value is not known: lowest and highest of the curve.

| feature | apply | answer | both |
|---|--:|--:|--:|
{_curves(ranker)}"""


def _side(name: str, side: SideOfPair, test: dict[str, Any] | None) -> str:
    steps = "".join(
        f"| {_STAGES[stage.name]} | {stage.events:,} of {stage.pairs:,} | {_how(stage)} |\n" for stage in side.stages
    )
    text = f"""
## {_SIDES[name]}

| stage | events of pairs | |
|---|--:|---|
{steps}
Chance by the score of both sides:
{side.chance.ceiling:.3f} / (1 + exp(−{side.chance.steepness:.3f} (score − {side.chance.middle:.2f}))).
"""
    if test is None:
        return text + "\nNothing to measure it by was left in the last fifth of the time.\n"
    rows = "".join(f"| {mean:.4f} | {seen:.4f} | {n:,} |\n" for mean, seen, n in test["reliability"])
    return f"""{text}
On the last fifth of the time, learned from the rest ({test["pairs"]:,} pairs, {test["events"]:,} events):
deviance a pair {test["deviance_prior"]:.4f} with the prior at its best scale, {test["deviance_learned"]:.4f} learned;
calibration error (ten bins of equal width) {test["calibration_error"]:.4f}.

| mean chance | came about | pairs |
|--:|--:|--:|
{rows}"""


def _how(stage: Stage) -> str:
    return f"learned; the prior holds like {stage.strength:g} events" if stage.learned else "the prior's curves"


def _curves(ranker: LearnedRanker) -> str:
    lines = []
    joint = ranker.ranker().curves
    for name in ranker.features:
        both = joint[name].values
        own = [(min(c.values), max(c.values)) for c in (ranker.apply.curves[name], ranker.answer.curves[name])]
        cells = " | ".join(f"{low:+.2f} … {high:+.2f}" for low, high in [*own, (min(both), max(both))])
        lines.append(f"| {name} | {cells} |\n")
    return "".join(lines)
