"""A task in a folder of its own: three files as TREC has them, and ``about.json``, which says what the task is for.

A figure may only be called a test where nothing was learned, chosen or tuned on the task. Whoever makes a task knows
that, so the makers (``python -m eval.prepare_…``) write it down, and whoever reports reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.task import Task, read_task
from matching.errors import FileError

ABOUT = "about.json"


class About(BaseModel):
    """What a task is for.

    Attributes
    ----------
    role : ``development`` where anything was learned, chosen or tuned by it; ``test`` where nothing was.
    measure : what it is reported by.
    note : what a reader of its figures has to know, in a sentence.
    asked : relative gain that ``hybrid`` is to have over the better of BM25 and the base; None asks nothing.
    qrels : file of the judgements.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["development", "test"]
    measure: Literal["mAP", "nDCG@10", "nDCG@20"] = "mAP"
    note: str = ""
    asked: Annotated[float | None, Field(gt=0)] = None
    qrels: str = "qrels.tsv"


class NamedTask(NamedTuple):
    """A task with its folder's name and what it is for."""

    name: str
    about: About
    task: Task


def write_about(folder: Path, about: About) -> None:
    """Write down what the task in `folder` is for.

    Raises
    ------
    FileError
        The folder is not there or cannot be written.
    """
    path = folder / ABOUT
    try:
        path.write_text(about.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        what = f"file cannot be written: {error.strerror}"
        raise FileError(what, where=str(path), cure="Name another folder.") from None


def read_folder(folder: Path) -> NamedTask:
    """The task in `folder`.

    Raises
    ------
    FileError
        There is no ``about.json``, it does not say what it has to, or a file of the task is broken.
    """
    path = folder / ABOUT
    cure = "Make the task with python -m eval.prepare_…, or write role, measure and note (docs/evaluation.md)."
    try:
        about = About.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"nothing says what the task is for: {error.strerror}", where=str(path), cure=cure) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FileError(f"{place or 'it'}: {first['msg']}", where=str(path), cure=cure) from None
    return NamedTask(folder.name, about, read_task(folder / "queries.tsv", folder / "corpus.tsv", folder / about.qrels))


def read_folders(folder: Path) -> list[NamedTask]:
    """Every task that lies in `folder`: development tasks first, then by name.

    Raises
    ------
    FileError
        There is none, or one of them cannot be read.
    """
    found = [read_folder(path.parent) for path in sorted(folder.glob(f"*/{ABOUT}"))]
    if not found:
        cure = "Make some: python -m eval.prepare_titles FOLDER; see docs/evaluation.md."
        raise FileError("the folder holds no task", where=str(folder), cure=cure)
    return sorted(found, key=lambda task: (task.about.role, task.name))
