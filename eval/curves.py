"""Curves over logarithmic axes: costs that span powers of ten, each named at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eval.charts import COLOURS, MUTED, RULE, Chart, Scale, _chart, _line, _text, nothing

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 560, 40, 400
_APART = 14.0
"""Between the names at the ends of two curves."""


def curves(title: str, lines: Mapping[str, Sequence[tuple[float, float]]], *, x_label: str, y_label: str) -> Chart:
    """One curve a name through its (x, y), all above 0.

    Curves without points are left out; no points at all: a note that there are none. The first curve is drawn thick.
    """
    drawn = {name: sorted(points) for name, points in lines.items() if points}
    if not drawn:
        return nothing(title)
    x = _powers([p[0] for points in drawn.values() for p in points], _LEFT, _RIGHT)
    y = _powers([p[1] for points in drawn.values() for p in points], _BOTTOM, _TOP)
    parts = [_text(_LEFT, 24, y_label, colour=MUTED, size=11)]
    for value, words in _ticks(x):
        parts.append(_line(x(value), _TOP, x(value), _BOTTOM, RULE, 1))
        parts.append(_text(x(value), _BOTTOM + 16, words, anchor="middle", colour=MUTED, size=11))
    for value, words in _ticks(y):
        parts.append(_line(_LEFT, y(value), _RIGHT, y(value), RULE, 1))
        parts.append(_text(_LEFT - 8, y(value) + 4, words, anchor="end", colour=MUTED, size=11))
    parts.append(_text((_LEFT + _RIGHT) / 2, _BOTTOM + 33, x_label, anchor="middle", colour=MUTED, size=11))
    ends = _ends({name: y(math.log10(points[-1][1])) for name, points in drawn.items()})
    for place, (name, points) in enumerate(drawn.items()):
        colour, at = COLOURS[place % len(COLOURS)], [(x(math.log10(a)), y(math.log10(b))) for a, b in points]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
        width = 1.6 if place else 3
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{width + 0.8}" fill="{colour}"/>' for a, b in at]
        parts.append(_line(at[-1][0] + 4, at[-1][1], _RIGHT + 22, ends[name], colour, 0.8, opacity=0.6))
        parts.append(_text(_RIGHT + 26, ends[name] + 4, name, colour=colour))
    return _chart(title, 860, _BOTTOM + 45, parts)


def _powers(values: Sequence[float], start: float, stop: float) -> Scale:
    """From logarithms to places."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = 0.03 * (high - low) or 0.1
    return Scale(low - room, high + room, start, stop)


def _ticks(scale: Scale) -> list[tuple[float, str]]:
    """Logarithms of 1, 2, 5 (of 1 alone where they would be many) times powers of ten, and how they are written."""
    steps = (1, 2, 5) if scale.high - scale.low < 2.4 else (1, 3)
    powers = range(math.floor(scale.low), math.ceil(scale.high) + 1)
    values = [step * 10.0**power for power in powers for step in steps]
    return [(math.log10(v), f"{v:,.10g}") for v in values if scale.low <= math.log10(v) <= scale.high]


def _ends(wished: Mapping[str, float]) -> dict[str, float]:
    """Places of the names, from top to bottom, moved apart where they would overlap."""
    out: dict[str, float] = {}
    last = -math.inf
    for name in sorted(wished, key=lambda one: wished[one]):
        last = out[name] = max(wished[name], last + _APART)
    over = max(last - _BOTTOM, 0.0)
    below = math.inf
    for name in reversed(list(out)):  # back up from the lower edge
        below = out[name] = min(out[name], below - _APART, _BOTTOM) if over else out[name]
    return out
