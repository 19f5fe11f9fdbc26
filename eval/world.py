"""The world as it stood at a cutoff: a snapshot of the past, and the ground of both directions over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.axes import Traits, category_names, columns_of, graduate_traits, only, posting_traits
from eval.evaluation import Direction
from eval.ground import Ground
from eval.judged import Market
from eval.outcomes import COMES_ABOUT, judged_pairs, judgements, with_looks
from eval.rankings import NOTHING, Judgements, Rankings
from eval.recommenders import Recommender, best_of
from eval.split import Split
from matching.asof import AsOf
from matching.attributes import MISSING
from matching.chance import chances_of
from matching.duplicates import originals
from matching.eligibility import Rules
from matching.matcher import Matcher
from matching.profile import graduate_words, posting_words
from matching.progress import Progress
from matching.question import Question
from matching.standard.records import Employer, Graduate, Posting
from matching.standing import standing
from matching.state import State

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.side import Side
    from matching.store import Store
    from models.encoder import Encoder


@dataclass(frozen=True)
class World:
    """A snapshot of the past, with what happened before and after.

    Attributes
    ----------
    state : State
    settings : Settings
    day : date
        The day on which the rules are asked: that of the cutoff, in China.
    split : Split
    same : dict of str to str
        The posting that each posting repeats, for those that repeat one; one of this world where there is one.
    employers : list of Employer
    """

    state: State
    settings: Settings
    day: date
    split: Split
    same: dict[str, str]
    employers: list[Employer]
    encoder: str = ""
    by: Literal["fit", "surplus"] = "fit"

    @cached_property
    def graduates(self) -> list[Graduate]:
        """The records of the graduates, by row."""
        side = self.state.graduates
        return [Graduate.model_validate_json(side.body(row)) for row in range(len(side))]

    @cached_property
    def postings(self) -> list[Posting]:
        """The records of the postings, by row."""
        side = self.state.postings
        return [Posting.model_validate_json(side.body(row)) for row in range(len(side))]

    @cached_property
    def rules(self) -> Rules:
        """The hard rules of the settings, on the day of the cutoff."""
        own = self.settings.eligibility
        return Rules(self.day, unknown=own.unknown, unstated=own.unstated)

    @cached_property
    def matcher(self) -> Matcher:
        """The production path over this world; it knows stored records only."""
        return Matcher(self.state, self.settings, None)

    def ground(self, direction: Direction, *, limit: int | None = None) -> Ground:
        """What systems of one direction are replayed on.

        Parameters
        ----------
        direction : Direction
            Postings for the graduates, or graduates for the postings, about whom something was judged after the cutoff.
        limit : int, optional
            At most so many queries, chosen by a hash of their keys.
        """
        pairs = judged_pairs(self.split.past, self.split.future, direction, same=self.same)
        asking, listed = self._sides(direction)
        asked = [q for q in pairs.judged["query"].unique().sort().to_list() if asking.row_of(q) is not None]
        queries = _chosen(asked, limit)
        documents = [str(key) for key in listed.keys.values]
        judged = pairs.judged
        if direction is Direction.POSTINGS:
            judged = with_looks(judged, self.split.past, self.split.future, self.same)
        settled = pairs.settled.filter(pl.col("query").is_in(queries))
        return Ground(
            direction,
            queries,
            documents,
            judgements(judged, queries, documents),
            self._market(direction),
            self._allowed(direction, queries),
            self._settled(settled, queries, documents, direction),
            self._same(documents) if direction is Direction.POSTINGS else np.arange(len(documents)),
            lambda: self._words(direction, queries),
            lambda: self._words(_other(direction), documents),
            self._columns(direction, queries, pairs.judged),
            COMES_ABOUT[direction],
        )

    def again(self, ground: Ground) -> Ground:
        """The same queries on this world, with nothing judged and nothing settled; those not here get no list."""
        _, listed = self._sides(ground.direction)
        documents = [str(key) for key in listed.keys.values]
        nothing = np.empty(0, np.int64)
        return Ground(
            ground.direction,
            ground.queries,
            documents,
            Judgements.of_arrays(nothing, nothing, nothing.astype(np.int16), len(ground.queries)),
            self._market(ground.direction),
            None,
            [nothing] * len(ground.queries),
            np.arange(len(documents)),
        )

    def production(self, ground: Ground, depth: int) -> Rankings:
        """What the service would have answered, question by question, and how likely it says the pairs are."""
        ask = self.matcher.postings_for if ground.direction is Direction.POSTINGS else self.matcher.graduates_for
        place = {key: row for row, key in enumerate(ground.documents)}
        more = max((len(rows) for rows in ground.settled), default=0)
        k = min(depth + more, self.settings.service.largest_k)
        question = Question(k=k, today=self.day, explained=False, by=self.by)
        rows = np.full((len(ground.queries), k), NOTHING, np.int32)
        scores = np.full(rows.shape, np.nan, np.float32)
        asking, _ = self._sides(ground.direction)
        for i, query in enumerate(ground.queries):
            found = ask(query, question).matches if asking.row_of(query) is not None else ()
            rows[i, : len(found)] = [place[match.key] for match in found]
            scores[i, : len(found)] = [match.score for match in found]
        chances = self._chances(ground.direction, scores, rows != NOTHING)
        return ground.without_settled(Rankings(ground.queries, ground.documents, rows, scores, chances), depth)

    def _chances(
        self, direction: Direction, scores: NDArray[np.float32], listed: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """That the graduate applies (postings for graduates), that the employer answers (graduates for postings)."""
        found = chances_of(self.settings)(scores[listed])
        out = np.full(scores.shape, np.nan, np.float32)
        out[listed] = found.apply if direction is Direction.POSTINGS else found.answer
        return out

    def dense(self, ground: Ground, depth: int) -> Rankings:
        """Cosine of the service's vectors alone, within the rules."""
        asking, listed = self._sides(ground.direction)
        vectors = listed.vectors.vectors()
        rows = [asking.row_of(query) for query in ground.queries]
        asked = asking.vectors.vectors(np.array(rows, np.int64))
        return best_of(ground, depth, (vectors @ vector for vector in asked))

    def bm25(self, ground: Ground, depth: int) -> Rankings:
        """The service's words alone, within the rules."""
        return best_of(ground, depth, self._lexical(ground))

    def _lexical(self, ground: Ground) -> Iterator[NDArray[np.float32]]:
        words = self.state.words
        if ground.direction is Direction.POSTINGS:
            for text in ground.query_texts():
                yield self.state.postings.tokens.scores(words.query(text))
        else:
            for text in ground.query_texts():
                yield self.state.graduates.tokens.scores(words.known(text))

    def _sides(self, direction: Direction) -> tuple[Side[Any], Side[Any]]:
        sides = self.state.graduates, self.state.postings
        return sides if direction is Direction.POSTINGS else (sides[1], sides[0])

    def _words(self, direction: Direction, keys: Sequence[str]) -> list[str]:
        """Lexical texts of graduates (who ask for postings) or of postings."""
        if direction is Direction.POSTINGS:
            people = {graduate.key: graduate for graduate in self.graduates}
            return [graduate_words(people[key]) for key in keys]
        offers = {posting.key: posting for posting in self.postings}
        return [posting_words(offers[key]) for key in keys]

    def _allowed(self, direction: Direction, queries: Sequence[str]) -> Callable[[int], NDArray[np.bool_]]:
        asking, listed = self._sides(direction)
        rows = [np.array([asking.row_of(query)], np.int64) for query in queries]
        whole = listed.at(slice(None))

        def of(query: int) -> NDArray[np.bool_]:
            asker = asking.at(rows[query])
            if direction is Direction.POSTINGS:
                return listed.alive & self.rules.allowed(asker, whole)
            found = listed.alive & whole.seeking & whole.visible & self.rules.allowed(whole, asker)
            return np.asarray(found)

        return of

    @cached_property
    def popularity(self) -> dict[str, NDArray[np.float64]]:
        """Applications before the cutoff, a graduate (by row), and a posting together with all that repeat it."""
        applied = self.split.past.filter(pl.col("action") == "applied")
        people = dict(applied.group_by("graduate").len().iter_rows())
        counts: dict[str, int] = {}
        for key, n in applied.group_by("posting").len().iter_rows():
            first = self.same.get(key, key)
            counts[first] = counts.get(first, 0) + n
        return {
            "graduates": np.array([people.get(key, 0) for key in self.state.graduates.keys.values], np.float64),
            "postings": np.array(
                [counts.get(self.same.get(key, key), 0) for key in self.state.postings.keys.values], np.float64
            ),
        }

    def _market(self, direction: Direction) -> Market:
        _, listed = self._sides(direction)
        whole = listed.at(slice(None))
        traits = self.traits
        if direction is Direction.POSTINGS:
            places = np.where(whole.vacancies == MISSING, 1, whole.vacancies).astype(np.float64)
            open_now = listed.alive & whole.open & (whole.closes >= _day(self.day)) & (whole.vacancies != 0)
            groups = category_names({p.key: p.employer_name for p in self.postings}, list(listed.keys.values))
        else:
            places = np.ones(len(listed))
            open_now = listed.alive & whole.seeking & whole.visible
            groups = category_names(traits[0]["major_category"], list(listed.keys.values))
        popular = self.popularity["postings" if direction is Direction.POSTINGS else "graduates"]
        return Market(places, popular, listed.vectors.vectors(), groups, open_now)

    @cached_property
    def traits(self) -> tuple[Traits, Traits]:
        """Traits of graduates and of postings: see `eval.axes`."""
        past = self.split.past
        return (
            graduate_traits(self.graduates, past),
            posting_traits(self.postings, self.employers, past, self.popularity["postings"]),
        )

    def _columns(self, direction: Direction, queries: Sequence[str], judged: pl.DataFrame) -> dict[str, list[str]]:
        people, offers = self.traits
        if direction is Direction.POSTINGS:
            return columns_of(queries, people, only(offers, ("kind", "employer_size", "popularity")), judged)
        return columns_of(queries, offers, only(people, ("major_category",)), judged)

    def _same(self, documents: Sequence[str]) -> NDArray[np.int64]:
        place = {key: row for row, key in enumerate(documents)}
        return np.array([place[self.same.get(key, key)] for key in documents], np.int64)

    def _settled(
        self, settled: pl.DataFrame, queries: Sequence[str], documents: Sequence[str], direction: Direction
    ) -> list[NDArray[np.int64]]:
        """Rows of what is settled for each query, with all that repeats it."""
        members: dict[str, list[int]] = {}
        for row, key in enumerate(documents):
            first = self.same.get(key, key) if direction is Direction.POSTINGS else key
            members.setdefault(first, []).append(row)
        rows: dict[str, list[int]] = {query: [] for query in queries}
        for query, document in settled.iter_rows():
            rows[query].extend(members.get(document, ()))
        return [np.array(sorted(found), np.int64) for found in rows.values()]


@contextmanager
def world_at(
    store: Store, encoder: Encoder, settings: Settings, split: Split, *, progress: Progress | None = None
) -> Iterator[World]:
    """Build the snapshot of the past beside the service's own; it is removed at the end.

    The vectors stay in the cache of `encoder`, so a second replay encodes nothing.

    Raises
    ------
    SnapshotError, StoreError, EncoderError
    """
    own = standing(store, encoder, settings, split.cutoff, now=split.until, progress=progress)
    with own as (state, past, name):
        employers = [cast("Employer", record) for batch in store.scan("employer") for record in batch]
        yield World(state, settings, past.day, split, _repeats(store, past), employers, name)


def _repeats(store: Store, past: AsOf) -> dict[str, str]:
    """Which posting of the whole store repeats which; the first is one that was there at the cutoff where it can be."""
    every = [cast("Posting", record) for batch in store.scan("posting") for record in batch]
    there = {record.key for record in past.then(every)}
    every.sort(key=lambda posting: (posting.key not in there, posting.key))
    first = originals(every)
    return {p.key: every[i].key for p, i in zip(every, first.tolist(), strict=True) if every[i].key != p.key}


def _chosen(queries: list[str], limit: int | None) -> list[str]:
    if limit is None or len(queries) <= limit:
        return queries
    from hashlib import blake2b

    return sorted(sorted(queries, key=lambda query: blake2b(query.encode(), digest_size=8).digest())[:limit])


def _other(direction: Direction) -> Direction:
    return Direction.GRADUATES if direction is Direction.POSTINGS else Direction.POSTINGS


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def recommenders_of(world: World) -> dict[str, Recommender]:
    """The systems that read the snapshot: the words alone, the vectors alone, and the service itself."""
    return {"bm25": world.bm25, "dense": world.dense, "gradmatch": world.production}
