"""``python -m benchmarks --list``, ``python -m benchmarks NAME [--quick] [--part K/N] [--json FILE]``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import benchmarks


def names() -> list[str]:
    """Names of the benchmarks: the public modules of this folder."""
    return sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))


def table(result: dict[str, Any]) -> str:
    """The result as lines: targets with goal and verdict, then the peers, then the notes."""
    lines = [f"{result['name']} on {result['machine']}"]
    lines += [
        f"  {'met   ' if t['met'] else 'MISSED'}  {t['name']}: {t['value']:,.3g} {t['unit']} (goal {t['goal']})"
        for t in result["targets"]
    ]
    lines += [f"  peer    {p['name']}: {p['value']:,.3g} {p['unit']}" for p in result.get("peers", [])]
    lines += [f"  note    {note}" for note in result.get("notes", [])]
    return "\n".join(lines)


def _part(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError("a part is K/N, 1/25 to 25/25")
    return int(number), int(of)


def _misfit(asked: argparse.Namespace, module: ModuleType) -> str:
    """Why what is asked is not to be had of this benchmark; empty where it is."""
    wants = {
        "summed": ("has no parts", asked.part or asked.sum),
        "plot": ("has no picture", asked.plot),
        "planned": ("plans nothing", asked.costs or asked.price is not None),
        "run_in": ("keeps nothing", asked.home),
    }
    missing = [why for name, (why, asked_for) in wants.items() if asked_for and not hasattr(module, name)]
    if asked.plot and asked.part:
        missing.append("has no picture of a part")
    return missing[0] if missing else ""


def main() -> None:
    """Run one benchmark and print it."""
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("name", nargs="?", type=lambda name: name.replace("-", "_"), choices=names())
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under five minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the result as JSON")
    parser.add_argument("--part", type=_part, metavar="K/N", help="the K-th of N parts, where it has any")
    parser.add_argument("--sum", type=Path, nargs="+", metavar="FILE", help="add up the JSON of parts")
    parser.add_argument("--costs", type=Path, metavar="FILE", help="JSON of night-run (capacity)")
    parser.add_argument("--price", type=float, metavar="X", help="price of a core-hour (capacity)")
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep the world in DIR and go on from it (pages)")
    parser.add_argument("--size", type=int, default=100_000, metavar="N", help="graduates, with --home (pages)")
    parser.add_argument(
        "--plot", type=Path, metavar="PATH", help="draw the whole result: a file (congestion), a folder (retrieval)"
    )
    asked = parser.parse_args()
    if asked.list or asked.name is None:
        for name in names():
            module = importlib.import_module(f"benchmarks.{name}")
            print(f"{name:<12} {(module.__doc__ or '').strip().splitlines()[0]}")
        return
    module = importlib.import_module(f"benchmarks.{asked.name}")
    if wrong := _misfit(asked, module):
        parser.error(f"{asked.name} {wrong}")
    if asked.home:
        result = module.run_in(asked.home, asked.size)
    elif asked.costs or asked.price is not None:
        result = module.planned(asked.costs, asked.price)
    elif asked.sum:
        result = module.summed([json.loads(file.read_text(encoding="utf-8")) for file in asked.sum])
    else:
        result = module.run(asked.quick, asked.part) if asked.part else module.run(asked.quick)
    result["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result["quick"] = asked.quick
    print(table(result))
    if asked.plot:
        module.plot(result, asked.plot)
    if asked.json:
        asked.json.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    sys.exit(0)


if __name__ == "__main__":
    main()
