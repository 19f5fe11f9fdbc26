"""What a fair is about, as arrays: hosts and their postings, people, and the chance of each pair.

A pair of a person and a host has the best of the host's postings that the person may take (hard rules, Law 1). Every
eligible person is scored with every posting: nobody is lost to a search that looks at the best few only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from matching.allocation.problem import Flags, Floats, Ints
from matching.attributes import KINDS, MISSING, employer_code, region_range, tenant_code
from matching.chance import Chances, chances_of
from matching.demanded import demanded_by
from matching.eligibility import Rules, Status
from matching.errors import QueryError
from matching.explanation import Reason, explain_all
from matching.fairs.words import NO_HOSTS, NOBODY
from matching.features import Pairs, pair_features
from matching.profile import posting_words
from matching.progress import Progress, silent
from matching.standard.records import Event, Graduate, Posting
from matching.terms import key_industries, majors, occupations
from matching.terms.regions import prefecture_of
from models.closeness import offsets_of
from models.index import similarity_of
from models.ranker import MICRO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching.settings import Settings
    from matching.state import State


_UNKNOWN_COUNTS = 0.5
"""What a pair whose eligibility is unknown is worth, beside one that passes."""


class Host(NamedTuple):
    """An employer at the fair: key, name, and the rows of its postings."""

    key: str
    name: str
    postings: tuple[int, ...]


@dataclass(frozen=True)
class Gathered:
    """Everything that the list is made from.

    people : rows of the state's graduates, (n,), in the order of their keys; keys and records with them.
    hosts : (m,). row, column, chance (p,) : pairs; posting (p,) the state's row of the best posting; unknown (p,).
    """

    event: Event
    people: Ints
    keys: tuple[str, ...]
    records: tuple[Graduate, ...]
    hosts: tuple[Host, ...]
    row: Ints
    column: Ints
    chance: Floats
    posting: Ints
    unknown: Flags
    titles: dict[int, tuple[str, str]]
    source: str


class _Scored(NamedTuple):
    """What the ranker and the rules say of people for one posting, (n,)."""

    score: Floats
    status: NDArray[np.int8]
    features: NDArray[np.float32]
    contributions: NDArray[np.int64]

    def worth(self, curves: Chances) -> Floats:
        """Chance of both sides; half of it where eligibility cannot be judged, 0 where a rule fails."""
        sure = np.where(self.status == Status.PASS, 1.0, np.where(self.status > Status.FAIL, _UNKNOWN_COUNTS, 0.0))
        return np.asarray(curves(self.score).both * sure)


class Scorer:
    """The ranker's scores of many people for one posting, without retrieval; the same as the endpoint's."""

    def __init__(self, state: State, settings: Settings, today: date) -> None:
        own = settings.eligibility
        self.state = state
        self._rules = Rules(today, unknown=own.unknown, unstated=own.unstated)

    def scored(self, posting: int, people: Ints) -> _Scored:
        """Scores and eligibility of `people` for the posting at a row."""
        state, one = self.state, np.array([posting], np.int64)
        graduates, side = state.graduates, state.postings
        vector = side.vectors.vectors(one)[0]
        similarities = similarity_of(graduates.vectors.halves(people), vector)
        mine = offsets_of(vector[None, :], state.closeness.query_mean)
        closeness = state.closeness.of_offsets(similarities, graduates.offsets.values[people], mine)
        lexical = graduates.tokens.scores(state.words.known(posting_words(self.record(posting))))[people]
        pairs = Pairs(graduates.at(people), side.at(one), closeness, lexical, self._rules.today)
        features = pair_features(pairs)
        contributions = state.ranker.contributions(features)
        status = self._rules.shown(pairs.g, pairs.p)
        return _Scored(contributions.sum(axis=1) / MICRO, status, features, contributions)

    def record(self, posting: int) -> Posting:
        """The record of the posting at a row."""
        return Posting.model_validate_json(self.state.postings.body(posting))

    def reasons(self, posting: int, people: Ints, records: Sequence[Graduate]) -> list[tuple[Reason, ...]]:
        """Why each of `people` suits the posting."""
        scored = self.scored(posting, people)
        record = self.record(posting)
        return explain_all(record, records, scored.features.tolist(), scored.contributions.tolist())


def gather(
    event: Event,
    state: State,
    settings: Settings,
    *,
    today: date,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
) -> Gathered:
    """Hosts, people and pairs of an event on the day `today`; `only` narrows the people to these keys.

    Raises
    ------
    QueryError
        No employer of the event has a posting that fits its theme, or nobody fits it.
    """
    say = progress or silent
    hosts = hosts_of(event, state)
    titles = {row: _titled(state, row) for host in hosts for row in host.postings}
    if not hosts:
        cure = "Check employer_ids, industries, kinds and occupations of the event, and that the postings are open."
        raise QueryError(NO_HOSTS.en, where=event.key, cure=cure)
    people, keys, records = _people(event, state, only)
    if not len(people):
        cure = "Check majors of the event, and that graduates seek work and may be shown to employers."
        raise QueryError(NOBODY.en, where=event.key, cure=cure)
    scorer, curves = Scorer(state, settings, today), chances_of(settings)
    rows, columns, chance, posting, unknown = [], [], [], [], []
    for number, host in enumerate(hosts):
        say("score", number, len(hosts))
        best, which, doubt = np.zeros(len(people)), np.full(len(people), -1), np.zeros(len(people), np.bool_)
        for row in host.postings:
            scored = scorer.scored(row, people)
            worth = scored.worth(curves)
            better = worth > best
            best[better], which[better] = worth[better], row
            doubt[better] = scored.status[better] == Status.UNKNOWN
        has = np.flatnonzero(which >= 0)
        rows.append(has)
        columns.append(np.full(len(has), number))
        chance.append(best[has])
        posting.append(which[has])
        unknown.append(doubt[has])
    order = np.lexsort((np.concatenate(columns), np.concatenate(rows)))
    joined: list[NDArray[Any]] = [np.concatenate(parts)[order] for parts in (rows, columns, chance, posting, unknown)]
    first, second, worth, offered, doubtful = joined
    return Gathered(event, people, keys, records, hosts, first, second, worth, offered, doubtful, titles, curves.source)


def hosts_of(event: Event, state: State) -> tuple[Host, ...]:
    """Employers with the rows of their live postings that fit the theme, in the order of `employer_ids`, or by key.

    Told by columns: of an employer one record is read, for its name; of a posting only where occupations are asked.
    """
    side = state.postings
    columns = side.at(slice(None))
    fits = side.alive & columns.open & (columns.employer != MISSING)
    fits &= columns.tenant == tenant_code(event.tenant)
    if event.kinds:
        fits &= np.isin(columns.kind, [KINDS.index(kind) for kind in event.kinds])
    if event.employer_ids:
        fits &= np.isin(columns.employer, [employer_code(key) for key in event.employer_ids])
    else:
        fits &= _of_theme(event, columns.industry, columns.places)
    rows = np.flatnonzero(fits)
    if event.occupations:
        codes = {read.code for text in event.occupations if (read := occupations.read(text))}
        rows = rows[[_occupied(_titled(state, row)[1], event, codes) for row in rows.tolist()]]
    found = {host.key: host for host in _by_employer(state, rows)}
    order = [key for key in dict.fromkeys(event.employer_ids) if key in found] or sorted(found)
    return tuple(found[key] for key in order)


def _by_employer(state: State, rows: Ints) -> Iterator[Host]:
    """The rows by employer, each with key and name as its last posting has them."""
    if not len(rows):
        return
    codes = state.postings.at(rows).employer
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    for mine in np.split(rows[order], cuts):
        body = orjson.loads(state.postings.body(int(mine[-1])))
        name = body.get("employer_name") or ""
        key = body.get("employer_id") or name
        yield Host(key, name or key, tuple(mine.tolist()))


def _titled(state: State, row: int) -> tuple[str, str]:
    """Key and title of the posting at a row."""
    return state.postings.keys[row], orjson.loads(state.postings.body(row))["title"]


def _of_theme(event: Event, sections: NDArray[np.int8], places: NDArray[np.int32]) -> Flags:
    fits = np.ones(len(sections), np.bool_)
    if event.industries:
        letters = {code[0] for text in event.industries for code in key_industries.codes_of_theme(text)}
        fits &= np.isin(sections, [ord(letter) - ord("A") for letter in letters])
    if event.region and event.kind == "fair":
        low, high = region_range(prefecture_of(event.region))
        fits &= ((places >= low) & (places < high)).any(axis=1)
    return fits


def _occupied(title: str, event: Event, codes: set[str]) -> bool:
    if any(text in title for text in event.occupations):
        return True
    read = occupations.read(title)
    return read is not None and any(read.code == code or read.code.startswith(f"{code}-") for code in codes)


def _people(
    event: Event, state: State, only: Collection[str] | None
) -> tuple[Ints, tuple[str, ...], tuple[Graduate, ...]]:
    """The people of the event with their records, by key; `only` narrows them to these keys."""
    side = state.graduates
    found = []
    for row in people_of(event, state).tolist():
        if only is None or side.keys[row] in only:
            record = Graduate.model_validate_json(side.body(row))
            found.append((record.key, row, record))
    found.sort(key=lambda one: one[0])
    rows = np.array([row for _, row, _ in found], np.int64)
    return rows, tuple(key for key, _, _ in found), tuple(record for _, _, record in found)


def people_of(event: Event, state: State) -> Ints:
    """Rows of who seeks work, may be shown to employers and fits the majors of the event, of its tenant."""
    side = state.graduates
    columns = side.at(slice(None))
    fits = side.alive & columns.seeking & columns.visible & (columns.tenant == tenant_code(event.tenant))
    if event.majors:
        admitted = demanded_by(event.majors).admitted
        fits &= np.isin(columns.major_class, [n for n, code in enumerate(majors.classes()) if code in admitted])
    return np.flatnonzero(fits)
