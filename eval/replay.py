"""A replay: the world as it stood at a cutoff is asked again, and measured by what happened afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from eval.evaluation import Direction, Evaluation, Finding, Provenance
from eval.faults import check
from eval.foreknowledge import of_world
from eval.ground import Ground
from eval.measuring import Measured, measure_ground
from eval.rankings import Rankings
from eval.recommenders import Recommender, popularity, random_order, tfidf
from eval.report import this_version
from eval.split import Split, split_findings, temporal_split
from eval.summary import Sampling
from eval.world import World, recommenders_of, world_at
from matching.errors import QueryError
from matching.language import Words
from matching.progress import Progress

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.store import Store
    from models.encoder import Encoder

PRODUCTION = "gradmatch"
SETTINGS = {"encoder", "retrieval", "eligibility", "ranking", "chance"}
"""Sections of the settings that the figures depend on."""
BASELINES = ("random", "popularity", "tfidf", "bm25", "dense")
"""What always stands beside whatever is measured."""


@dataclass(frozen=True)
class Replay:
    """What to replay.

    Attributes
    ----------
    cutoff : datetime
        The moment the system stands at; with a time zone.
    horizon : timedelta
        How long it is then watched.
    directions : sequence of Direction
    depth : int
        Length of the lists.
    others : mapping of str to Recommender
        Further systems by name, beside the baselines and the production path.
    makers : mapping of str to callable
        Further systems that are made from the world of the cutoff.
    told : callable, optional
        Told the ground and the lists of each direction.
    limit : int, optional
        At most so many queries a direction, chosen by a hash of their keys.
    earlier : timedelta, optional
        How long before the cutoff an earlier snapshot stood, whose lists stability is measured against; it needs a
        second snapshot.
    features : DataFrame, optional
        Features of pairs (`eval.foreknowledge.read_features`) that must not know the future.
    sampling : Sampling
    command : tuple of str
        The command line, for the provenance.
    """

    cutoff: datetime
    horizon: timedelta
    directions: Sequence[Direction] = (Direction.POSTINGS, Direction.GRADUATES)
    depth: int = 50
    others: Mapping[str, Recommender] = field(default_factory=dict)
    makers: Mapping[str, Callable[[World], Recommender]] = field(default_factory=dict)
    told: Callable[[Ground, Mapping[str, Rankings]], object] | None = None
    limit: int | None = None
    earlier: timedelta | None = None
    features: pl.DataFrame | None = None
    sampling: Sampling = field(default_factory=lambda: Sampling(resamples=1_000))
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a system that would hide a baseline, and lists without a place."""
        taken = {*BASELINES, PRODUCTION} & {*self.others, *self.makers}
        if taken:
            raise QueryError(f"'{taken.pop()}' is the name of a baseline", where="system", cure="Name it otherwise.")
        if self.depth < 1:
            raise QueryError(f"lists of {self.depth}", where="depth", cure="Give lists at least one place.")

    def replay(
        self, store: Store, encoder: Encoder, settings: Settings, *, progress: Progress | None = None
    ) -> Evaluation:
        """Build the world of the cutoff, ask every system, measure, check.

        Raises
        ------
        InputError
            Nothing happened within the horizon.
        QueryError, SnapshotError, StoreError, EncoderError
        """
        split = temporal_split(store, self.cutoff, self.horizon)
        say = progress or (lambda step, done, total: None)
        with ExitStack() as worlds:
            world = worlds.enter_context(world_at(store, encoder, settings, split, progress=say))
            grounds = [world.ground(direction, limit=self.limit) for direction in self.directions]
            grounds = [ground for ground in grounds if ground.queries]
            lists = [self._lists(world, ground, say) for ground in grounds]
            leaks = [finding for ground in grounds for finding in of_world(world, ground, self.features)]
        before: list[dict[str, Rankings]] = [{} for _ in grounds]
        if self.earlier is not None:
            before = self._before(store, encoder, settings, grounds, say)
        measured = [
            measure_ground(ground, found, depth=self.depth, sampling=self.sampling, before=then)
            for ground, found, then in zip(grounds, lists, before, strict=True)
        ]
        findings = [*split_findings(split), *(finding for part in measured for finding in check(part)), *leaks]
        return evaluation_of(measured, self.provenance(world, split, grounds, settings), findings)

    def _lists(self, world: World, ground: Ground, say: Progress) -> dict[str, Rankings]:
        systems: dict[str, Recommender] = {
            "random": random_order(self.sampling.seed),
            "popularity": popularity,
            "tfidf": tfidf,
            **recommenders_of(world),
            **{name: make(world) for name, make in self.makers.items()},
            **self.others,
        }
        found: dict[str, Rankings] = {}
        for done, (system, recommender) in enumerate(systems.items(), 1):
            found[system] = recommender(ground, self.depth).cut(self.depth)
            say(f"ask for {ground.direction}", done, len(systems))
        if self.told is not None:
            self.told(ground, found)
        return found

    def _before(
        self, store: Store, encoder: Encoder, settings: Settings, grounds: Sequence[Ground], say: Progress
    ) -> list[dict[str, Rankings]]:
        """The production path's lists for the same queries, on a snapshot of an earlier moment."""
        assert self.earlier is not None
        split = temporal_split(store, self.cutoff - self.earlier, self.horizon)
        with world_at(store, encoder, settings, split, progress=say) as world:
            return [{PRODUCTION: world.production(world.again(ground), self.depth)} for ground in grounds]

    def provenance(self, world: World, split: Split, grounds: Sequence[Ground], settings: Settings) -> Provenance:
        """Where figures over these grounds come from."""
        counts = {"past": split.past.height, "future": split.future.height, "repeats": len(world.same)}
        for ground in grounds:
            named = ground.direction.value
            counts[f"queries for {named}"] = len(ground.queries)
            counts[f"listable {named}"] = int(ground.market.alive.sum())
            counts[f"judged {named}"] = len(ground.judgements.grade)
            counts[f"relevant {named}"] = int(ground.judgements.relevant.sum())
            reach = int(ground.judgements.within(len(ground.documents)).sum())
            counts[f"relevant {named} out of reach"] = counts[f"relevant {named}"] - reach
        people = [query for ground in grounds for query in ground.queries]
        return Provenance(
            kind="replay",
            code_version=this_version(),
            data=split.fingerprint,
            snapshot=world.state.name,
            encoder=world.encoder,
            seed=self.sampling.seed,
            resamples=self.sampling.resamples,
            confidence=self.sampling.confidence,
            cutoff=split.cutoff.isoformat(),
            horizon_days=self.horizon / timedelta(days=1),
            depth=self.depth,
            simulated=generated(people),
            settings=settings.model_dump(mode="json", include=SETTINGS),
            command=self.command,
            counts=counts,
        )


def generated(keys: Iterable[str]) -> bool:
    """Whether any of the keys is of the generated province: one is enough to make a result a simulated one (Law 11)."""
    return any(key.startswith("sample-") for key in keys)


def evaluation_of(
    measured: Sequence[Measured], provenance: Provenance, findings: Sequence[Finding], warnings: Sequence[Words] = ()
) -> Evaluation:
    """The directions' tables under each other."""
    tables = {
        name: pl.concat([getattr(part, name) for part in measured])
        for name in ("values", "summary", "differences", "members", "lists", "reliability")
        if measured
    }
    return Evaluation(provenance, findings=tuple(findings), warnings=tuple(warnings), **tables)
