"""Small charts as self-contained SVG: direct labels, few colours, every mean with its interval.

Our own marks instead of matplotlib: a report must be made where only the service is installed, its Chinese words must
stay text (matplotlib would need a Chinese font on the machine, or draw boxes), and a page of plots must stay small.
A `Chart` shows itself in a notebook, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

INK, MUTED, RULE, PAPER = "#1f2933", "#6b7682", "#e3e7eb", "#ffffff"
ACCENT, SECOND, FAINT = "#b5452c", "#2f6f8f", "#aab3bc"
FONTS = (
    "'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',"
    "'WenQuanYi Micro Hei',system-ui,sans-serif"
)


@dataclass(frozen=True)
class Chart:
    """A finished picture.

    Attributes
    ----------
    title : str
        What it shows, read out to those who cannot see it.
    svg : str
        The whole picture; it refers to nothing outside itself.
    """

    title: str
    svg: str

    def _repr_html_(self) -> str:
        return f'<div style="font:600 14px {FONTS};color:{INK}">{escape(self.title)}</div>{self.svg}'


class Range(NamedTuple):
    """A labelled value with its interval; `low` and `high` are None where there is none. `note` stands behind it."""

    label: str
    value: float
    low: float | None
    high: float | None
    note: str = ""
    faint: bool = False


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.stop - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        step = 10 ** math.floor(math.log10(span / count))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= count)
        first = math.ceil(self.low / step - 1e-9)
        return [round(step * i, 10) for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def ranges(title: str, rows: Sequence[Range], *, zero: bool = False, mark: float | None = None) -> Chart:
    """Dots with intervals, one line a row: slices, differences, gaps.

    Parameters
    ----------
    title : str
    rows : sequence of Range
        From top to bottom. A faint one is drawn in grey: too small to judge. No rows: a note that there are none.
    zero : bool
        Draw a line at 0, and keep it in sight.
    mark : float, optional
        A dashed line to compare with: the mean of all.
    """
    if not rows:
        return nothing(title)
    left, right, line, top = 196, 720, 25, 34
    values = [v for row in rows for v in (row.value, row.low, row.high) if v is not None] + ([0.0] if zero else [])
    values += [] if mark is None else [mark]
    x = _scale(values, left, right - 132)
    height = top + line * len(rows) + 26
    parts = _axis(x, top, top + line * len(rows), "")
    if mark is not None:
        parts.append(_line(x(mark), top - 6, x(mark), top + line * len(rows), MUTED, 1.2, dash=True))
        parts.append(_text(x(mark), top - 11, f"总体 all {mark:.3f}", anchor="middle", colour=MUTED, size=10))
    if zero:
        parts.append(_line(x(0), top - 6, x(0), top + line * len(rows), INK, 1.2))
    for place, row in enumerate(rows):
        y = top + line * (place + 0.5)
        colour = FAINT if row.faint else ACCENT
        parts.append(_text(left - 12, y + 4, row.label, anchor="end", colour=MUTED if row.faint else INK))
        if row.low is not None and row.high is not None:
            parts.append(_line(x(row.low), y, x(row.high), y, colour, 3.2, opacity=0.45))
        parts.append(f'<circle cx="{x(row.value):.1f}" cy="{y:.1f}" r="4.2" fill="{colour}"/>')
        parts.append(_text(right - 120, y + 4, f"{row.value:.3f}  {row.note}", colour=MUTED, size=11))
    return _chart(title, right + 20, height, parts)


def distribution(title: str, groups: Sequence[tuple[Range, Sequence[int]]], *, low: float, high: float) -> Chart:
    """How values spread: a histogram a group, one above the other on one scale; below each its mean with the interval.

    Heights go by the square root of the counts, so that few good queries beside many of 0 can be seen.

    Parameters
    ----------
    groups : sequence of (mean, counts)
        Counts of equal bins from `low` to `high`; the last group is the one that is looked at.
    """
    if not groups or not any(sum(counts) for _, counts in groups):
        return nothing(title)
    left, right, band, top = 120, 610, 58, 16
    x = _Scale(low, high, left, right)
    base = top + band * len(groups)
    parts = _axis(x, top, base + 8, "")
    for place, (mean, counts) in enumerate(groups):
        y, colour = top + band * (place + 1), ACCENT if place == len(groups) - 1 else FAINT
        width, tallest = (right - left) / len(counts), max(counts) or 1
        parts += [
            f'<rect x="{left + i * width + 0.5:.1f}" y="{y - h:.1f}" width="{width - 1:.1f}" height="{h:.1f}" '
            f'fill="{colour}" opacity="0.75"/>'
            for i, count in enumerate(counts)
            if (h := math.sqrt(count / tallest) * (band - 16))
        ]
        parts.append(_line(left, y, right, y, RULE, 1))
        parts.append(_text(left - 12, y - 10, mean.label, anchor="end"))
        if mean.low is not None and mean.high is not None:
            parts.append(_line(x(mean.low), y + 3, x(mean.high), y + 3, INK, 3))
        parts.append(f'<circle cx="{x(mean.value):.1f}" cy="{y + 3:.1f}" r="3.6" fill="{INK}"/>')
        parts.append(_text(right + 12, y - 14, f"{mean.value:.3f}"))
        parts.append(_text(right + 12, y + 1, mean.note, colour=MUTED, size=10))
    return _chart(title, right + 130, base + 48, parts)


def reliability(title: str, bins: Sequence[tuple[float, float, int]]) -> Chart:
    """Predicted chance beside observed share, 95 % Wilson intervals, the number of pairs beside each dot.

    Parameters
    ----------
    bins : sequence of (predicted, observed, n)
        Empty bins (n = 0) are left out.
    """
    filled = [one for one in bins if one[2] > 0]
    if not filled:
        return nothing(title)
    x, y = _Scale(0, 1, 60, 400), _Scale(0, 1, 370, 30)
    parts = _axis(x, 30, 370, "预测概率 / predicted")
    parts += [_text(52, y(t) + 4, f"{t:g}", anchor="end", colour=MUTED, size=11) for t in y.ticks()]
    parts.append(_text(60, 20, "实际比例 / observed", colour=MUTED, size=11))
    parts.append(_line(x(0), y(0), x(1), y(1), FAINT, 1.2, dash=True))
    parts.append(_text(x(0.97), y(0.97) - 8, "完全校准 / calibrated", anchor="end", colour=MUTED, size=11))
    for predicted, observed, n in filled:
        low, high = wilson(observed, n)
        parts.append(_line(x(predicted), y(low), x(predicted), y(high), ACCENT, 3, opacity=0.4))
        parts.append(f'<circle cx="{x(predicted):.1f}" cy="{y(observed):.1f}" r="4.4" fill="{ACCENT}"/>')
        parts.append(_text(x(predicted) + 7, y(observed) + 14, f"{n:,}", colour=MUTED, size=10))
    return _chart(title, 440, 415, parts)


class Spot(NamedTuple):
    """A system or a setting in the plane: x and y with their intervals."""

    label: str
    x: Range
    y: Range


def front(title: str, spots: Sequence[Spot], *, x_label: str, y_label: str) -> Chart:
    """Two measures against each other, larger y and smaller x better; the front of the unbeaten is joined."""
    if not spots:
        return nothing(title)
    x = _scale(_ends([spot.x for spot in spots]), 64, 560)
    y = _scale(_ends([spot.y for spot in spots]), 330, 40)
    parts = _axis(x, 40, 330, x_label)
    parts += [_text(56, y(t) + 4, f"{t:g}", anchor="end", colour=MUTED, size=11) for t in y.ticks()]
    parts.append(_text(64, 24, y_label, colour=MUTED, size=11))
    best = unbeaten(spots)
    path = " ".join(f"{x(spot.x.value):.1f},{y(spot.y.value):.1f}" for spot in sorted(best, key=lambda s: s.x.value))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="1.4" opacity="0.5"/>')
    used: list[tuple[float, float, float]] = []
    for spot in spots:
        colour, px, py = ACCENT if spot in best else FAINT, x(spot.x.value), y(spot.y.value)
        if spot.x.low is not None and spot.x.high is not None:
            parts.append(_line(x(spot.x.low), py, x(spot.x.high), py, colour, 2, opacity=0.4))
        if spot.y.low is not None and spot.y.high is not None:
            parts.append(_line(px, y(spot.y.low), px, y(spot.y.high), colour, 2, opacity=0.4))
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4.6" fill="{colour}"/>')
        at, wide = py - 8, _width(spot.label)
        while any(abs(at - v) < 14 and px < u + w and u < px + wide for u, v, w in used):
            at -= 14
        used.append((px, at, wide))
        if at < py - 9:
            parts.append(_line(px, py - 5, px + 7, at, colour, 0.8))
        parts.append(_text(px + 8, at, spot.label))
    return _chart(title, 680, 375, parts)


def bars(title: str, rows: Sequence[tuple[str, float, str]], *, most: float | None = None) -> Chart:
    """Horizontal bars with the label before and the figure behind; `most` is the length of a full bar."""
    if not rows:
        return nothing(title)
    left, right, line, top = 236, 560, 23, 14
    x = _Scale(0, most or max(value for _, value, _ in rows) or 1.0, left, right)
    parts = []
    for place, (label, value, note) in enumerate(rows):
        y = top + line * place
        parts.append(f'<rect x="{left}" y="{y}" width="{right - left}" height="15" fill="{RULE}" opacity="0.6"/>')
        parts.append(f'<rect x="{left}" y="{y}" width="{max(x(value) - left, 0):.1f}" height="15" fill="{SECOND}"/>')
        parts.append(_text(left - 12, y + 12, label, anchor="end"))
        parts.append(_text(right + 10, y + 12, note, colour=MUTED, size=11))
    return _chart(title, 760, top + line * len(rows) + 10, parts)


def nothing(title: str) -> Chart:
    """The picture of no data: it says so."""
    return _chart(title, 420, 60, [_text(12, 36, "没有可画的数据 / nothing to draw", colour=MUTED)])


def unbeaten(spots: Sequence[Spot]) -> list[Spot]:
    """Those that no other beats in one measure without losing in the other: smaller x, larger y."""
    return [
        one
        for one in spots
        if not any(
            other.x.value <= one.x.value and other.y.value >= one.y.value and other != one
            and (other.x.value, other.y.value) != (one.x.value, one.y.value)
            for other in spots
        )
    ]  # fmt: skip


def wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval of a share among n; (0, 1) for none."""
    if n == 0:
        return 0.0, 1.0
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _ends(values: Sequence[Range]) -> list[float]:
    return [v for one in values for v in (one.value, one.low, one.high) if v is not None]


def _scale(values: Sequence[float], start: float, stop: float) -> _Scale:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 0.1
    return _Scale(low - room, high + room, start, stop)


def _width(words: str) -> float:
    """About how wide a label is, in pixels, with room around it: Chinese characters are twice as wide as letters."""
    return 16 + sum(12.0 if ord(char) > 0x2E7F else 6.6 for char in words)


def _axis(x: _Scale, top: float, bottom: float, label: str) -> list[str]:
    parts = [_line(x(t), top - 6, x(t), bottom, RULE, 1) for t in x.ticks()]
    parts += [_text(x(t), bottom + 16, f"{t:g}", anchor="middle", colour=MUTED, size=11) for t in x.ticks()]
    return [*parts, _text((x.start + x.stop) / 2, bottom + 33, label, anchor="middle", colour=MUTED, size=11)]


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = INK, size: int = 12) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}" font-size="{size}">{escape(words)}</text>'


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float, *, opacity: float = 1, dash: bool = False
) -> str:
    style = ' stroke-dasharray="5 4"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}" opacity="{opacity}" stroke-linecap="round"{style}/>'
    )


def _chart(title: str, width: float, height: float, parts: Sequence[str]) -> Chart:
    body = "".join(parts)
    return Chart(
        title,
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'style="max-width:100%;height:auto;background:{PAPER}" role="img" aria-label="{escape(title)}" '
        f'font-family="{FONTS}"><title>{escape(title)}</title>{body}</svg>',
    )
