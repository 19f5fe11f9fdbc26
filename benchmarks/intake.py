"""Intake: 100,000 posting rows of CSV, validated, into SQLite; beside the same file read and stored without a check.

The peers do less: `polars.read_csv` with `executemany` stores the columns as they are, and csv with json.loads
only reads. They say what the rows cost before any of them is checked.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matching.intake.outcome import IntakeReport

COLUMNS = (
    "id", "title", "employer_name", "industry", "description", "regions", "place", "pay.min", "pay.max", "headcount",
    "requirements.degree", "requirements.skills", "requirements.experience_years", "benefits", "published",
)  # fmt: skip
_TITLES = "会计 护士 软件工程师 机械设计师 小学教师 销售代表 电气工程师 质量检验员 行政专员 物流调度员".split()
_DUTIES = (
    "负责日常账务处理、税务申报与财务报表编制；",
    "参与产品需求分析、方案设计与系统维护；",
    "配合团队完成客户走访与合同跟进；",
    "熟悉相关设备的操作规程，做好记录与交接；",
    "本科及以上学历，相关专业优先，有实习经历者优先；",
    "沟通能力强，能适应 2 班倒，转正后享五险一金；",
)
_SKILLS = "Excel Java SQL Python CAD 英语六级 驾驶证 PLC 会计从业 PPT".split()


def run(quick: bool) -> dict[str, Any]:
    """Measure rows a second and memory; 20,000 rows when `quick`, else 100,000."""
    count = 20_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "postings.csv"
        write_postings(path, count)
        mib = path.stat().st_size / 2**20
        first = _intake(path, Path(folder))
        again = _intake(path, Path(folder))
        peers = [
            _peer("polars.read_csv + executemany, no validation", lambda: _polars(path, Path(folder)), count),
            _peer("csv + json.loads, nothing stored", lambda: _read_only(path), count),
        ]
    if (first.report.inserted, again.report.unchanged) != (count, count):
        raise RuntimeError(f"not all of {count} rows came in: {first.report.as_dict()}, {again.report.as_dict()}")
    return {
        "name": "intake",
        "size": {"rows": count, "csv_mib": round(mib, 1)},
        "targets": [
            _target("validated rows into SQLite", first.report.rate, 5_000, "rows/s"),
            _target("growth of resident memory", first.growth, 150, "MiB", least=False),
        ],
        "peers": peers,
        "notes": [
            f"the same rows again, unchanged: {again.report.rate:.0f} rows/s",
            f"rows per CPU second: {count / first.cpu:.0f}, the second time {count / again.cpu:.0f}",
            f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}",
        ],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }


def write_postings(path: Path, count: int, *, seed: int = 7) -> None:
    """Write `count` generated postings as CSV in the standard's columns; the same seed gives the same bytes."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(count):
            writer.writerow(_posting(rng, number))


def _posting(rng: random.Random, number: int) -> list[object]:
    title = rng.choice(_TITLES)
    duties = rng.choices(_DUTIES, k=rng.randint(4, 14))
    description = "岗位职责：\n" + "\n".join(f"{i}、{duty}" for i, duty in enumerate(duties, 1))
    low = rng.randrange(3_000, 9_000, 500)
    return [
        f"p{number:07}",
        f"{title}（{rng.choice('ABCD')}岗）",
        f"{rng.choice('甲乙丙丁')}{number % 5_000}有限公司",
        "制造业",
        description,
        f"36{rng.randint(1, 11):02}00",
        "江西省",
        low,
        low + 2_000,
        rng.randint(1, 20),
        rng.choice(["大专", "本科", "none", "硕士"]),
        "|".join(rng.sample(_SKILLS, 3)),
        rng.randint(0, 5),
        "五险一金|双休",
        rng.choice(["2026-03-01", "2026/3/1", "2026年3月1日"]),
    ]


class _Run(NamedTuple):
    report: IntakeReport
    growth: float
    cpu: float


def _intake(path: Path, folder: Path) -> _Run:
    from matching.intake.load import load
    from matching.intake.mapping import identity
    from matching.store import Store

    with Store.open(f"sqlite:///{folder / 'gradmatch.sqlite'}") as store:
        before, begun, peak = _resident(), time.process_time(), 0

        def watch(_: int, __: float) -> None:
            nonlocal peak
            peak = max(peak, _resident())

        report = load(path, identity("posting", "bench"), store, progress=watch)
        cpu = time.process_time() - begun
    report.refusals.close()
    return _Run(report, (peak - before) / 2**20, cpu)


def _resident() -> int:
    """Bytes of memory that this process holds now (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _polars(path: Path, folder: Path) -> None:
    import polars

    rows = polars.read_csv(path, infer_schema_length=0).rows()
    base = sqlite3.connect(folder / "peer.sqlite")
    try:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute(f"CREATE TABLE posting ({', '.join(f'c{i}' for i in range(len(COLUMNS)))}, PRIMARY KEY (c0))")
        with base:
            base.executemany(f"INSERT INTO posting VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    finally:
        base.close()


def _read_only(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            json.loads(json.dumps(row, ensure_ascii=False))


def _peer(name: str, work: Callable[[], None], count: int) -> dict[str, Any]:
    begun = time.perf_counter()
    work()
    return {"name": name, "value": round(count / (time.perf_counter() - begun)), "unit": "rows/s"}


def _target(name: str, value: float, goal: float, unit: str, *, least: bool = True) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": round(value, 1), "goal": goal, "unit": unit, "met": met}
