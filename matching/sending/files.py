"""A folder: letters of one claim as one file of JSON lines, which appears whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from matching.errors import FileError
from matching.sending.couriers import Told
from matching.sending.letter import Letter
from matching.sending.webhook import event
from matching.store import Verdict


class Files:
    """A courier that drops files.

    Parameters
    ----------
    folder : Path
        Made where it is missing.

    Raises
    ------
    FileError
        It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"the folder of letters cannot be made: {error.strerror}"
            raise FileError(what, where=str(folder), cure="Name another folder.") from None
        self._folder = folder

    def close(self) -> None:
        """Nothing is held."""

    def deliver(self, letters: Sequence[Letter], *, claim: str) -> list[Told]:
        """See `Courier`."""
        draft, path = self._folder / f".{claim}.part", self._folder / f"{claim}.jsonl"
        moment = time.time_ns() // 1000
        try:
            with draft.open("wb") as file:
                file.writelines(orjson.dumps(event(letter, moment)) + b"\n" for letter in letters)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            return [Told(Verdict.NOT_SENT, f"not written: {error.strerror}")] * len(letters)
        return [Told(Verdict.SENT)] * len(letters)
