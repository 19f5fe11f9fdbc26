"""The generated province as arrays: who may be sent what, what the ranker believes, and what is true."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from matching.chance import chances_of
from matching.progress import Progress
from matching.push.bound import Flags
from matching.push.market import Floats, Ints
from matching.standard.records import Posting

if TYPE_CHECKING:
    from matching.sample import SampleProvince
    from matching.settings import Settings
    from matching.state import State


@dataclass(frozen=True)
class World:
    """A simulated market, n pairs by graduate and posting; g graduates, p postings, by number.

    Parameters
    ----------
    graduate, posting : int64 (n,)
        Pairs that may be sent.
    apply, answer : float64 (n,)
        What the ranker's chances say.
    worth : float64 (n,)
        1 where eligibility is sure, less where it is unknown.
    click, true_apply, true_answer : float64 (n,)
        The hidden truth: chances that who looks at the posting opens it, that who looks applies, that an
        application is answered. No rule sees them.
    employer : int64 (p,)
    places : int64 (p,)
        Open places; 0 where the posting is closed.
    priority : bool (g,)
        Hardship groups.
    seed : int
    """

    graduate: Ints
    posting: Ints
    apply: Floats
    answer: Floats
    worth: Floats
    click: Floats
    true_apply: Floats
    true_answer: Floats
    employer: Ints
    places: Ints
    priority: Flags
    seed: int = 0

    @property
    def graduates(self) -> int:
        """How many graduates."""
        return len(self.priority)

    @property
    def postings(self) -> int:
        """How many postings, closed ones included."""
        return len(self.places)


def generated(
    province: SampleProvince, settings: Settings, *, progress: Progress = lambda step, done, total: None
) -> World:
    """The sample province, ranked by the production path; the encoder hashes words, so that no weights are needed.

    Parameters
    ----------
    province : SampleProvince
    settings : Settings
        How many candidates, from which sides, and the chances; its home is not touched.
    """
    pairs = _ranked(province, settings, progress)
    people = {record.key: i for i, record in enumerate(province.graduates())}
    records = list(province.postings())
    jobs = {record.key: i for i, record in enumerate(records)}
    graduate = np.array([people[key] for key in pairs["graduate"]], np.int64)
    posting = np.array([jobs[key] for key in pairs["posting"]], np.int64)
    order = np.lexsort((posting, graduate))
    graduate, posting, pairs = graduate[order], posting[order], pairs[order]
    chance, truth = chances_of(settings)(pairs["score"].to_numpy()), _truth(province, graduate, posting)
    _, employer = np.unique([f"{r.tenant}:{r.employer_id}" for r in records], return_inverse=True)
    hardship = {record.key for record in province.protected() if record.hardship_groups}
    sure = (pairs["eligibility"].cast(pl.String) == "pass").to_numpy()
    return World(
        graduate,
        posting,
        chance.apply,
        chance.answer,
        np.where(sure, 1.0, settings.push.unknown),
        *truth,
        employer,
        np.array([_places(record, province) for record in records], np.int64),
        np.array([key in hardship for key in people]),
        province.seed,
    )


def _truth(province: SampleProvince, graduate: Ints, posting: Ints) -> tuple[Floats, Floats, Floats]:
    from matching.sample.latent import click_chance

    truth = province.true_value(graduate, posting)
    return click_chance(truth.utility), truth.apply, truth.answer


def _places(record: Posting, province: SampleProvince) -> int:
    if record.status != "open" or (record.closes is not None and record.closes < province.today):
        return 0
    return max((record.headcount or record.filled + 1) - record.filled, 0)


def _ranked(province: SampleProvince, settings: Settings, progress: Progress) -> pl.DataFrame:
    import pyarrow as pa

    from matching.bulk import rank_block
    from matching.push.seekers import with_seekers

    with tempfile.TemporaryDirectory() as folder:
        own = settings.model_copy(
            update={
                "home": Path(folder),
                "encoder": settings.encoder.model_copy(update={"name": "hashing"}),
                "store_url": None,
            }
        )
        state = _state(province, own)
        rows = np.flatnonzero(state.graduates.at(slice(None)).seeking)
        blocks = np.array_split(rows, max(len(rows) // 250, 1))
        tables = []
        for block in blocks:
            tables.append(rank_block(state, own, block, k=own.push.candidates, today=province.today))
            progress("rank", len(tables), len(blocks))
        told = lambda done, total: progress("seekers", done, total)  # noqa: E731
        found = with_seekers(pa.concat_tables(tables), state, own, today=province.today, progress=told)
    frame = pl.from_arrow(found)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _state(province: SampleProvince, settings: Settings) -> State:
    from matching.build import build
    from matching.live import open_state
    from matching.store import Store
    from models.hashing import HashingEncoder

    encoder = HashingEncoder()
    with Store.open(settings.store) as store:
        store.upsert([*province.graduates(), *province.postings()])
        build(store, encoder, settings)
    return open_state(settings, encoder)
