"""The ledger of runs: what was evaluated on what, with what, and the one command that makes the figures again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import orjson
import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from eval.evaluation import Evaluation
from matching.errors import FileError, QueryError, UnknownId

FILE = "evaluations.jsonl"
_ROUNDED = 9
_QUIET = "GRADMATCH_LEDGER_CLOSED"
"""Set in the environment of a run that is made again: it is no new run."""


class Entry(BaseModel):
    """One run.

    Attributes
    ----------
    run : str
        Short name: a hash of what the figures depend on, and of the figures.
    figures : str
        SHA-256 of the summary, figures rounded to nine places: what must come out again.
    folder : str
        Where the evaluation lies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    at: str
    kind: str
    data: str
    snapshot: str
    code_version: str
    encoder: str
    seed: int
    simulated: bool
    figures: str
    folder: str
    command: tuple[str, ...]


class Ledger:
    """The ledger of a data folder: one line a run, only ever added to."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def add(self, evaluation: Evaluation, folder: Path) -> Entry:
        """Enter a saved evaluation; one that is in already is not entered twice.

        Raises
        ------
        FileError
        """
        own, figures = evaluation.provenance, figures_of(evaluation)
        depends = [own.model_dump(mode="json", exclude={"command"}), figures]
        name = hashlib.sha256(orjson.dumps(depends)).hexdigest()[:10]
        entry = Entry(
            run=name,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            kind=own.kind,
            data=own.data,
            snapshot=own.snapshot,
            code_version=own.code_version,
            encoder=own.encoder,
            seed=own.seed,
            simulated=own.simulated,
            figures=figures,
            folder=str(folder.absolute()),
            command=own.command,
        )
        if any(one.run == name and one.folder == entry.folder for one in self.entries()):
            return entry
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(orjson.dumps(entry.model_dump(mode="json"), option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            raise FileError(
                f"the ledger cannot be written: {error.strerror}", where=str(self._path), cure="Check rights and room."
            ) from None
        return entry

    def entries(self) -> list[Entry]:
        """Every run, oldest first; none where there is no ledger yet.

        Raises
        ------
        FileError
            A line is broken; names it.
        """
        if not self._path.exists():
            return []
        found = []
        for number, line in enumerate(self._path.read_bytes().splitlines(), 1):
            try:
                found.append(Entry.model_validate_json(line))
            except ValidationError:
                raise FileError(
                    "a broken line in the ledger", where=f"{self._path}, line {number}", cure="Remove the line."
                ) from None
        return found

    def entry(self, run: str) -> Entry:
        """The run of that name, or of that beginning of a name; the newest of them.

        Raises
        ------
        UnknownId
        """
        found = [one for one in self.entries() if one.run.startswith(run)]
        if not found or not run:
            raise UnknownId(f"no run '{run}'", where=str(self._path), cure="See `gradmatch eval ledger`.")
        return found[-1]


def keep(evaluation: Evaluation, folder: Path, home: Path) -> None:
    """Save an evaluation into `folder`, and enter it in the ledger of `home`, unless it is a run made again.

    Raises
    ------
    FileError
    """
    evaluation.save(folder)
    if os.environ.get(_QUIET) is None:
        Ledger(home).add(evaluation, folder)


def figures_of(evaluation: Evaluation) -> str:
    """SHA-256 of the summary, in the order of its keys, figures rounded to nine places."""
    keys = ["direction", "system", "axis", "slice", "measure"]
    floats = pl.col(pl.Float64).fill_nan(None).round(_ROUNDED) + 0.0
    rows = evaluation.summary.sort(keys).with_columns(floats).rows()
    return hashlib.sha256(orjson.dumps(rows)).hexdigest()


def again(entry: Entry) -> tuple[bool, Evaluation]:
    """Run the entry's command once more, into a folder of its own; whether the same figures came out, and what did.

    Raises
    ------
    QueryError
        The entry has no command (it was made from Python), or the command failed.
    """
    if not entry.command:
        raise QueryError(f"run {entry.run} has no command", where="ledger", cure="It was made from Python: see there.")
    with tempfile.TemporaryDirectory() as folder:
        words = [*_without_out(entry.command[1:]), "--out", folder]
        quiet = {**os.environ, _QUIET: "1"}
        program = "from matching.cli import main; main()"
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, env=quiet
        )
        if not (Path(folder) / "evaluation.json").exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise QueryError(f"the command failed: {last}", where=" ".join(entry.command), cure="Run it by hand.")
        made = Evaluation.load(Path(folder))
    return figures_of(made) == entry.figures, made


def _without_out(words: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == "--out":
            skip = True
        elif not word.startswith("--out="):
            kept.append(word)
    return kept
