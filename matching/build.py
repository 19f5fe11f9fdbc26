"""Store → snapshot: read every record once, make texts, columns, tokens and vectors, write, publish.

The last change of the store is noted before the first record is read, so whatever changes during the
build is followed live afterwards; nothing falls between. Vectors come from the cache where the text
is known, so a rebuild encodes only what is new, and a killed build goes on where it was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from matching.attributes import GraduateRows, PostingRows
from matching.errors import SnapshotError
from matching.features import FEATURE_NAMES
from matching.profile import TEMPLATE, graduate_text, graduate_words, posting_text, posting_words
from matching.progress import Progress
from matching.scoring import ranker_name, ranker_of
from matching.side import NewRows
from matching.snapshot import FORMAT, Manifest, Snapshots
from matching.standard.records import Graduate, Posting
from matching.state import write_state
from matching.surplus import check_use
from models.encoder import Side as TextSide
from models.index import Vectors
from models.lexical import LexicalModel, SparseRow

if TYPE_CHECKING:
    from matching.asof import Source
    from matching.settings import Settings
    from models.encoder import Encoder

"""Told the step's name, how many are done, and how many there are."""


class _Scanned(NamedTuple):
    keys: list[str]
    bodies: list[bytes]
    columns: list[Any]
    texts: list[str]
    words: list[str]


def build(
    store: Source,
    encoder: Encoder,
    settings: Settings,
    *,
    cutoff: datetime | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Build a snapshot of all that the store holds, publish it, and make it the current one.

    `cutoff` is the moment that the source stands at, for the manifest; None: now. Older snapshots that still hold a
    person who has since been deleted are removed (Law 8).

    Raises
    ------
    SnapshotError
        Another build is under way, or the disk is full.
    EncoderError, StoreError
    """
    say = progress or (lambda step, done, total: None)
    check_use(settings.ranking.use)
    ranker = ranker_of(settings.ranking)  # before the long work: a wrong weight is told at once
    snapshots = Snapshots(settings.snapshots)
    with snapshots.draft() as draft:
        change = store.last_change()
        postings = _scan(store, "posting", say)
        graduates = _scan(store, "graduate", say)
        words, posting_tokens = LexicalModel.of(postings.words, query_tokens=settings.retrieval.query_tokens)
        graduate_tokens = [words.query(text) for text in graduates.words]
        sides: dict[str, NewRows[Any]] = {
            "graduates": _rows(
                graduates, GraduateRows, _encoded(encoder, graduates.texts, TextSide.QUERY, say), graduate_tokens
            ),
            "postings": _rows(
                postings, PostingRows, _encoded(encoder, postings.texts, TextSide.PASSAGE, say), posting_tokens
            ),
        }
        say("write", 0, 1)
        try:
            files = write_state(draft, sides=sides, words=words)
        except (OSError, RuntimeError) as error:  # FAISS says RuntimeError when the disk is full
            cure = "Free some disk and build again; the snapshot in use is as it was."
            raise SnapshotError(f"the snapshot cannot be written: {error}", where=str(draft), cure=cure) from None
        manifest = Manifest(
            format=FORMAT,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            code_version=version("gradmatch"),
            encoder=encoder.name,
            dim=encoder.dim,
            template=TEMPLATE,
            features=FEATURE_NAMES,
            ranker=ranker.to_dict(),
            ranker_name=ranker_name(settings.ranking),
            change=change,
            cutoff="" if cutoff is None else cutoff.isoformat(),
            rows={name: len(rows.keys) for name, rows in sides.items()},
            files=files,
        )
        name = snapshots.publish(draft, manifest)
    snapshots.use(name)
    remove_erased(store, snapshots)
    say("write", 1, 1)
    return manifest


def remove_erased(store: Source, snapshots: Snapshots) -> list[str]:
    """Remove snapshots, except the current one, that hold a person deleted since; return their names."""
    current = snapshots.current()
    doomed = [
        name for name in snapshots.names() if name != current and store.erased_since(snapshots.manifest(name).change)
    ]
    for name in doomed:
        snapshots.remove(name)
    return doomed


def _scan(store: Source, type_name: str, say: Progress) -> _Scanned:
    found = _Scanned([], [], [], [], [])
    total = store.count(type_name)
    for batch in store.scan(type_name):
        found.keys.extend(record.key for record in batch)
        found.bodies.extend(record.model_dump_json(exclude_defaults=True).encode() for record in batch)
        if type_name == "posting":
            postings = cast("list[Posting]", batch)
            found.columns.append(PostingRows.of(postings))
            found.texts.extend(posting_text(posting) for posting in postings)
            found.words.extend(posting_words(posting) for posting in postings)
        else:
            graduates = cast("list[Graduate]", batch)
            found.columns.append(GraduateRows.of(graduates))
            found.texts.extend(graduate_text(graduate) for graduate in graduates)
            found.words.extend(graduate_words(graduate) for graduate in graduates)
        say(f"read {type_name}", len(found.keys), total)
    return found


def _rows(scanned: _Scanned, row_type: type[Any], vectors: Vectors, tokens: list[SparseRow]) -> NewRows[Any]:
    return NewRows(scanned.keys, scanned.bodies, row_type.joined(scanned.columns), vectors, tokens)


def _encoded(encoder: Encoder, texts: list[str], side: TextSide, say: Progress) -> Vectors:
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        say(f"encode {side}", done, len(texts))

    return encoder.encode(texts, side=side, progress=tell)
