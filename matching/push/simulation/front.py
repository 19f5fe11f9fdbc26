"""The front of use against congestion, and against coverage, as a picture. matplotlib lives here alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matching.errors import FileError
from matching.push.simulation.contest import BASELINES, NO_FLOORS, OURS, TIGHTNESS, TOP, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COURSE = [f"{OURS} × {t:g}" for t in TIGHTNESS if t < 1] + [OURS] + [f"{OURS} × {t:g}" for t in TIGHTNESS if t > 1]
"""Ours from the tightest limits to the loosest."""
_OURS, _OTHERS, _INK = "#b5452c", "#2f6f8f", "#1f2933"


def draw_front(rows: Mapping[str, Row], path: Path, *, title: str) -> None:
    """Write the picture; the name's ending says the format (svg, png, pdf).

    Parameters
    ----------
    rows : mapping
        The `figures` of what `contest` gives; our line joins ours under tighter and looser limits (`front_of`).
    path : Path
    title : str
        Says that it is simulated, and of how many.

    Raises
    ------
    FileError
        matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        cure = "Install it: pip install 'gradmatch[notebooks]'."
        raise FileError("a plot needs matplotlib", where=str(path), cure=cure) from None
    picture = Figure(figsize=(13, 5.2), layout="constrained")
    left, right = picture.subplots(1, 2, sharey=True)
    _panel(left, rows, "over%", "postings over capacity, % of the open ones (less is better)")
    _panel(right, rows, "nightly%", "open postings sent to anybody, a night, % (more is better)")
    left.set_ylabel("useful utility, % of top-k")
    picture.suptitle(title, fontsize=11, color=_INK)
    try:
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "gradmatch"}):  # small, and the same bytes each time
            picture.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    except (OSError, ValueError) as error:
        raise FileError(f"the plot cannot be written: {error}", where=str(path), cure="Name an .svg or .png.") from None


def _panel(axes: Axes, rows: Mapping[str, Row], measure: str, label: str) -> None:
    points = {name: (row[measure], 100 * row["useful"] / rows[TOP]["useful"]) for name, row in rows.items()}
    course = [name for name in _COURSE if name in points]
    axes.plot(*zip(*(points[name] for name in course), strict=True), color=_OURS, marker=".", linewidth=1, alpha=0.6)
    for name, at in points.items():
        if name not in course or name == OURS:
            axes.plot(*at, "o", color=_OTHERS if name in BASELINES else _OURS, markersize=9 if name == OURS else 5)
    axes.set_xlabel(label)
    axes.grid(color="#e3e7eb")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.1, 0.1)
    _label(axes, {name: at for name, at in points.items() if name != NO_FLOORS})


def _label(axes: Axes, points: dict[str, tuple[float, float]]) -> None:
    """Names in a column at the right, in the points' order from above, each with a line to its point."""
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    column = right + 0.04 * (right - left)
    ordered = sorted(points.items(), key=lambda item: (-item[1][1], item[1][0]))
    step = (high - low) / max(len(ordered), 12)
    for place, (name, at) in enumerate(ordered):
        mine = name not in BASELINES
        axes.annotate(
            name,
            at,
            xytext=(column, high - (place + 0.5) * step),
            va="center",
            fontsize=8,
            fontweight="bold" if name == OURS else "normal",
            color=_OURS if mine else _INK,
            arrowprops={"arrowstyle": "-", "color": _OURS if mine else _OTHERS, "linewidth": 0.5, "alpha": 0.5},
            annotation_clip=False,
        )
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
