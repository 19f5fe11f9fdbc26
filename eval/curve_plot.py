"""Power and A/A curves as one self-contained SVG."""

from __future__ import annotations

from collections.abc import Sequence

from eval.charts import Scale
from eval.power import ALPHA, Curves

WIDTH, HEIGHT = 340, 316
LEFT, TOP, RIGHT, BOTTOM = 52, 44, 14, 62
_STYLE = (
    "text{font:12px 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;fill:#333}.t{font-size:14px;font-weight:600}"
    ".g{stroke:#e3e3e3}.a{stroke:#888;stroke-dasharray:4 3}.c{fill:none;stroke:#1d6996;stroke-width:2}"
    ".d{fill:#1d6996}.s{font-size:11px;fill:#666}"
)
Points = Sequence[tuple[float, float]]


def svg(curves: Curves) -> str:
    """Three panels: power by difference, power by graduates, and the share of A/A runs below each level."""
    label = "模拟 / simulated" if curves.source == "simulation" else curves.source
    panels = (
        _panel(
            0,
            (
                "检出力：真实差异 / power by difference",
                f"{curves.graduates:,} 人 graduates, {curves.runs:,} 次 runs",
                "真实差异 / true difference, nDCG@10",
            ),
            curves.by_difference,
            goal=0.8,
        ),
        _panel(
            1,
            (
                "检出力：人数 / power by graduates",
                f"真实差异 true difference {curves.wanted:g} nDCG@10",
                "毕业生人数 / graduates in a run",
            ),
            [(float(n), share) for n, share in curves.by_graduates],
            goal=0.8,
        ),
        _panel(
            2,
            (
                "A/A：误报率 / false alarms in A/A runs",
                f"p ≤ {ALPHA}: {curves.false_alarms:.1%}",
                "p 值上限 / level of p",
            ),
            curves.aa,
            diagonal=True,
        ),
    )
    width = WIDTH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}">'
        f"<style>{_STYLE}</style><rect width='{width}' height='{HEIGHT}' fill='#fff'/>"
        f"<text class='s' x='{width - 8}' y='{HEIGHT - 6}' text-anchor='end'>{_escaped(label)}</text>"
        f"{''.join(panels)}</svg>"
    )


def _panel(
    place: int, words: tuple[str, str, str], points: Points, *, goal: float | None = None, diagonal: bool = False
) -> str:
    title, subtitle, unit = words
    largest = max(x for x, _ in points)
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x_at(value: float) -> float:
        return LEFT + across * value / largest

    def y_at(value: float) -> float:
        return TOP + down * (1 - value)

    parts = [f"<g transform='translate({place * WIDTH} 0)'><text class='t' x='{LEFT}' y='18'>{_escaped(title)}</text>"]
    parts.append(f"<text class='s' x='{LEFT}' y='34'>{_escaped(subtitle)}</text>")
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        y = y_at(share)
        parts.append(f"<line class='g' x1='{LEFT}' x2='{LEFT + across}' y1='{y:.1f}' y2='{y:.1f}'/>")
        parts.append(f"<text x='{LEFT - 6}' y='{y + 4:.1f}' text-anchor='end'>{share:.0%}</text>")
    parts += [
        f"<text x='{x_at(value):.1f}' y='{TOP + down + 18}' text-anchor='middle'>{value:g}</text>"
        for value in Scale(0.0, largest, LEFT, LEFT + across).ticks(4)
    ]
    parts.append(f"<text class='s' x='{LEFT + across / 2}' y='{TOP + down + 34}' text-anchor='middle'>{unit}</text>")
    if goal is not None:
        parts.append(f"<line class='a' x1='{LEFT}' x2='{LEFT + across}' y1='{y_at(goal):.1f}' y2='{y_at(goal):.1f}'/>")
    if diagonal:
        parts.append(f"<line class='a' x1='{LEFT}' y1='{y_at(0):.1f}' x2='{x_at(largest):.1f}' y2='{y_at(1):.1f}'/>")
    path = " ".join(f"{x_at(x):.1f},{y_at(y):.1f}" for x, y in points)
    parts.append(f"<polyline class='c' points='{path}'/>")
    parts += [f"<circle class='d' cx='{x_at(x):.1f}' cy='{y_at(y):.1f}' r='3.2'/>" for x, y in points]
    return "".join([*parts, "</g>"])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
