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
COLOURS = ("#2f6f8f", "#d99a1c", "#5b8c5a", "#8a6fae", "#b5452c", "#3aa6a0", "#c77b9b", "#7d8790", "#a8a43c", "#4a5560")
"""Colours of the parts of a whole, in their order."""
VERDICTS = ("#5b8c5a", "#d9b45c", "#b5452c")
"""Colours of pass, unknown and fail."""
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
class Scale:
    """From values to places in the picture, and round values between for the axis."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.stop - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values from `low` to `high`, about `count` of them."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        step = 10 ** math.floor(math.log10(span / count))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= count)
        first = math.ceil(self.low / step - 1e-9)
        return [round(step * i, 10) for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def ranges(
    title: str, rows: Sequence[Range], *, zero: bool = False, mark: float | None = None, unit: str = ""
) -> Chart:
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
    unit : str
        What the axis counts, written below it.
    """
    if not rows:
        return nothing(title)
    left, right, line, top = 196, 720, 25, 34
    values = [v for row in rows for v in (row.value, row.low, row.high) if v is not None] + ([0.0] if zero else [])
    values += [] if mark is None else [mark]
    x = _scale(values, left, right - 132)
    height = top + line * len(rows) + (42 if unit else 26)
    parts = _axis(x, top, top + line * len(rows), unit)
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


def distribution(
    title: str, groups: Sequence[tuple[Range, Sequence[int]]], *, low: float, high: float, unit: str = ""
) -> Chart:
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
    x = Scale(low, high, left, right)
    base = top + band * len(groups)
    parts = _axis(x, top, base + 8, unit)
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
    """Predicted chance beside observed share, with 95 % Wilson intervals; both axes end where the data do.

    Parameters
    ----------
    bins : sequence of (predicted, observed, n)
        Empty bins (n = 0) are left out. Where all bins hold about as many pairs, it is said once, else beside each dot.
    """
    filled = sorted(one for one in bins if one[2] > 0)
    if not filled:
        return nothing(title)
    spread = [wilson(observed, n) for _, observed, n in filled]
    top = min(max([p for p, _, _ in filled] + [high for _, high in spread]) * 1.12, 1.0)
    x, y = Scale(0, top, 70, 560), Scale(0, top, 330, 34)
    parts = _axis(x, 34, 330, "预测概率 / predicted chance")
    for tick in y.ticks():
        parts.append(_line(x.start, y(tick), x.stop, y(tick), RULE, 1))
        parts.append(_text(62, y(tick) + 4, f"{tick:g}", anchor="end", colour=MUTED, size=11))
    parts.append(_text(70, 18, "实际比例 / share that came about", colour=MUTED, size=11))
    parts.append(_line(x(0), y(0), x(top), y(top), FAINT, 1.2, dash=True))
    parts.append(_text(x(top) + 8, y(top) + 10, "完全校准", colour=MUTED, size=11))
    parts.append(_text(x(top) + 8, y(top) + 24, "calibrated", colour=MUTED, size=11))
    path = " ".join(f"{x(predicted):.1f},{y(observed):.1f}" for predicted, observed, _ in filled)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="1.2" opacity="0.5"/>')
    counts = [n for _, _, n in filled]
    alike = max(counts) <= 1.2 * min(counts)
    for (predicted, observed, n), (low, high) in zip(filled, spread, strict=True):
        parts.append(_line(x(predicted), y(low), x(predicted), y(high), ACCENT, 3, opacity=0.4))
        parts.append(f'<circle cx="{x(predicted):.1f}" cy="{y(observed):.1f}" r="4.4" fill="{ACCENT}"/>')
        if not alike:
            parts.append(_text(x(predicted) + 7, y(observed) - 7, f"{n:,}", colour=MUTED, size=10))
    if alike:
        words = f"每点约 {max(counts):,} 对 / about {max(counts):,} pairs a dot"
        parts.append(_text(x.stop, 18, words, anchor="end", colour=MUTED, size=11))
    return _chart(title, 660, 375, parts)


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
    x = Scale(0, most or max(value for _, value, _ in rows) or 1.0, left, right)
    parts = []
    for place, (label, value, note) in enumerate(rows):
        y = top + line * place
        parts.append(f'<rect x="{left}" y="{y}" width="{right - left}" height="15" fill="{RULE}" opacity="0.6"/>')
        parts.append(f'<rect x="{left}" y="{y}" width="{max(x(value) - left, 0):.1f}" height="15" fill="{SECOND}"/>')
        parts.append(_text(left - 12, y + 12, label, anchor="end"))
        parts.append(_text(right + 10, y + 12, note, colour=MUTED, size=11))
    return _chart(title, 760, top + line * len(rows) + 10, parts)


def stacked(
    title: str,
    rows: Sequence[tuple[str, Sequence[float], str]],
    names: Sequence[str],
    *,
    unit: str,
    colours: Sequence[str] = COLOURS,
) -> Chart:
    """Parts of a whole side by side, one line a row: what is above 0 to the right, what is below it to the left.

    Parameters
    ----------
    rows : sequence of (label, parts, note)
        As many parts as `names`; 0 draws nothing. The note stands behind the line.
    names : sequence of str
        What the parts are; at most as many as there are `colours`. Those that no row has are left out of the key.
    unit : str
        What the axis counts.
    colours : sequence of str
        One a part; `VERDICTS` for pass, unknown, fail.
    """
    if not rows:
        return nothing(title)
    used = [i for i in range(len(names)) if any(parts[i] for _, parts, _ in rows)]
    left, right, line = 210, 640, 24
    key, top = _key([(names[i], colours[i]) for i in used], left, right)
    lows = [sum(v for v in parts if v < 0) for _, parts, _ in rows]
    highs = [sum(v for v in parts if v > 0) for _, parts, _ in rows]
    x = Scale(min([*lows, 0.0]), max([*highs, 0.0]) or 1.0, left, right)
    bottom = top + line * len(rows)
    drawn = [*key, *_axis(x, top, bottom, unit)]
    for place, (label, parts, note) in enumerate(rows):
        y, ends = top + line * place + 4, [0.0, 0.0]
        for i in used:
            value, side = parts[i], int(parts[i] > 0)
            start, ends[side] = ends[side], ends[side] + value
            a, b = sorted((x(start), x(ends[side])))
            drawn.append(f'<rect x="{a:.1f}" y="{y}" width="{b - a:.1f}" height="{line - 8}" fill="{colours[i]}"/>')
        drawn.append(_text(left - 12, y + 12, label, anchor="end"))
        drawn.append(_text(right + 10, y + 12, note, colour=MUTED, size=11))
    drawn.append(_line(x(0), top - 6, x(0), bottom, INK, 1.2))
    return _chart(title, 760, bottom + 42, drawn)


def fan(title: str, curves: Sequence[Sequence[float]], *, x_label: str, y_label: str) -> Chart:
    """Many curves of one length as bands: the median, the middle half, and nine of ten.

    Parameters
    ----------
    curves : sequence of sequences of float
        Each has its values at 1, 2, 3 …; none: a note that there are none.
    """
    if not curves:
        return nothing(title)
    levels = [
        [_quantile(sorted(column), q) for column in zip(*curves, strict=True)] for q in (0.05, 0.25, 0.5, 0.75, 0.95)
    ]
    x = Scale(1, max(len(levels[0]), 2), 64, 600)
    y = _scale([*levels[0], *levels[-1]], 300, 34)
    parts = _axis(x, 34, 300, x_label)
    parts += [_text(56, y(t) + 4, f"{t:g}", anchor="end", colour=MUTED, size=11) for t in y.ticks()]
    parts.append(_text(64, 18, y_label, colour=MUTED, size=11))

    def points(values: Sequence[float]) -> list[str]:
        return [f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(values, 1)]

    for low, high, opacity in ((levels[0], levels[4], 0.14), (levels[1], levels[3], 0.26)):
        edge = " ".join([*points(low), *reversed(points(high))])
        parts.append(f'<polygon points="{edge}" fill="{ACCENT}" opacity="{opacity}"/>')
    parts.append(f'<polyline points="{" ".join(points(levels[2]))}" fill="none" stroke="{ACCENT}" stroke-width="2.4"/>')
    ends = [level[-1] for level in levels]
    for value, words in ((ends[2], "中位 median"), (ends[4], "95%"), (ends[0], "5%")):
        parts.append(_text(608, y(value) + 4, words, colour=MUTED, size=11))
    return _chart(title, 690, 345, parts)


def _quantile(ordered: Sequence[float], q: float) -> float:
    place = q * (len(ordered) - 1)
    low = int(place)
    return ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


def _key(entries: Sequence[tuple[str, str]], left: float, right: float) -> tuple[list[str], int]:
    """Coloured squares with their names, in as many lines as they need; and where the picture below them begins."""
    parts, x, y = [], left, 18.0
    for name, colour in entries:
        wide = _width(name) + 14
        if x + wide > right + 100 and x > left:
            x, y = left, y + 20
        parts.append(f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(x + 16, y, name, size=12))
        x += wide + 8
    return parts, int(y) + 24


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


def _scale(values: Sequence[float], start: float, stop: float) -> Scale:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 0.1
    return Scale(low - room, high + room, start, stop)


def _width(words: str) -> float:
    """About how wide a label is, in pixels, with room around it: Chinese characters are twice as wide as letters."""
    return 16 + sum(12.0 if ord(char) > 0x2E7F else 6.6 for char in words)


def _axis(x: Scale, top: float, bottom: float, label: str) -> list[str]:
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
