"""The report on a task: one value that prints as JSON, and as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

import orjson
import polars as pl
from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE_HEAD
from rich.table import Table

from eval.comparison import Difference, differences_of
from eval.evaluation import ALL, Evaluation, Finding
from eval.measures import STANDARD
from eval.task import Task
from eval.trial import Trial
from matching.cli.speech import say
from matching.language import Words
from matching.settings import RetrievalSettings

SIMULATED = Words("模拟数据：不是真实结果", "SIMULATED data: no real result")
FATAL, NOTE = Words("严重", "FATAL"), Words("注意", "note")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(_Part):
    """What the task holds. See `eval.task.Task` for what each count means."""

    queries: int
    judged: int
    unjudged: int
    hopeless: int
    documents: int
    relevant: int
    unreachable: int
    empty_texts: int


class Mean(_Part):
    """The mean of a measure over the judged queries; `low` and `high` are null where one query alone is judged."""

    definition: str
    mean: float
    low: float | None
    high: float | None


class Encoding(_Part):
    """What was encoded anew (texts found in the vector cache are not counted); the rate is null where nothing was."""

    encoder: str
    load_seconds: float
    texts: int
    seconds: float
    texts_per_second: float | None


class SystemResult(_Part):
    """One system: its means by name, and how it answered. `seconds` are without encoding, which is shared."""

    system: str
    measures: dict[str, Mean]
    unanswered: int
    tied: int
    seconds: float


class Conditions(_Part):
    """What the figures depend on, beside the task."""

    version: str
    seed: int
    resamples: int
    confidence: float
    retrieval: RetrievalSettings


class TaskReport(_Part):
    """Everything that one ``gradmatch eval task`` found out."""

    fingerprint: str
    task: Counts
    conditions: Conditions
    encoding: Encoding | None
    index_seconds: float
    systems: list[SystemResult]
    differences: list[Difference]
    warnings: list[str]
    findings: list[Finding] = []
    simulated: bool = False

    def table(self) -> Table:
        """Systems side by side: each measure's mean over its interval; 17 characters a system."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("", no_wrap=True)
        for result in self.systems:
            table.add_column(result.system, justify="right", no_wrap=True)
        for measure in STANDARD:
            table.add_row(measure.name, *(_with_interval(result.measures[measure.name]) for result in self.systems))
        for words, cells in (
            (Words("未答", "unanswered"), [str(result.unanswered) for result in self.systems]),
            (Words("全同分", "all tied"), [str(result.tied) for result in self.systems]),
            (Words("秒", "seconds"), [f"{result.seconds:.2f}" for result in self.systems]),
        ):
            table.add_row(say(words), *cells)
        return table

    def heading(self) -> str:
        """What was measured, in one line."""
        percent = f"{self.conditions.confidence:.0%}"
        label = f"{say(SIMULATED)}\n" if self.simulated else ""
        return label + say(
            Words(
                f"{self.task.judged} 个有标注的查询 × {self.task.documents} 篇文档；"
                f"均值与 {percent} 区间（按查询自助抽样）",
                f"{self.task.judged} judged queries × {self.task.documents} documents; "
                f"means with {percent} bootstrap intervals over queries",
            )
        )

    def notes(self) -> list[str]:
        """Lines for people below the table: encoding, differences, warnings."""
        found = []
        if self.encoding is not None:
            rate = self.encoding.texts_per_second
            speed = f", {rate:.1f} {say(Words('条/秒', 'texts/s'))}" if rate is not None else ""
            found.append(
                f"{say(Words('编码器', 'encoder'))} {self.encoding.encoder}: {self.encoding.texts} "
                f"{say(Words('条新编码', 'texts encoded anew'))}{speed}"
            )
        found += [
            f"{d.system} - {d.baseline}, {d.measure}: {d.mean:+.4f} "
            f"{_bounds(d.low, d.high)} p = {d.p:.4f} (Holm {d.p_holm:.4f})"
            for d in self.differences
        ]
        found += [f"{say(Words('注意', 'note'))}: {warning}" for warning in self.warnings]
        return found + [
            f"{say(FATAL if finding.fatal else NOTE)} {finding.fault} {finding.system}: {say(finding.words)}"
            for finding in self.findings
        ]


def report_on(
    task: Task, trials: Sequence[Trial], evaluation: Evaluation, *, encoding: Encoding | None, index_seconds: float
) -> TaskReport:
    """Put together what was found; with several systems, each beside the baseline (bm25, or else the first)."""
    provenance = evaluation.provenance
    return TaskReport(
        fingerprint=provenance.data,
        task=_counts(task),
        conditions=Conditions(
            version=provenance.code_version,
            seed=provenance.seed,
            resamples=provenance.resamples,
            confidence=provenance.confidence,
            retrieval=RetrievalSettings.model_validate(provenance.settings["retrieval"]),
        ),
        encoding=encoding,
        index_seconds=index_seconds,
        systems=[_result(trial, evaluation) for trial in trials],
        differences=differences_of(evaluation),
        warnings=[say(words) for words in evaluation.warnings],
        findings=list(evaluation.findings),
        simulated=provenance.simulated,
    )


def per_query_lines(task: Task, trials: Sequence[Trial]) -> Iterator[bytes]:
    """One JSON line a system and judged query: ``system``, ``query``, ``answered`` and each measure by name."""
    for trial in trials:
        for query, answered, values in zip(task.judged, trial.answered, trial.values, strict=True):
            record: dict[str, object] = {"system": trial.system, "query": query, "answered": bool(answered)}
            record |= {measure.name: float(value) for measure, value in zip(STANDARD, values, strict=True)}
            yield orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def this_version() -> str:
    """Version of the distribution that makes the report."""
    return version("gradmatch")


def _counts(task: Task) -> Counts:
    return Counts(**task.counts)


def _result(trial: Trial, evaluation: Evaluation) -> SystemResult:
    own = evaluation.summary.filter(pl.col("system") == trial.system, pl.col("axis") == ALL)
    means = {row["measure"]: row for row in own.iter_rows(named=True)}
    return SystemResult(
        system=trial.system,
        measures={
            measure.name: Mean(
                definition=str(measure), **{name: means[measure.name][name] for name in ("mean", "low", "high")}
            )
            for measure in STANDARD
        },
        unanswered=int((~trial.answered).sum()),
        tied=trial.tied,
        seconds=trial.seconds,
    )


def _bounds(low: float | None, high: float | None, *, sign: str = "+") -> str:
    return "[—]" if low is None or high is None else f"[{low:{sign}.3f}, {high:{sign}.3f}]"


def _with_interval(mean: Mean) -> str:
    return f"{mean.mean:.4f}\n{_bounds(mean.low, mean.high, sign='')}"
