"""``gradmatch eval compare``, ``gradmatch eval gate``: two runs beside each other; whether the new may go live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from matching.cli.speech import JsonOption, say
from matching.language import Words

OldArgument = Annotated[
    Path, typer.Argument(help=say(Words("旧结果文件夹（--out 写出的）。", "The old run: a folder that --out wrote.")))
]
NewArgument = Annotated[Path, typer.Argument(help=say(Words("新结果文件夹。", "The new run.")))]
SystemOption = Annotated[
    str | None,
    typer.Option("--system", help=say(Words("比较哪个系统（默认生产路径）。", "Which system (default: production)."))),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help=say(Words("规则文件（TOML）。", "Rules file (TOML); see docs/reports.md."))),
]

SIMULATED = Words("【模拟结果】数据由程序生成", "SIMULATED: the data are generated")


def compare(old: OldArgument, new: NewArgument, system: SystemOption = None, as_json: JsonOption = False) -> None:
    """Show the paired difference of every measure and slice, new less old."""
    from eval.evaluation import Evaluation
    from eval.versus import versus

    before, after = Evaluation.load(old), Evaluation.load(new)
    found = versus(before, after, system=system)
    if as_json:
        typer.echo(json.dumps(found.to_dicts(), ensure_ascii=False))
        return
    if after.provenance.simulated:
        typer.echo(say(SIMULATED))
    for row in found.iter_rows(named=True):
        typer.echo(_line(row))


def _line(row: dict[str, Any]) -> str:
    ends = "" if row["low"] is None else f"[{row['low']:+.4f}, {row['high']:+.4f}]"
    small = say(Words("（太小）", " (too small)")) if row["small"] else ""
    place = row["slice"] if row["axis"] == "all" else f"{row['axis']}={row['slice']}"
    return (
        f"{row['direction']:<10} {row['measure']:<14} {row['mean']:+.4f} {ends:<20} "
        f"p = {row['p_holm']:.4f}  n = {row['n']:<6} {place}{small}"
    )


def gate(old: OldArgument, new: NewArgument, rules: RulesOption = None, as_json: JsonOption = False) -> None:
    """Say whether the new run may go live: exit code 0 for yes, 1 for no."""
    from eval.evaluation import Evaluation
    from eval.gate import gate as judge
    from eval.gate import read_rules

    after = Evaluation.load(new)
    rulings = judge(Evaluation.load(old), after, read_rules(rules))
    passed = all(ruling.passed for ruling in rulings)
    if as_json:
        record = {"passed": passed, "simulated": after.provenance.simulated,
                  "rulings": [ruling.model_dump() for ruling in rulings]}  # fmt: skip
        typer.echo(json.dumps(record, ensure_ascii=False, indent=1))
    else:
        if after.provenance.simulated:
            typer.echo(say(SIMULATED))
        for ruling in rulings:
            mark = say(Words("通过", "ok  ") if ruling.passed else Words("拦下", "FAIL"))
            typer.echo(f"{mark} {ruling.rule:<10} {say(ruling.words)}")
        typer.echo(
            say(Words("可以上线", "PASS: it may go live") if passed else Words("不得上线", "STOP: it may not go live"))
        )
    if not passed:
        raise typer.Exit(1)
