"""Systems × tasks: the values of every query, each cell kept on disk once it is computed.

A killed run goes on with the cells that are missing. A cell is kept under a hash of all that it depends on: the task,
the system, the encoder's identity, the settings of retrieval, the seed, and the source of the packages that compute it.
So a cell of another state of the code is never shown; it is computed anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from eval.experiment import task_ground
from eval.judged import Judged
from eval.measures import STANDARD, measure_all, ndcg_at
from eval.systems import System, system_scores
from eval.task import Task
from eval.task_folder import NamedTask
from eval.trial import Trial, try_system
from matching.errors import FileError
from matching.settings import Settings
from models.cache import VectorCache, cached
from models.encoder import Encoder, load_encoder

MEASURES = ("mAP", "nDCG@10", "nDCG@20")
_PACKAGES = ("eval", "matching", "models")
Values = dict[str, NDArray[np.float64]]
"""By measure, one value a judged query."""
Told = Callable[[str, int, int], None]


class Entrant(NamedTuple):
    """A row of the table: its name, how it ranks, and the name of its encoder, empty where it needs none."""

    name: str
    system: System
    encoder: str = ""


@dataclass(frozen=True)
class Contest:
    """Who meets on what.

    Attributes
    ----------
    tasks : sequence of NamedTask
    entrants : sequence of Entrant
    settings : Settings
        Of retrieval, and where the encoders and their vectors are.
    folder : Path
        Where the cells are kept; made where it is missing.
    seed : int
        Of the random order.
    """

    tasks: Sequence[NamedTask]
    entrants: Sequence[Entrant]
    settings: Settings
    folder: Path
    seed: int = 0

    @cached_property
    def encoders(self) -> dict[str, Encoder]:
        """Encoder by the name it has in the settings; weights are read when the first text is encoded."""
        names = dict.fromkeys(entrant.encoder for entrant in self.entrants if entrant.encoder)
        own = self.settings.encoder
        return {
            name: load_encoder(name, folder=self.settings.encoders, batch=own.batch, threads=own.threads)
            for name in names
        }

    def cells(self, told: Told = lambda step, done, total: None) -> dict[tuple[str, str], Values]:
        """The values by task and entrant; `told` of each cell.

        Raises
        ------
        EncoderError
            An encoder is not prepared.
        FileError
            A cell cannot be written.
        """
        found, total = dict[tuple[str, str], Values](), len(self.tasks) * len(self.entrants)
        with VectorCache.open(self.settings.vector_cache) as vectors:
            for task in self.tasks:
                for entrant, values in self._of_task(task, vectors):
                    found[task.name, entrant.name] = values
                    told(task.name, len(found), total)
        return found

    def _of_task(self, task: NamedTask, vectors: VectorCache) -> Iterator[tuple[Entrant, Values]]:
        searches: dict[str, object] = {}
        for entrant in self.entrants:
            path = self._path(task, entrant)
            values = _kept(path, len(task.task.judged))
            if values is None:
                if entrant.system.searches and entrant.encoder not in searches:
                    searches[entrant.encoder] = self._search(task.task, entrant, vectors)
                values = _values(task.task, self._trial(task.task, entrant, searches.get(entrant.encoder)))
                _keep(path, values)
            yield entrant, values

    def _search(self, task: Task, entrant: Entrant, vectors: VectorCache) -> object:
        from matching.retrieval import TextSearch

        encoder = cached(self.encoders[entrant.encoder], vectors) if entrant.encoder else None
        texts = list(task.corpus.values())
        return TextSearch.over(list(task.corpus), texts, encoder=encoder, settings=self.settings.retrieval)

    def _trial(self, task: Task, entrant: Entrant, search: object) -> Trial:
        asked, documents = [task.queries[query] for query in task.judged], list(task.corpus.values())
        scores = system_scores(entrant.system, search, asked, documents=documents, seed=self.seed)  # type: ignore[arg-type]
        return try_system(entrant.name, task, scores)

    def _path(self, task: NamedTask, entrant: Entrant) -> Path:
        depends = [
            task.task.fingerprint,
            entrant.system.value,
            self.encoders[entrant.encoder].name if entrant.encoder else "",
            self.settings.retrieval.model_dump(mode="json") if entrant.system.searches else {},
            self.seed if entrant.system is System.RANDOM else 0,
            _source(),
        ]
        digest = hashlib.sha256(orjson.dumps(depends)).hexdigest()
        return self.folder / f"{digest[:24]}.json"


def sampled(task: NamedTask, most: int | None) -> NamedTask:
    """The task with at most `most` of its queries, over the whole corpus; which ones follows from their ids alone."""
    judged = task.task.judged
    if most is None or len(judged) <= most:
        return task
    chosen = set(sorted(judged, key=lambda query: hashlib.sha256(query.encode()).digest())[:most])
    qrels = {query: grades for query, grades in task.task.qrels.items() if query in chosen}
    queries = {query: text for query, text in task.task.queries.items() if query in chosen}
    return task._replace(task=replace(task.task, queries=queries, qrels=qrels))


def _values(task: Task, trial: Trial) -> Values:
    names = [measure.name for measure in STANDARD]
    lists = Judged(trial.lists, task_ground(task).judgements)
    deeper = measure_all((ndcg_at(20),), lists)[:, 0]
    columns = {name: trial.values[:, names.index(name)] if name in names else deeper for name in MEASURES}
    return {name: np.ascontiguousarray(column) for name, column in columns.items()}


def _kept(path: Path, queries: int) -> Values | None:
    try:
        record = orjson.loads(path.read_bytes())
        values = {name: np.array(record[name], np.float64) for name in MEASURES}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return values if all(column.shape == (queries,) for column in values.values()) else None


def _keep(path: Path, values: Values) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY))
        part.replace(path)
    except OSError as error:
        what = f"file cannot be written: {error.strerror}"
        raise FileError(what, where=str(path), cure="Name another folder with --work.") from None


@cache
def _source() -> str:
    """SHA-256 of the source of everything that a cell is computed by."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
