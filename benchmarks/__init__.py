"""Speed and memory, side by side with the peers, as ratios of one run.

Each module has ``run(quick: bool) -> dict`` with ``name``, ``targets`` (name, value, goal, unit, met),
``peers`` (name, value, unit) and ``notes``.
"""
