"""A task through the production path: encoder and vector cache, one search over the corpus, each system in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from eval.evaluation import LISTS, Direction, Evaluation, Provenance, empty
from eval.faults import check_lists
from eval.foreknowledge import of_task
from eval.ground import Ground
from eval.judged import Judged, Market
from eval.measures import STANDARD
from eval.measuring import lists_table
from eval.rankings import Judgements
from eval.recommenders import Recommender
from eval.replay import generated
from eval.report import Encoding, TaskReport, report_on, this_version
from eval.run import RunFile
from eval.scores import Scores, values_table
from eval.slices import slices_of
from eval.summary import Sampling, summarise
from eval.systems import ClockedEncoder, Search, System, system_scores
from eval.task import Task
from eval.trial import Trial, try_lists, try_system
from matching.language import Words
from matching.settings import Settings
from models.cache import VectorCache, cached
from models.encoder import Encoder, load_encoder

ENCODING = "encoding"
"""The stage of the work that is no system."""
NO_POPULARITY = Words(
    "没有“热门”基线：任务没有截止时刻之前的互动，热门无从定义（回放中有）",
    "no popularity beside: a task has no interactions before a cutoff, so popularity is not defined (a replay has it)",
)
NO_BASELINE = Words("旁边没有基线：请用 --system all", "no baseline stands beside: use --system all")


@dataclass(frozen=True)
class Plan:
    """What to run, and with what.

    Attributes
    ----------
    systems : sequence of System
        Each is run once, in this order.
    seed, resamples, confidence
        Of the random order, the bootstrap and the tests.
    run_file : Path, optional
        Where the full ranking goes; with several systems each has its own file (`run_path`).
    others : mapping of str to Recommender
        Further systems by name: functions, run files, CSV files (`eval.recommenders`).
    features : DataFrame, optional
        Features of pairs (`eval.foreknowledge.read_features`) that must not know the answers.
    simulated : bool
        The data are generated. Keys of the sample province make a result simulated in any case.
    watch : callable
        Told after each part of the work: the system and how many queries are done since, or `ENCODING` and how many
        texts.
    """

    systems: Sequence[System]
    seed: int = 0
    resamples: int = 10_000
    confidence: float = 0.95
    run_file: Path | None = None
    watch: Callable[[str, int], None] = lambda stage, done: None
    others: Mapping[str, Recommender] = field(default_factory=dict)
    features: pl.DataFrame | None = None
    simulated: bool = False

    def run_path(self, system: System) -> Path | None:
        """File of a system's ranking: ``run.txt``, or ``run.bm25.txt`` where several systems are run."""
        if self.run_file is None or len(self.systems) == 1:
            return self.run_file
        return self.run_file.with_name(f"{self.run_file.stem}.{system.value}{self.run_file.suffix}")


class Outcome(NamedTuple):
    """What came of a task: the report for people, the trials, and the evaluation that both are read from."""

    report: TaskReport
    trials: list[Trial]
    evaluation: Evaluation


def run_task(task: Task, plan: Plan, settings: Settings) -> Outcome:
    """Run every system of the plan over the task, and report.

    Raises
    ------
    EncoderError
        A system needs the encoder, and it is not prepared.
    FileError
        The run file cannot be written.
    """
    from matching.retrieval import TextSearch

    with _encoder(plan, settings) as (encoder, clocked):
        start = _now(clocked)
        search: Search | None = None
        if any(system.searches for system in plan.systems):
            search = TextSearch.over(
                list(task.corpus), list(task.corpus.values()), encoder=encoder, settings=settings.retrieval
            )
        index_seconds = _now(clocked) - start
        trials = [_trial(system, task, plan, search=search, clocked=clocked) for system in plan.systems]
    ground = task_ground(task)
    trials += [try_lists(name, task, rank(ground, len(task.corpus))) for name, rank in plan.others.items()]
    evaluation = task_evaluation(task, trials, plan, settings, encoder="" if clocked is None else clocked.name)
    report = report_on(task, trials, evaluation, encoding=_encoding(clocked), index_seconds=index_seconds)
    return Outcome(report, trials, evaluation)


def task_evaluation(task: Task, trials: Sequence[Trial], plan: Plan, settings: Settings, *, encoder: str) -> Evaluation:
    """The tables of what came of the trials, and what makes them again."""
    scores = [
        Scores(trial.system, Direction.DOCUMENTS, task.judged, STANDARD, trial.values, trial.answered)
        for trial in trials
    ]
    sampling = Sampling(seed=plan.seed, resamples=plan.resamples, confidence=plan.confidence)
    found = summarise(scores, slices_of({}, len(task.judged)), sampling)
    ground, warnings = task_ground(task), [*task.warnings, NO_POPULARITY]
    judged = {trial.system: Judged(trial.lists, ground.judgements) for trial in trials}
    if len(trials) == 1:
        warnings.append(NO_BASELINE)
    return Evaluation(
        provenance=Provenance(
            kind="task",
            code_version=this_version(),
            data=task.fingerprint,
            encoder=encoder,
            seed=plan.seed,
            resamples=plan.resamples,
            confidence=plan.confidence,
            simulated=plan.simulated or generated([*task.queries, *task.corpus]),
            settings=settings.model_dump(mode="json", include={"encoder", "retrieval"}),
            counts=task.counts,
        ),
        values=values_table(scores),
        summary=found.summary,
        differences=found.differences,
        lists=pl.concat([empty(LISTS), *(lists_table(name, ground, own) for name, own in judged.items())]),
        findings=(*check_lists(judged, ground.direction), *of_task(ground, plan.features)),
        warnings=tuple(warnings),
    )


def task_ground(task: Task) -> Ground:
    """The task as recommenders see it: no rules, no places, no past."""
    queries, documents = list(task.judged), list(task.corpus)
    nothing = np.empty(0, np.int64)
    return Ground(
        Direction.DOCUMENTS,
        queries,
        documents,
        Judgements.of(task.qrels, queries, documents),
        Market(np.ones(len(documents)), np.zeros(len(documents))),
        None,
        [nothing] * len(queries),
        np.arange(len(documents)),
        lambda: [task.queries[query] for query in queries],
        lambda: list(task.corpus.values()),
    )


def _trial(system: System, task: Task, plan: Plan, *, search: Search | None, clocked: ClockedEncoder | None) -> Trial:
    encoded = _encoding_seconds(clocked)
    answers = system_scores(
        system,
        search,
        [task.queries[query] for query in task.judged],
        documents=list(task.corpus.values()),
        seed=plan.seed,
    )
    path = plan.run_path(system)
    with nullcontext() if path is None else RunFile(path, tag=f"gradmatch-{system.value}") as run_file:
        trial = try_system(
            system.value, task, answers, run_file=run_file, step=lambda queries: plan.watch(system.value, queries)
        )
    return replace(trial, seconds=trial.seconds - (_encoding_seconds(clocked) - encoded))


@contextmanager
def _encoder(plan: Plan, settings: Settings) -> Iterator[tuple[Encoder | None, ClockedEncoder | None]]:
    """The encoder of the settings behind the vector cache; nothing is loaded where no system needs it."""
    if not any(system.encodes for system in plan.systems):
        yield None, None
        return
    clocked = ClockedEncoder(
        load_encoder(
            settings.encoder.name,
            folder=settings.encoders,
            batch=settings.encoder.batch,
            threads=settings.encoder.threads,
        ),
        watch=lambda texts: plan.watch(ENCODING, texts),
    )
    with VectorCache.open(settings.vector_cache) as cache:
        yield cached(clocked, cache), clocked


def _now(clocked: ClockedEncoder | None) -> float:
    """Seconds on a clock that stands still while texts are encoded."""
    return time.perf_counter() - _encoding_seconds(clocked)


def _encoding_seconds(clocked: ClockedEncoder | None) -> float:
    return 0.0 if clocked is None else clocked.load_seconds + clocked.seconds


def _encoding(clocked: ClockedEncoder | None) -> Encoding | None:
    if clocked is None:
        return None
    return Encoding(
        encoder=clocked.name,
        load_seconds=clocked.load_seconds,
        texts=clocked.texts,
        seconds=clocked.seconds,
        texts_per_second=clocked.texts / clocked.seconds if clocked.texts else None,
    )
