"""The report on a task: one value that prints as JSON, and as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

import orjson
from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE_HEAD
from rich.table import Table

from eval.comparison import Difference, differences
from eval.intervals import bootstrap_intervals
from eval.measures import STANDARD
from eval.task import Task
from eval.trial import Trial
from matching.cli.speech import say
from matching.language import Words
from matching.settings import RetrievalSettings


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

    def table(self) -> Table:
        """Systems side by side: each measure's mean over its interval; at most 80 characters wide."""
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
        return say(
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
        return found + [f"{say(Words('注意', 'note'))}: {warning}" for warning in self.warnings]


def report_on(
    task: Task, trials: Sequence[Trial], *, conditions: Conditions, encoding: Encoding | None, index_seconds: float
) -> TaskReport:
    """Put together what was found; with several systems, each beside the baseline (bm25, or else the first)."""
    return TaskReport(
        fingerprint=task.fingerprint,
        task=_counts(task),
        conditions=conditions,
        encoding=encoding,
        index_seconds=index_seconds,
        systems=[_result(trial, conditions) for trial in trials],
        differences=differences(
            {trial.system: trial.values for trial in trials}, seed=conditions.seed, resamples=conditions.resamples
        ),
        warnings=list(_warnings(task)),
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
    return Counts(
        queries=len(task.queries),
        judged=len(task.judged),
        unjudged=task.unjudged,
        hopeless=task.hopeless,
        documents=len(task.corpus),
        relevant=task.relevant,
        unreachable=task.unreachable,
        empty_texts=task.empty_texts,
    )


def _result(trial: Trial, conditions: Conditions) -> SystemResult:
    intervals = bootstrap_intervals(
        trial.values, seed=conditions.seed, resamples=conditions.resamples, confidence=conditions.confidence
    )
    return SystemResult(
        system=trial.system,
        measures={
            measure.name: Mean(definition=str(measure), **interval._asdict())
            for measure, interval in zip(STANDARD, intervals, strict=True)
        },
        unanswered=int((~trial.answered).sum()),
        tied=trial.tied,
        seconds=trial.seconds,
    )


def _warnings(task: Task) -> Iterator[str]:
    for count, words in (
        (task.unjudged, Words("个查询没有标注，未计入", "queries without judgements are left out")),
        (task.hopeless, Words("个查询没有相关文档，计为 0", "queries without a relevant document count 0")),
        (
            task.unreachable,
            Words(
                "条相关标注指向库中没有的文档，召回率照计",
                "relevant judgements name documents outside the corpus; recall counts them",
            ),
        ),
        (task.empty_texts, Words("条文本为空", "texts are empty")),
    ):
        if count:
            yield f"{count} {say(words)}"


def _bounds(low: float | None, high: float | None, *, sign: str = "+") -> str:
    return "[—]" if low is None or high is None else f"[{low:{sign}.3f}, {high:{sign}.3f}]"


def _with_interval(mean: Mean) -> str:
    return f"{mean.mean:.4f}\n{_bounds(mean.low, mean.high, sign='')}"
