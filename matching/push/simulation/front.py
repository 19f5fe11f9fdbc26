"""The front of use against congestion, and against coverage, as a picture. matplotlib lives here alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from matching.errors import FileError
from matching.push.simulation.contest import BASELINES, NO_FLOORS, OURS, TOP, Found

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OURS, _OTHERS, _INK = "#b5452c", "#2f6f8f", "#1f2933"


def draw_front(found: dict[str, Found], path: Path, *, title: str) -> None:
    """Write the picture; the name's ending says the format (svg, png, pdf).

    Parameters
    ----------
    found : dict
        What `contest` gives; our line joins ours under tighter and looser limits (`front_of`).
    path : Path
    title : str
        Says that it is simulated, and of how many.

    Raises
    ------
    FileError
        matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        cure = "Install it: pip install 'gradmatch[notebooks]'."
        raise FileError("a plot needs matplotlib", where=str(path), cure=cure) from None
    picture = Figure(figsize=(11, 5), layout="constrained")
    left, right = picture.subplots(1, 2, sharey=True)
    _panel(left, found, "over", "postings over capacity, % of the open ones (less is better)")
    _panel(right, found, "nightly", "open postings sent to anybody, a night, % (more is better)")
    left.set_ylabel("useful utility, % of top-k")
    picture.suptitle(title, fontsize=11, color=_INK)
    try:
        picture.savefig(path)
    except (OSError, ValueError) as error:
        raise FileError(f"the plot cannot be written: {error}", where=str(path), cure="Name an .svg or .png.") from None


def _panel(axes: Axes, found: dict[str, Found], measure: str, label: str) -> None:
    points = {name: _point(one, found[TOP], measure) for name, one in found.items()}
    ours = sorted(at for name, at in points.items() if name.startswith(f"{OURS} ×") or name == OURS)
    axes.plot(*zip(*ours, strict=True), color=_OURS, marker=".", linewidth=1.2, alpha=0.7)
    for name in (OURS, *BASELINES):
        mine = name == OURS
        axes.plot(*points[name], "o", color=_OURS if mine else _OTHERS, markersize=9 if mine else 6)
    _label(axes, {name: at for name, at in points.items() if name != NO_FLOORS})
    axes.set_xlabel(label)
    axes.grid(color="#e3e7eb")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.18, 0.12)


def _label(axes: Axes, points: dict[str, tuple[float, float]]) -> None:
    """Names beside the points; one that would lie on another goes a line down."""
    xs, ys = zip(*points.values(), strict=True)
    wide, high = max(max(xs) - min(xs), 1e-9), max(max(ys) - min(ys), 1e-9)
    taken: list[tuple[float, float]] = []
    for name, (x, y) in sorted(points.items(), key=lambda item: (-item[1][1], item[1][0])):
        at = (x / wide, y / high)
        while any(abs(at[0] - a) < 0.3 and abs(at[1] - b) < 0.045 for a, b in taken):
            at = (at[0], at[1] - 0.046)
        taken.append(at)
        told: dict[str, Any] = {"fontsize": 8, "color": _OURS if name.startswith(OURS) else _INK}
        axes.annotate(name, (x, y), xytext=(x + 0.02 * wide, at[1] * high), va="center", **told)


def _point(one: Found, top: Found, measure: str) -> tuple[float, float]:
    value = one.effects.over if measure == "over" else one.nightly
    return 100 * value, 100 * one.effects.useful / top.effects.useful
