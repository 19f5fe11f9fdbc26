"""The whole question: rules → row set → candidates → features → score → order → reasons.

One algorithm for both directions. Answers come from one `State`, so they are of one piece, and the same question
to the same state gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.attributes import KINDS, GraduateRows, PostingRows, region_range, tenant_code
from matching.chance import chances_of
from matching.eligibility import Rules, Status
from matching.errors import QueryError, UnknownId
from matching.explanation import Reason, explain_all
from matching.features import FEATURE_NAMES, Pairs, pair_features
from matching.profile import graduate_text, graduate_words, posting_text, posting_words
from matching.question import CHINA, Answer, Best, Filters, Match, Question
from matching.retrieval import Candidates, find_candidates, with_lexical
from matching.rowset import Allowed, Narrow, row_set
from matching.standard.records import Graduate, Posting
from matching.surplus import Surpluses, surpluses
from models.closeness import offsets_of
from models.encoder import Side as TextSide
from models.index import similarity_of
from models.lexical import SparseRow
from models.ranker import MICRO, order

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.side import Side
    from matching.state import State
    from models.encoder import Encoder


class _Posed(NamedTuple):
    """The rules that were asked, and how many rows they allow."""

    rules: Rules
    eligible: int


class _Ranked(NamedTuple):
    """All candidates scored: `every` orders them, `best` is that without reposts; the surplus, where it orders."""

    features: NDArray[np.float32]
    contributions: NDArray[np.int64]
    keys: NDArray[np.object_]
    twins: NDArray[np.int64]
    every: NDArray[np.intp]
    best: NDArray[np.intp]
    surplus: Surpluses | None = None


class _Asker(NamedTuple):
    """The one who asks: record, columns (one row), vector and tokens."""

    record: Any
    columns: Any
    vector: NDArray[np.float32]
    tokens: SparseRow


class Matcher:
    """Answers questions from one state.

    Parameters
    ----------
    state : State
    settings : Settings
    encoder : Encoder, optional
        Encodes those who are not stored; stored ones have their vectors, so without one only they can ask.
    """

    def __init__(self, state: State, settings: Settings, encoder: Encoder | None) -> None:
        self.state = state
        self._settings = settings
        self._encoder = encoder

    def postings_for(self, graduate: str | Graduate, question: Question | None = None) -> Answer:
        """Rank postings for a graduate: a stored one by key, or a profile that is not stored.

        Raises
        ------
        UnknownId
            There is no graduate with that key.
        QueryError
            `k`, `skip` or a filter is impossible.
        """
        question = self._checked(question or Question())
        asker = self._stored(graduate, self.state.graduates) if isinstance(graduate, str) else self._new(graduate)
        return self._answer(self.state.postings, *self._paired(asker, question), asker, question)

    def best_postings(self, row: int, question: Question) -> Best:
        """The same answer for the stored graduate at `row`, without records and reasons: for ranking in bulk.

        Raises
        ------
        QueryError
            As `postings_for`.
        """
        return self.best_of_many([row], question)[0]

    def best_of_many(self, rows: Sequence[int], question: Question) -> list[Best]:
        """`best_postings` of each of `rows`, searched together.

        Raises
        ------
        QueryError
            As `postings_for`.
        """
        question, side = self._checked(question), self.state.postings
        if not len(rows):
            return []
        rules, narrow = self._rules(question), _posting_filter(question.filters)
        askers = [self._at(self.state.graduates, row) for row in rows]
        allowed = [row_set(side, asker.columns, rules, narrow) for asker in askers]
        queries = np.stack([asker.vector for asker in askers])
        depth, lexical = self._depths(question)
        masks, cells = [own.mask for own in allowed], [own.cells for own in allowed]
        nearest, found = side.vectors.search_many(queries, depth, masks, cells=cells), []
        for asker, own, near in zip(askers, allowed, nearest, strict=True):
            query = (asker.vector, asker.tokens)
            candidates = with_lexical(side.vectors, side.tokens, query, own, (near, lexical))
            found.append(self._best(asker, candidates, rules, question))
        return found

    def _best(self, asker: _Asker, found: Candidates, rules: Rules, question: Question) -> Best:
        pairs = self._pairs(asker, found, rules.today)
        ranked = self._ranked(self.state.postings, found, pairs, question.by)
        page = ranked.best[question.skip : question.skip + question.k]
        scores = ranked.contributions[page].sum(axis=1) / MICRO
        return Best(ranked.keys[page], scores, found.similarities[page], rules.statuses(pairs.g, pairs.p.at(page)))

    def reasons(self, row: int, keys: Collection[str], today: date) -> dict[str, tuple[Reason, ...]]:
        """Why some stored postings suit the stored graduate at `row`; those that are not stored are left out.

        The same reasons as `postings_for` gives, without searching.
        """
        side, asker = self.state.postings, self._at(self.state.graduates, row)
        known, rows = self._stored_postings(keys)
        features = self.features_of(row, rows, today)
        contributions = self.state.ranker.contributions(features)
        records = [_record(side, line) for line in rows.tolist()]
        told = explain_all(asker.record, records, features.tolist(), contributions.tolist())
        return dict(zip(known, told, strict=True))

    def missing(self, row: int, keys: Collection[str], today: date) -> dict[str, tuple[str, ...]]:
        """What the rules miss to judge some stored postings for the stored graduate at `row`: fields of the standard.

        Postings that are not stored, and those that nothing is missing of, are left out.
        """
        side, own = self.state.postings, self._settings.eligibility
        rules = Rules(today, unknown=own.unknown, unstated=own.unstated)
        known, rows = self._stored_postings(keys)
        judged = rules.judge(self.state.graduates.at(np.array([row], np.int64)), side.at(rows))
        fields = [tuple(f for v in one.verdicts if v.status is Status.UNKNOWN for f in v.missing) for one in judged]
        return {key: found for key, found in zip(known, fields, strict=True) if found}

    def _stored_postings(self, keys: Collection[str]) -> tuple[list[str], NDArray[np.int64]]:
        """Those of `keys` that are stored, in order, and their rows."""
        known = {key: at for key in sorted(keys) if (at := self.state.postings.row_of(key)) is not None}
        return list(known), np.fromiter(known.values(), np.int64, len(known))

    def _paired(self, asker: _Asker, question: Question) -> tuple[Candidates, Pairs, _Posed]:
        """The postings that may be among a graduate's best."""
        rules, side = self._rules(question), self.state.postings
        allowed = row_set(side, asker.columns, rules, _posting_filter(question.filters))
        found = self._candidates(side, asker, allowed, question)
        return found, self._pairs(asker, found, rules.today), _Posed(rules, allowed.total)

    def _pairs(self, asker: _Asker, found: Candidates, today: int | NDArray[np.int64]) -> Pairs:
        """What the features of a graduate with the postings that were found are computed from."""
        side = self.state.postings
        mine = offsets_of(asker.vector[None, :], self.state.closeness.document_mean)
        closeness = self.state.closeness.of_offsets(found.similarities, mine, side.offsets.values[found.rows])
        return Pairs(asker.columns, side.at(found.rows), closeness, found.lexical, today)

    def features_of(
        self, graduate: int, postings: NDArray[np.int64], today: date | NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """What the ranker reads of stored pairs, whether the rules allow them or not; (n, features), as in `FEATURES`.

        Parameters
        ----------
        graduate : int
            Row of the graduate.
        postings : int64 (n,)
            Rows of the postings.
        today : date, or int64 (n,)
            One day for all, or a day number each.
        """
        asker, offers = self._at(self.state.graduates, graduate), self.state.postings
        similarities = similarity_of(offers.vectors.halves(postings), asker.vector)
        found = Candidates(postings, similarities, offers.tokens.scores(asker.tokens)[postings])
        day = Rules(today).today if isinstance(today, date) else today
        return pair_features(self._pairs(asker, found, day))

    def wished(self, graduate: int, text: str, filters: Filters, today: date) -> NDArray[np.int64]:
        """Postings that the rules allow the stored graduate at row `graduate`, within `filters`.

        Those with a word of `text` where there is one, by how well they fit it; else those nearest to the person.
        """
        asker, side = self._at(self.state.graduates, graduate), self.state.postings
        question = self._checked(Question(today=today))
        allowed = row_set(side, asker.columns, self._rules(question), _posting_filter(filters))
        if not text:
            found = self._candidates(side, asker, allowed, question)
            return found.rows[np.argsort(-found.similarities, kind="stable")]
        scores = side.tokens.scores(self.state.words.query(text), allowed.runs)
        rows = np.flatnonzero(allowed.mask & (scores > 0))
        return rows[np.argsort(-scores[rows], kind="stable")]

    def graduates_for(self, posting: str | Posting, question: Question | None = None) -> Answer:
        """Rank graduates for a posting: a stored one by key, or one that is not stored.

        Only graduates who seek work and are visible to employers are found.

        Raises
        ------
        UnknownId, QueryError
            As `postings_for`.
        """
        question = self._checked(question or Question())
        asker = self._stored(posting, self.state.postings) if isinstance(posting, str) else self._new(posting)
        return self._answer(self.state.graduates, *self._sought(asker, question), asker, question)

    def best_graduates(self, row: int, question: Question) -> NDArray[np.int64]:
        """Rows of the best graduates for the stored posting at `row`, best first: `graduates_for` without records.

        Raises
        ------
        QueryError
            As `postings_for`.
        """
        question, asker = self._checked(question), self._at(self.state.postings, row)
        found, pairs, _ = self._sought(asker, question)
        best = self._ranked(self.state.graduates, found, pairs, question.by).best
        return found.rows[best[question.skip : question.skip + question.k]]

    def _sought(self, asker: _Asker, question: Question) -> tuple[Candidates, Pairs, _Posed]:
        """The graduates that may be among a posting's best."""
        rules, side = self._rules(question), self.state.graduates
        allowed = row_set(side, asker.columns, rules, _graduate_filter(question.filters))
        found = self._candidates(side, asker, allowed, question)
        mine = offsets_of(asker.vector[None, :], self.state.closeness.query_mean)
        closeness = self.state.closeness.of_offsets(found.similarities, side.offsets.values[found.rows], mine)
        pairs = Pairs(side.at(found.rows), asker.columns, closeness, found.lexical, rules.today)
        return found, pairs, _Posed(rules, allowed.total)

    def _checked(self, question: Question) -> Question:
        largest = self._settings.service.largest_k
        if not 1 <= question.k <= largest:
            raise QueryError(f"k is {question.k}", where="k", cure=f"Ask for 1 to {largest}.")
        if question.skip < 0 or question.depth < 0:
            raise QueryError("skip and depth cannot be negative", where="cursor", cure="Start again without a cursor.")
        depth = question.depth or max(self._settings.retrieval.dense, question.k)
        return replace(question, depth=depth, today=question.today or datetime.now(CHINA).date())

    def _rules(self, question: Question) -> Rules:
        own = self._settings.eligibility
        assert question.today is not None  # `_checked` filled it in
        return Rules(question.today, unknown=own.unknown, unstated=own.unstated)

    def _stored(self, key: str, side: Side[Any]) -> _Asker:
        row = side.row_of(key)
        if row is None:
            kind = "graduate" if side.row_type is GraduateRows else "posting"
            raise UnknownId(f"no {kind} '{key}'", where=kind, cure="Send the record first, or check tenant and id.")
        return self._at(side, row)

    def _at(self, side: Side[Any], row: int) -> _Asker:
        rows = np.array([row], np.int64)
        return self._asker(side.body(row), side.at(rows), side.vectors.vectors(rows)[0])

    def _asker(self, body: bytes, columns: GraduateRows | PostingRows, vector: NDArray[np.float32]) -> _Asker:
        if isinstance(columns, GraduateRows):
            graduate = Graduate.model_validate_json(body)
            return _Asker(graduate, columns, vector, self.state.words.query(graduate_words(graduate)))
        posting = _posting(body)
        return _Asker(posting, columns, vector, self.state.words.known(posting_words(posting)))

    def _new(self, record: Graduate | Posting) -> _Asker:
        if self._encoder is None:
            raise ValueError("a record that is not stored needs an encoder")
        if isinstance(record, Graduate):
            vector = self._encoder.encode([graduate_text(record)], side=TextSide.QUERY)[0]
            tokens = self.state.words.query(graduate_words(record))
            return _Asker(record, GraduateRows.of([record]), vector, tokens)
        vector = self._encoder.encode([posting_text(record)], side=TextSide.PASSAGE)[0]
        return _Asker(record, PostingRows.of([record]), vector, self.state.words.known(posting_words(record)))

    def _candidates(self, side: Side[Any], asker: _Asker, allowed: Allowed, question: Question) -> Candidates:
        query = (asker.vector, asker.tokens)
        return find_candidates(side.vectors, side.tokens, query, allowed, self._depths(question))

    def _depths(self, question: Question) -> tuple[int, int]:
        """How many rows the dense and the lexical side may bring."""
        return question.depth, min(question.depth, self._settings.retrieval.lexical)

    def _ranked(self, side: Side[Any], found: Candidates, pairs: Pairs, by: str) -> _Ranked:
        features = pair_features(pairs)
        contributions = self.state.ranker.contributions(features)
        keys = side.keys[found.rows]
        twins = pairs.p.twin if side.row_type is PostingRows else np.arange(len(keys))
        scores, surplus = contributions.sum(axis=1), None
        if by == "surplus":
            own = self._settings
            surplus = surpluses(scores / MICRO, features, chances_of(own), own.ranking.use)
        every = order(scores if surplus is None else surplus.units, found.similarities, keys.tolist())
        return _Ranked(features, contributions, keys, twins, every, _first_of_each(every, twins), surplus)

    def _answer(
        self, side: Side[Any], found: Candidates, pairs: Pairs, posed: _Posed, asker: _Asker, question: Question
    ) -> Answer:
        rules, eligible = posed
        features, contributions, keys, twins, every, best, surplus = self._ranked(side, found, pairs, question.by)
        page = best[question.skip : question.skip + question.k]
        g, p = pairs.g, pairs.p
        verdicts = rules.judge(g.at(page), p) if side.row_type is GraduateRows else rules.judge(g, p.at(page))
        records = [_record(side, row) for row in found.rows[page].tolist()]
        reasons: list[tuple[Reason, ...]] = [()] * len(page)
        if question.explained:
            reasons = explain_all(asker.record, records, features[page].tolist(), contributions[page].tolist())
        matches = [
            Match(
                keys[i],
                rank,
                sum(contributions[i].tolist()) / MICRO,
                float(found.similarities[i]),
                eligibility,
                {name: points / MICRO for name, points in zip(FEATURE_NAMES, contributions[i].tolist(), strict=True)},
                why,
                record,
                tuple(keys[every[(twins[every] == twins[i]) & (every != i)]].tolist()),
                None if surplus is None else surplus.of(i),
            )
            for rank, (i, eligibility, why, record) in enumerate(
                zip(page.tolist(), verdicts, reasons, records, strict=True), start=question.skip + 1
            )
        ]
        return Answer(self.state.version, eligible, len(best), question.depth, tuple(matches))


def _first_of_each(rows: NDArray[np.intp], twins: NDArray[np.int64]) -> NDArray[np.intp]:
    """`rows` without those whose twin stands before them: a posting is listed once, however often it was posted."""
    _, first = np.unique(twins[rows], return_index=True)
    return rows[np.sort(first)]


def _record(side: Side[Any], row: int) -> Graduate | Posting:
    body = side.body(row)
    return Graduate.model_validate_json(body) if side.row_type is GraduateRows else _posting(body)


@lru_cache(maxsize=4_096)  # the same postings come in many answers; what is about persons is not kept
def _posting(body: bytes) -> Posting:
    return Posting.model_validate_json(body)


def _posting_filter(filters: Filters) -> Narrow | None:
    """What the filters leave of postings; None where they narrow nothing."""
    if filters == Filters():
        return None

    def keep(p: PostingRows) -> NDArray[np.bool_]:
        out = _of_tenants(p.tenant, filters)
        if filters.kinds:
            out &= np.isin(p.kind, [KINDS.index(kind) for kind in filters.kinds])
        if filters.industries:
            out &= np.isin(p.industry, [ord(letter[0]) - ord("A") for letter in filters.industries])
        if filters.regions:
            inside = np.zeros(len(out), np.bool_)
            for code in filters.regions:
                low, high = region_range(code)
                inside |= ((p.places >= low) & (p.places < high)).any(axis=1)
            out &= inside
        return out

    return keep


def _graduate_filter(filters: Filters) -> Narrow | None:
    """What the filters leave of graduates; None where they narrow nothing."""
    return (lambda g: _of_tenants(g.tenant, filters)) if filters.tenants else None


def _of_tenants(tenants: NDArray[np.int64], filters: Filters) -> NDArray[np.bool_]:
    if not filters.tenants:
        return np.ones(len(tenants), np.bool_)
    return np.isin(tenants, [tenant_code(name) for name in filters.tenants])
