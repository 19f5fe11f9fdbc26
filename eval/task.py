"""A retrieval task as TREC knows it: queries, a corpus, and graded judgements of which document answers which query."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from eval.texts import HEADER_IDS, checked_id, lines, read_texts, shown
from eval.trec import Qrels
from matching.errors import FileError
from matching.language import Words

_LINE = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_GRADE = re.compile(r"[+-]?[0-9]{1,4}")


class Judgement(NamedTuple):
    """One line of a qrels file; `grade` ≥ 1 is relevant, 0 and below is not."""

    query: str
    document: str
    grade: int
    where: str


@dataclass(frozen=True)
class Task:
    """Queries, corpus and judgements that fit each other.

    Parameters
    ----------
    queries, corpus : mapping of str to str
        Text by id, in file order. The corpus is not empty. A document may have the id of a query.
    qrels : mapping of str to mapping of str to int
        Only judged queries, in the order of `queries`; at least one.
    """

    queries: Mapping[str, str]
    corpus: Mapping[str, str]
    qrels: Qrels

    @property
    def judged(self) -> tuple[str, ...]:
        """The queries that have a judgement: those that are asked, and over which means are taken."""
        return tuple(self.qrels)

    @property
    def unjudged(self) -> int:
        """How many queries have no judgement; they are left out."""
        return len(self.queries) - len(self.qrels)

    @property
    def hopeless(self) -> int:
        """How many judged queries have no relevant document; they count 0 for every system, as trec_eval has it."""
        return sum(all(grade < 1 for grade in grades.values()) for grades in self.qrels.values())

    @property
    def unreachable(self) -> int:
        """How many relevant judgements name a document outside the corpus; no system can find it, recall counts it."""
        return sum(
            grade >= 1 and document not in self.corpus
            for grades in self.qrels.values()
            for document, grade in grades.items()
        )

    @property
    def relevant(self) -> int:
        """How many relevant judgements there are."""
        return sum(grade >= 1 for grades in self.qrels.values() for grade in grades.values())

    @property
    def empty_texts(self) -> int:
        """How many queries and documents have an empty text."""
        return sum(not text for texts in (self.queries, self.corpus) for text in texts.values())

    @property
    def copies(self) -> int:
        """How many documents have the text of another that stands before them; none that is empty."""
        texts = [text for text in self.corpus.values() if text]
        return len(texts) - len(set(texts))

    @property
    def counts(self) -> dict[str, int]:
        """All of these counts by name."""
        return {
            "queries": len(self.queries),
            "judged": len(self.judged),
            "unjudged": self.unjudged,
            "hopeless": self.hopeless,
            "documents": len(self.corpus),
            "relevant": self.relevant,
            "unreachable": self.unreachable,
            "empty_texts": self.empty_texts,
        }

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What a reader of the figures has to know about the task."""
        said = (
            (self.unjudged, Words("个查询没有标注，未计入", "queries without judgements are left out")),
            (self.hopeless, Words("个查询没有相关文档，计为 0", "queries without a relevant document count 0")),
            (
                self.unreachable,
                Words(
                    "条相关标注指向库中没有的文档，召回率照计",
                    "relevant judgements name documents outside the corpus; recall counts them",
                ),
            ),
            (self.empty_texts, Words("条文本为空", "texts are empty")),
            (
                self.copies,
                Words(
                    "篇文档与另一篇文字相同，没有标注的那篇按不相关计",
                    "documents have the text of another; one that is not judged counts as not relevant",
                ),
            ),
        )
        return tuple(Words(f"{count} {words.zh}", f"{count} {words.en}") for count, words in said if count)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything the task holds, whatever files it came from and in whichever order."""
        digest = hashlib.sha256()
        parts: tuple[Mapping[str, object], ...] = (self.queries, self.corpus, self.qrels)
        for part in parts:
            for key in sorted(part):
                digest.update(orjson.dumps([key, part[key]], option=_LINE))
            digest.update(b"\n")
        return digest.hexdigest()


def read_task(queries: Path, corpus: Path, qrels: Path) -> Task:
    """Read the three files (or folders: see `eval.texts.read_texts`) of a task.

    Raises
    ------
    FileError
        A file cannot be read or is broken; the corpus is empty; no query is judged; the qrels name a query that is
        not there, or judge a pair twice. Names file and line.
    """
    asked, documents = read_texts(queries), read_texts(corpus)
    if not documents:
        raise FileError("the corpus holds no document", where=str(corpus), cure="Give one document a line.")
    grades: dict[str, dict[str, int]] = {}
    for judgement in read_qrels(qrels):
        if judgement.query not in asked:
            raise FileError(
                f"query {shown(judgement.query)} is not in {queries}",
                where=judgement.where,
                cure="Add the query, or drop its judgements.",
            )
        of_query = grades.setdefault(judgement.query, {})
        if judgement.document in of_query:
            raise FileError(
                f"query {shown(judgement.query)} and document {shown(judgement.document)} are judged twice",
                where=judgement.where,
                cure="Keep one of the two lines.",
            )
        of_query[judgement.document] = judgement.grade
    if not grades:
        raise FileError("the qrels judge nothing", where=str(qrels), cure="Write: query 0 document grade.")
    return Task(asked, documents, {query: grades[query] for query in asked if query in grades})


def read_qrels(path: Path) -> Iterator[Judgement]:
    """The judgements of a TREC qrels file: query, iteration (not looked at), document, grade; parted by blanks or tabs.

    A first line whose first column is a known header word and whose last is no number is a header.

    Raises
    ------
    FileError
        A line has not four columns, or its grade is no whole number from -9999 to 9999.
    """
    first = True
    for number, line in lines(path):
        columns, where = line.split(), f"{path}, line {number}"
        if len(columns) != 4:
            raise FileError(
                f"{len(columns)} columns instead of four", where=where, cure="Write: query 0 document grade."
            )
        query, _, document, grade = columns
        is_grade = _GRADE.fullmatch(grade) is not None
        if first and not is_grade and query.lower() in HEADER_IDS:
            first = False
            continue
        first = False
        if not is_grade:
            raise FileError(
                f"grade {shown(grade)} is no whole number from -9999 to 9999",
                where=where,
                cure="Write 0 for not relevant, 1 or more for relevant.",
            )
        yield Judgement(checked_id(query, where), checked_id(document, where), int(grade), where)
