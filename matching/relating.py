"""Store → relations: what postings demand and where graduates applied, counted by class, occupation and industry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from matching.attributes import major_class_of
from matching.standard.records import Graduate, Posting
from matching.terms import industries, majors
from matching.terms.relations import Relation, Seen, build, counted, small_group

if TYPE_CHECKING:
    from matching.store import Store
    from models.encoder import Encoder

_WANTED = ("applied", "answered", "interviewed", "offered", "hired")


def relate(store: Store, encoder: Encoder | None = None, *, cutoff: datetime | None = None) -> list[Relation]:
    """Relations from all that the store holds; interactions up to `cutoff` (default: now)."""
    return build([*_demands(store), *_interactions(store, cutoff or datetime.now(UTC))], encoder)


def demanded(posting: Posting) -> set[str]:
    """Class codes that the posting itself names; near classes are not among them."""
    named = posting.requirements.majors or ()
    found = [
        entry for text in named for entry in ((majors.major(text),) if majors.major(text) else majors.find_majors(text))
    ]
    return {majors.class_of(entry.code) for entry in found if entry is not None and entry.level != "category"}


def _demands(store: Store) -> Iterator[Seen]:
    majors_seen: list[tuple[str, str]] = []
    industries_seen: list[tuple[str, str]] = []
    for batch in store.scan("posting"):
        for posting in batch:
            assert isinstance(posting, Posting)
            group = small_group(posting.title)
            if group is None:
                continue
            majors_seen += [(code, group) for code in demanded(posting)]
            if (industry := _division(posting)) is not None:
                industries_seen.append((group, industry))
    yield counted("major-occupation", "postings", majors_seen)
    yield counted("occupation-industry", "postings", industries_seen)


def _division(posting: Posting) -> str | None:
    """The division of the posting's industry, or the section where it says no more."""
    found = industries.find_industry(posting.industry_code or posting.industry)
    return None if found is None else found.code[:3]


def _interactions(store: Store, cutoff: datetime) -> Iterator[Seen]:
    past = store.past(cutoff).interactions()
    rows = [row for row in past.iter_rows(named=True) if row["action"] in _WANTED]
    pairs = sorted({(row["graduate"], row["posting"]) for row in rows})
    classes = {
        key: major_class_of(record)
        for key, record in store.get_many("graduate", sorted({g for g, _ in pairs})).items()
        if isinstance(record, Graduate)
    }
    offers = {
        key: (small_group(record.title), _division(record))
        for key, record in store.get_many("posting", sorted({p for _, p in pairs})).items()
        if isinstance(record, Posting)
    }
    met = [(classes.get(graduate), *offers.get(posting, (None, None))) for graduate, posting in pairs]
    yield counted("major-occupation", "interactions", [(c, g) for c, g, _ in met if c is not None and g is not None])
    yield counted("occupation-industry", "interactions", [(g, i) for _, g, i in met if g is not None and i is not None])
