"""The error tree of the project. Every message names the thing, the place and the cure.

GradmatchError                 what, where, cure (defined in `models.errors`)
├── EncoderError               an encoder cannot be prepared, loaded or used
├── InputError                 somebody gave us something that is not right
│   ├── FileError              a file cannot be read or is not what its name says
│   ├── MappingError           a mapping file is wrong
│   ├── SettingsError          the settings file is wrong
│   ├── QueryError             a question with impossible parameters (k, filters, cursor)
│   ├── NoList                 no invitation list can keep all the rules: proved
│   ├── ListChanged            somebody else has changed the list meanwhile; nothing is lost
│   ├── ResumeRefused          a file is not read as a résumé (carries the reason's code)
│   └── RecordRefused          one record breaks the data standard (carries its refusals)
├── AccessError                the door stays shut
│   ├── NotAuthenticated       no key, or not one of ours
│   └── NotAllowed             a good key, but not for this tenant or this action
├── ClusterError               the processes or machines of a long work cannot be had, or were lost
├── OutOfTime                  the time given ran out before there was an answer
├── UnknownId                  no such graduate, posting, employer, event or snapshot
├── StoreError                 the database cannot be opened, read or written
│   └── Overtaken              somebody took what was to be withdrawn (defined in `matching.store.standing`)
└── SnapshotError              the built state cannot be used
    ├── NoSnapshot             nothing has been built yet
    ├── SnapshotUnreachable    the URL of the snapshots cannot be read or written
    ├── SnapshotDamaged        a file is missing, short or altered
    └── SnapshotMismatch       built with another encoder, template or feature list
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import EncoderError, GradmatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching.language import Words
    from matching.standard.refusals import Refusal

__all__ = [
    "AccessError",
    "ClusterError",
    "EncoderError",
    "FileError",
    "GradmatchError",
    "InputError",
    "ListChanged",
    "MappingError",
    "NoList",
    "NoSnapshot",
    "NotAllowed",
    "NotAuthenticated",
    "OutOfTime",
    "QueryError",
    "RecordRefused",
    "ResumeRefused",
    "SettingsError",
    "SnapshotDamaged",
    "SnapshotError",
    "SnapshotMismatch",
    "SnapshotUnreachable",
    "StoreError",
    "UnknownId",
]


class InputError(GradmatchError):
    """Somebody gave us something that is not right."""


class FileError(InputError):
    """A file cannot be read, or is not what its name says."""


class MappingError(InputError):
    """A mapping file is wrong."""


class SettingsError(InputError):
    """The settings file is wrong."""


class QueryError(InputError):
    """A question with impossible parameters."""


class NoList(InputError):
    """No invitation list can keep all the rules: proved."""


class ListChanged(InputError):
    """Somebody else has changed the list meanwhile; what was sent is kept beside it."""


class RecordRefused(InputError):
    """One record breaks the data standard; `refusals` says each way in which it does."""

    def __init__(self, refusals: Sequence[Refusal], *, where: str = "") -> None:
        first = refusals[0]
        super().__init__(f"{first.field}: {first.reason.en}", where=where, cure=first.cure.en)
        self.refusals = tuple(refusals)


class ResumeRefused(InputError):
    """A file is not read as a résumé; `code`, `reason` and `fix` say why and what to do, never whose it is."""

    def __init__(self, code: str, reason: Words, fix: Words) -> None:
        super().__init__(reason.en, where="résumé", cure=fix.en)
        self.code = code
        self.reason = reason
        self.fix = fix


class AccessError(GradmatchError):
    """The door stays shut."""


class NotAuthenticated(AccessError):
    """No API key, or not one of ours."""


class NotAllowed(AccessError):
    """A good API key, but not for this tenant or this action."""


class ClusterError(GradmatchError):
    """The processes or machines of a long work cannot be had, or were lost too often; what is done stays done."""


class OutOfTime(GradmatchError):
    """The time given ran out before there was an answer."""


class UnknownId(GradmatchError):
    """No such graduate, posting, employer, event or snapshot."""


class StoreError(GradmatchError):
    """The database cannot be opened, read or written."""


class SnapshotError(GradmatchError):
    """The built state cannot be used."""


class NoSnapshot(SnapshotError):
    """Nothing has been built yet."""


class SnapshotUnreachable(SnapshotError):
    """The URL of the snapshots cannot be read or written."""


class SnapshotDamaged(SnapshotError):
    """A file of the snapshot is missing, short or altered."""


class SnapshotMismatch(SnapshotError):
    """The snapshot was built with another encoder, text template or feature list."""
