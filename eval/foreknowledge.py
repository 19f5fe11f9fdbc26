"""Whether anything that is read knows the future: features of the production path, features of a file, texts.

Every replay asks this (`of_world`, `of_bare`), every task too (`of_texts`, `joined`); a yes fails the run. Features are
looked at over pairs that were judged after the cutoff, and over those that were judged before it: who tells the later
ones apart much better than the earlier ones has seen them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import Direction, Finding
from eval.files import read_csv
from eval.leakage import LEAST, Labelled, enough, feature_findings, text_findings
from eval.outcomes import COMES_ABOUT, judged_pairs
from eval.rankings import Judgements
from matching.errors import FileError
from matching.features import FEATURE_NAMES

if TYPE_CHECKING:
    from eval.ground import Ground
    from eval.split import Split
    from eval.world import World

PEOPLE = 1_000
"""Graduates whose pairs are looked at for the features of the production path, chosen by a hash of their keys."""
PAIRS = 50_000
"""Pairs of a task whose texts are looked at."""
Names = Sequence[Sequence[str]]
Row = Callable[[str], int | None]
Keys = tuple[str, str]
GRADUATE_POSTING: Keys = ("graduate", "posting")
QUERY_DOCUMENT: Keys = ("query", "document")


def of_world(world: World, ground: Ground, given: pl.DataFrame | None = None) -> list[Finding]:
    """What a replay reads: the ranker's features, those of a file (`read_features`), and the texts of both sides."""
    after, before = judged_sides(world.split, ground.direction, world.same)
    graduates, postings = world.state.graduates, world.state.postings
    findings = of_texts(ground, *_names(world, ground))
    now, then = (_read(world, part, graduates.row_of, postings.row_of) for part in (after, before))
    findings += [f.model_copy(update={"system": "gradmatch"}) for f in feature_findings(now, then)]
    if given is not None:
        mine = given.with_columns(posting=pl.col("posting").replace(world.same))
        findings += _of_given(_joined(mine, after), _joined(mine, before))
    return [f.model_copy(update={"direction": ground.direction.value}) for f in findings]


def of_bare(split: Split, ground: Ground, given: pl.DataFrame | None = None) -> list[Finding]:
    """What a replay of interactions alone reads: texts, where there are any, and features of a file."""
    keys = [[key] for key in ground.queries], [[key] for key in ground.documents]
    findings = of_texts(ground, *keys)
    if given is not None:
        after, before = judged_sides(split, ground.direction, ground_same(ground))
        findings += _of_given(_joined(given, after), _joined(given, before))
    return [f.model_copy(update={"direction": ground.direction.value}) for f in findings]


def of_task(ground: Ground, given: pl.DataFrame | None = None) -> list[Finding]:
    """What a task reads: texts that name the ids of their answers, and features of a file that know the judgements.

    Tasks often judge what is relevant and nothing else. So for the texts each query is set beside what is relevant to
    another one; features are looked at over judged pairs alone, because any good one tells answers from the rest of the
    corpus.
    """
    keys = [[key] for key in ground.queries], [[key] for key in ground.documents]
    findings = of_texts(replace(ground, judgements=_contrasted(ground.judgements)), *keys)
    if given is not None:
        own = ground.judgements
        inside = own.document < len(ground.documents)
        pairs = pl.DataFrame(
            {
                "query": [ground.queries[row] for row in own.query[inside].tolist()],
                "document": [ground.documents[row] for row in own.document[inside].tolist()],
                "label": own.grade[inside] >= ground.comes_about,
            },
            schema={"query": pl.String, "document": pl.String, "label": pl.Boolean},
        )
        findings += _of_given(joined(given, pairs, QUERY_DOCUMENT))
    return [f.model_copy(update={"direction": ground.direction.value}) for f in findings]


def _contrasted(own: Judgements) -> Judgements:
    """The relevant pairs, and as not relevant each query with what is relevant to the next one only."""
    good = np.flatnonzero(own.grade >= 1)
    good = good[:: len(good) // PAIRS + 1]
    query, document = own.query[good], own.document[good]
    width = int(own.document.max(initial=0)) + 1
    before = (query - 1) % max(own.queries, 1)
    kept = own.grade >= 1
    other = ~np.isin(before * width + document, own.query[kept] * width + own.document[kept])
    grade = np.concatenate([np.ones(len(good), np.int16), np.zeros(int(other.sum()), np.int16)])
    return Judgements.of_arrays(
        np.concatenate([query, before[other]]), np.concatenate([document, document[other]]), grade, own.queries
    )


def ground_same(ground: Ground) -> dict[str, str]:
    """The document that each document of the ground repeats, for those that repeat one."""
    names = ground.documents
    return {names[i]: names[first] for i, first in enumerate(ground.same.tolist()) if first != i}


def judged_sides(split: Split, direction: Direction, same: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judged pairs after and before the cutoff: `graduate`, `posting`, `query`, and whether it came about (`label`)."""
    nothing = split.past.clear()
    graduate, posting = ("query", "document") if direction is Direction.POSTINGS else ("document", "query")

    def named(pairs: pl.DataFrame) -> pl.DataFrame:
        return pairs.select(
            pl.col(graduate).alias("graduate"),
            pl.col(posting).alias("posting"),
            "query",
            (pl.col("grade") >= COMES_ABOUT[direction]).alias("label"),
        )

    after = judged_pairs(split.past, split.future, direction, same=same).judged
    return named(after), named(judged_pairs(nothing, split.past, direction, same=same).judged)


def _of_given(pairs: Labelled, before: Labelled | None = None) -> list[Finding]:
    """`feature_findings` of a file; one with too few judged pairs is told of: silence would look like praise."""
    if enough(pairs):
        return feature_findings(pairs, before)
    good, bad = int(pairs.label.sum()), int((~pairs.label).sum())
    return [
        Finding(
            fault="features not judged",
            fatal=False,
            zh=f"特征文件里只有 {good} 对成事、{bad} 对未成（各需 {LEAST} 对），未能检查是否知道未来",
            en=f"the file of features holds {good} judged pairs that came about and {bad} that did not, "
            f"{LEAST} of each are needed: whether they know the future is not known",
            evidence={"relevant": good, "others": bad},
        )
    ]


def of_texts(ground: Ground, query_names: Names, document_names: Names) -> list[Finding]:
    """Whether texts of one side name whom they came together with later, on the other side; both ways."""
    asked, listed = ground.query_texts(), ground.document_texts()
    own = ground.judgements
    found = text_findings(asked, document_names, own) if asked else []
    if listed and not found:
        kept = own.document < len(listed)
        turned = Judgements.of_arrays(own.document[kept], own.query[kept], own.grade[kept], len(listed))
        found = text_findings(listed, query_names, turned)
    return found


def read_features(path: Path, keys: Keys) -> pl.DataFrame:
    """Features of pairs from a CSV (any Chinese encoding) or a Parquet file, to be looked at for the future.

    Parameters
    ----------
    path : Path
        Two columns of `keys`, any number of columns of numbers; empty: not known. Pairs from before the cutoff are
        welcome: they are what the later ones are compared with.

    Raises
    ------
    FileError
        The file cannot be read, a key column is missing, there is no feature, or one is no number; names it.
    """
    try:
        table = pl.read_parquet(path) if path.suffix.lower() == ".parquet" else read_csv(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise FileError(f"no features can be read: {error}", where=str(path), cure="Write CSV or Parquet.") from None
    names = [name for name in table.columns if name not in keys]
    if len(names) != len(table.columns) - 2 or not names:
        found, wanted = ", ".join(table.columns), " and ".join(keys)
        raise FileError(f"columns are {found}", where=str(path), cure=f"Give {wanted}, and columns of numbers.")
    numbers = table.select(pl.col(name).cast(pl.Float64, strict=False) for name in names)
    for name in names:
        given = table[name].cast(pl.String).str.strip_chars().fill_null("")
        lost = np.flatnonzero((numbers[name].is_null() & (given != "")).to_numpy())
        if len(lost):
            where = f"{path}, data row {int(lost[0]) + 1}"
            raise FileError(f"'{name}' is no number: {given[int(lost[0])]!r}", where=where, cure="Leave it empty.")
    made = table.select(pl.col(name).cast(pl.String) for name in keys).hstack(numbers)
    return made.unique(list(keys), keep="first", maintain_order=True)


def joined(given: pl.DataFrame, pairs: pl.DataFrame, keys: Keys) -> Labelled:
    """The features of labelled pairs (`keys`, `query`, `label`); pairs that the file does not name are left out."""
    found = pairs.join(given, on=list(keys), how="inner", maintain_order="left")
    names = [name for name in given.columns if name not in keys]
    columns = {name: found[name].fill_null(float("nan")).to_numpy() for name in names}
    return Labelled(columns, found["label"].to_numpy(), _numbers(found["query"]))


def _joined(given: pl.DataFrame, pairs: pl.DataFrame) -> Labelled:
    return joined(given.unique(list(GRADUATE_POSTING), keep="first", maintain_order=True), pairs, GRADUATE_POSTING)


def _names(world: World, ground: Ground) -> tuple[Names, Names]:
    """What would give away those who ask, and those who are listed: keys, and employers of postings."""
    people = [[str(key)] for key in world.state.graduates.keys.values]
    offers = [[posting.key, posting.employer_name] for posting in world.postings]
    if ground.direction is Direction.POSTINGS:
        return [[query] for query in ground.queries], offers
    by_key = {posting.key: names for posting, names in zip(world.postings, offers, strict=True)}
    return [by_key.get(query, [query]) for query in ground.queries], people


def _read(world: World, pairs: pl.DataFrame, graduate_row: Row, posting_row: Row) -> Labelled:
    """What the ranker reads of the pairs of `PEOPLE` graduates at most, of those that the world holds."""
    held = pairs.filter(
        pl.Series([graduate_row(key) is not None for key in pairs["graduate"].to_list()], dtype=pl.Boolean),
        pl.Series([posting_row(key) is not None for key in pairs["posting"].to_list()], dtype=pl.Boolean),
    )
    people = held["graduate"].unique().to_list()
    chosen = sorted(people, key=lambda key: blake2b(key.encode(), digest_size=8).digest())[:PEOPLE]
    held = held.filter(pl.col("graduate").is_in(chosen)).sort("graduate", "posting")
    parts = [np.empty((0, len(FEATURE_NAMES)), np.float32)]
    for (key,), part in held.group_by("graduate", maintain_order=True):
        rows = np.array([posting_row(posting) for posting in part["posting"].to_list()], np.int64)
        row = graduate_row(str(key))
        assert row is not None  # those who are not here are left out above
        parts.append(world.matcher.features_of(row, rows, world.day))
    values = np.concatenate(parts).astype(np.float64)
    columns = dict(zip(FEATURE_NAMES, values.T, strict=True))
    return Labelled(columns, held["label"].to_numpy(), _numbers(held["query"]))


def _numbers(keys: pl.Series) -> NDArray[np.int64]:
    return keys.rank("dense").cast(pl.Int64).to_numpy() - 1
