"""The whole question: rules → row set → candidates → features → score → order → reasons.

One algorithm for both directions. Answers come from one `State`, so they are of one piece, and the same question
to the same state gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
from matching.retrieval import Candidates, find_candidates
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
    """The rules that were asked, and how many rows they allow each who asks."""

    rules: Rules
    eligible: Sequence[int]


class _Ranked(NamedTuple):
    """All candidates scored: `every` orders them, `best` is that without reposts; the surplus, where it orders.

    `keys` gives the keys of some of them.
    """

    keys: Callable[[NDArray[np.intp]], list[str]]
    features: NDArray[np.float32]
    contributions: NDArray[np.int64]
    twins: NDArray[np.int64]
    every: NDArray[np.intp]
    best: NDArray[np.intp]
    surplus: Surpluses | None = None

    def also(self, places: Sequence[int]) -> list[NDArray[np.intp]]:
        """The reposts of each of some places, next best first; for a list of one asker."""
        twins = self.twins[self.every]
        return [self.every[(twins == self.twins[i]) & (self.every != i)] for i in places]


class _Askers(NamedTuple):
    """Those who ask together, m of them: records, columns (m rows), vectors (m, dim) and tokens."""

    records: Sequence[Any]
    columns: Any
    vectors: NDArray[np.float32]
    tokens: Sequence[SparseRow]

    def beside(self, found: Candidates) -> GraduateRows:
        """The columns of whoever each candidate is for; one row where only one asks."""
        columns: GraduateRows = self.columns
        return columns if len(self.records) == 1 else columns.at(found.of)


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

    def best_postings(self, rows: Sequence[int], question: Question) -> Best:
        """The same answers for the stored graduates at `rows` (one at least), without records and reasons: in bulk.

        Raises
        ------
        QueryError
            As `postings_for`.
        """
        question, side = self._checked(question), self.state.postings
        askers = self._at(self.state.graduates, rows)
        found, pairs, posed = self._paired(askers, question)
        ranked = self._ranked(side, found, pairs, question.by)
        of = found.of[ranked.best]
        place = np.arange(len(of)) - np.searchsorted(of, of)
        page = ranked.best[(place >= question.skip) & (place < question.skip + question.k)]
        of, near = found.of[page], found.similarities[page]
        statuses = posed.rules.statuses(askers.columns.at(of), pairs.p.at(page))
        scores = ranked.contributions[page].sum(axis=1) / MICRO
        return Best(np.bincount(of, minlength=len(rows)), side.keys[found.rows[page]], scores, near, statuses)

    def reasons(self, row: int, keys: Collection[str], today: date) -> dict[str, tuple[Reason, ...]]:
        """Why some stored postings suit the stored graduate at `row`; those that are not stored are left out.

        The same reasons as `postings_for` gives, without searching.
        """
        side, askers = self.state.postings, self._at(self.state.graduates, [row])
        known, rows = self._stored_postings(keys)
        features = self.features_of(row, rows, today)
        contributions = self.state.ranker.contributions(features)
        records = [_record(side, line) for line in rows.tolist()]
        told = explain_all(askers.records[0], records, features.tolist(), contributions.tolist())
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

    def _paired(self, askers: _Askers, question: Question) -> tuple[Candidates, Pairs, _Posed]:
        """The postings that may be among graduates' best."""
        rules, side = self._rules(question), self.state.postings
        narrow = _posting_filter(question.filters)
        each = range(len(askers.records))
        allowed = [row_set(side, askers.columns.at(slice(i, i + 1)), rules, narrow) for i in each]
        found = self._candidates(side, askers, allowed, question)
        return found, self._pairs(askers, found, rules.today), _Posed(rules, [own.total for own in allowed])

    def _pairs(self, askers: _Askers, found: Candidates, today: int | NDArray[np.int64]) -> Pairs:
        """What the features of graduates with the postings that were found are computed from."""
        side = self.state.postings
        mine = offsets_of(askers.vectors, self.state.closeness.document_mean)[found.of]
        closeness = self.state.closeness.of_offsets(found.similarities, mine, side.offsets.values[found.rows])
        return Pairs(askers.beside(found), side.at(found.rows), closeness, found.lexical, today)

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
        askers, offers = self._at(self.state.graduates, [graduate]), self.state.postings
        similarities = similarity_of(offers.vectors.halves(postings), askers.vectors[0])
        words = offers.tokens.scores(askers.tokens[0])[postings]
        found = Candidates(np.zeros(len(postings), np.int64), postings, similarities, words)
        day = Rules(today).today if isinstance(today, date) else today
        return pair_features(self._pairs(askers, found, day))

    def wished(self, graduate: int, text: str, filters: Filters, today: date) -> NDArray[np.int64]:
        """Postings that the rules allow the stored graduate at row `graduate`, within `filters`.

        Those with a word of `text` where there is one, by how well they fit it; else those nearest to the person.
        """
        askers, side = self._at(self.state.graduates, [graduate]), self.state.postings
        question = self._checked(Question(today=today))
        allowed = row_set(side, askers.columns, self._rules(question), _posting_filter(filters))
        if not text:
            found = self._candidates(side, askers, [allowed], question)
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
        question, asker = self._checked(question), self._at(self.state.postings, [row])
        found, pairs, _ = self._sought(asker, question)
        best = self._ranked(self.state.graduates, found, pairs, question.by).best
        return found.rows[best[question.skip : question.skip + question.k]]

    def _sought(self, asker: _Askers, question: Question) -> tuple[Candidates, Pairs, _Posed]:
        """The graduates that may be among a posting's best."""
        rules, side = self._rules(question), self.state.graduates
        allowed = row_set(side, asker.columns, rules, _graduate_filter(question.filters))
        found = self._candidates(side, asker, [allowed], question)
        mine = offsets_of(asker.vectors, self.state.closeness.query_mean)
        closeness = self.state.closeness.of_offsets(found.similarities, side.offsets.values[found.rows], mine)
        pairs = Pairs(side.at(found.rows), asker.columns, closeness, found.lexical, rules.today)
        return found, pairs, _Posed(rules, [allowed.total])

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

    def _stored(self, key: str, side: Side[Any]) -> _Askers:
        row = side.row_of(key)
        if row is None:
            kind = "graduate" if side.row_type is GraduateRows else "posting"
            raise UnknownId(f"no {kind} '{key}'", where=kind, cure="Send the record first, or check tenant and id.")
        return self._at(side, [row])

    def _at(self, side: Side[Any], rows: Sequence[int]) -> _Askers:
        records, held = [_record(side, row) for row in rows], np.array(rows, np.int64)
        return _Askers(records, side.at(held), side.vectors.vectors(held), [self._tokens(one) for one in records])

    def _tokens(self, record: Graduate | Posting) -> SparseRow:
        if isinstance(record, Graduate):
            return self.state.words.query(graduate_words(record))
        return self.state.words.known(posting_words(record))

    def _new(self, record: Graduate | Posting) -> _Askers:
        if self._encoder is None:
            raise ValueError("a record that is not stored needs an encoder")
        columns: GraduateRows | PostingRows
        if isinstance(record, Graduate):
            vectors = self._encoder.encode([graduate_text(record)], side=TextSide.QUERY)
            columns = GraduateRows.of([record])
        else:
            vectors = self._encoder.encode([posting_text(record)], side=TextSide.PASSAGE)
            columns = PostingRows.of([record])
        return _Askers([record], columns, vectors, [self._tokens(record)])

    def _candidates(
        self, side: Side[Any], askers: _Askers, allowed: Sequence[Allowed], question: Question
    ) -> Candidates:
        queries = (askers.vectors, askers.tokens)
        return find_candidates(side.vectors, side.tokens, queries, allowed, self._depths(question))

    def _depths(self, question: Question) -> tuple[int, int]:
        """How many rows the dense and the lexical side may bring."""
        return question.depth, min(question.depth, self._settings.retrieval.lexical)

    def _ranked(self, side: Side[Any], found: Candidates, pairs: Pairs, by: str) -> _Ranked:
        features = pair_features(pairs)
        contributions = self.state.ranker.contributions(features)
        twins = pairs.p.twin if side.row_type is PostingRows else np.arange(len(found.rows))
        scores, surplus = contributions.sum(axis=1), None
        if by == "surplus":
            own = self._settings
            surplus = surpluses(scores / MICRO, features, chances_of(own), own.ranking.use)

        def keys(places: NDArray[np.intp]) -> list[str]:
            out: list[str] = side.keys[found.rows[places]].tolist()
            return out

        every = order(scores if surplus is None else surplus.units, found.similarities, keys, found.of)
        return _Ranked(keys, features, contributions, twins, every, _first_of_each(every, twins, found.of), surplus)

    def _answer(
        self, side: Side[Any], found: Candidates, pairs: Pairs, posed: _Posed, asker: _Askers, question: Question
    ) -> Answer:
        rules, (eligible,) = posed
        ranked = self._ranked(side, found, pairs, question.by)
        keys, features, contributions, _, _, best, surplus = ranked
        page = best[question.skip : question.skip + question.k]
        g, p = pairs.g, pairs.p
        verdicts = rules.judge(g.at(page), p) if side.row_type is GraduateRows else rules.judge(g, p.at(page))
        records = [_record(side, row) for row in found.rows[page].tolist()]
        reasons: list[tuple[Reason, ...]] = [()] * len(page)
        if question.explained:
            reasons = explain_all(asker.records[0], records, features[page].tolist(), contributions[page].tolist())
        matches = [
            Match(
                key,
                rank,
                sum(contributions[i].tolist()) / MICRO,
                float(found.similarities[i]),
                eligibility,
                {name: points / MICRO for name, points in zip(FEATURE_NAMES, contributions[i].tolist(), strict=True)},
                why,
                record,
                tuple(keys(also)) if len(also) else (),
                None if surplus is None else surplus.of(i),
            )
            for rank, (i, key, eligibility, why, record, also) in enumerate(
                zip(page.tolist(), keys(page), verdicts, reasons, records, ranked.also(page.tolist()), strict=True),
                start=question.skip + 1,
            )
        ]
        return Answer(self.state.version, eligible, len(best), question.depth, tuple(matches))


def _first_of_each(rows: NDArray[np.intp], twins: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.intp]:
    """`rows` without those whose twin stands before them in a list: a posting is listed once, however often posted."""
    together = rows[kinds := np.lexsort((twins[rows], of[rows]))]  # stable: those of a kind stay in order
    twin, whose = twins[together], of[together]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (twin[1:] != twin[:-1]) | (whose[1:] != whose[:-1])
    return rows[np.sort(kinds[first])]


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
