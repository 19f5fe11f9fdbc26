"""Replays of interactions alone: a Parquet file or RecBole's atomic files, without records, rules or a snapshot.

What can stand beside each other then: a random order, popularity, the words where there are texts, and lists from
files. What can be listed is what had an interaction before the cutoff, and every item of the item table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from eval.axes import COLD, WARM
from eval.evaluation import Direction, Evaluation, Provenance
from eval.faults import check
from eval.files import read_csv
from eval.foreknowledge import of_bare
from eval.ground import Ground
from eval.judged import Market
from eval.measuring import measure_ground
from eval.outcomes import COMES_ABOUT, judged_pairs, judgements
from eval.recommenders import Recommender, bm25, popularity, random_order, tfidf
from eval.replay import evaluation_of, generated
from eval.report import this_version
from eval.split import INTERACTIONS, Split, read_interactions, split_findings
from eval.summary import Sampling
from matching.duplicates import repeated
from matching.errors import FileError

Texts = Mapping[str, str]
_YEARS = 8_000 * 366 * 86_400.0
"""Seconds either side of 1970 beyond which nothing is a moment (milliseconds, mostly)."""
LONG = 50
"""Letters of a posting's text below which nothing is said of what it repeats."""


@dataclass(frozen=True)
class Collection:
    """A table of interactions (`eval.split.INTERACTIONS`), and texts of both sides where there are any."""

    interactions: pl.DataFrame
    graduate_texts: Texts = field(default_factory=dict)
    posting_texts: Texts = field(default_factory=dict)


def read_collection(path: Path) -> Collection:
    """Interactions from ``NAME.parquet``, or ``NAME.inter`` with ``NAME.user`` and ``NAME.item`` where they are.

    Raises
    ------
    FileError
        A file cannot be read, or is not what its name says.
    """
    if path.suffix != ".inter":
        return Collection(read_interactions(path))
    return Collection(
        _recbole_interactions(path),
        _recbole_texts(path.with_suffix(".user"), "user_id"),
        _recbole_texts(path.with_suffix(".item"), "item_id"),
    )


def read_atomic(path: Path) -> tuple[pl.DataFrame, dict[str, str]]:
    """A RecBole atomic file: a table of text columns, and the type of each column (token, token_seq, float …).

    Raises
    ------
    FileError
        The file cannot be read, or a column of its header has no type (``user_id:token``).
    """
    table = read_csv(path, separator="\t", quoted=False)
    untyped = [name for name in table.columns if ":" not in name]
    if untyped:
        cure = "Write a header such as user_id:token, item_id:token, timestamp:float."
        raise FileError(f"column '{untyped[0]}' has no type", where=f"{path}, line 1", cure=cure)
    types = dict(name.split(":", 1) for name in table.columns)
    return table.rename({name: name.split(":", 1)[0] for name in table.columns}), types


def _recbole_interactions(path: Path) -> pl.DataFrame:
    """`user_id` is the graduate, `item_id` the posting; a `label` or `rating` of 1 and more is an application."""
    table, _ = read_atomic(path)
    missing = [name for name in ("user_id", "item_id", "timestamp") if name not in table.columns]
    if missing:
        raise FileError(f"no column {missing[0]}", where=str(path), cure="Give user_id, item_id and timestamp.")
    value = next((name for name in ("label", "rating") if name in table.columns), None)
    numbers = table.select(
        pl.col("timestamp").cast(pl.Float64, strict=False).alias("seconds"),
        (pl.lit(1.0) if value is None else pl.col(value).cast(pl.Float64, strict=False)).alias("value"),
    )
    wrong = numbers.select(pl.any_horizontal(pl.all().is_null() | pl.all().is_nan())).to_series()
    if wrong.any():
        line = int(np.flatnonzero(wrong.to_numpy())[0]) + 2
        raise FileError(
            "timestamp or label is no number", where=f"{path}, line {line}", cure="Write seconds since 1970."
        )
    far = ~numbers["seconds"].is_between(-_YEARS, _YEARS)
    keyless = table.select(pl.any_horizontal(pl.col("user_id", "item_id").fill_null("") == "")).to_series()
    for wrong, what in ((far, "timestamp is no moment in seconds"), (keyless, "user_id or item_id is empty")):
        if wrong.any():
            line = int(np.flatnonzero(wrong.to_numpy())[0]) + 2
            raise FileError(what, where=f"{path}, line {line}", cure="Write seconds since 1970, and both ids.")
    made = table.select("user_id", "item_id").hstack(numbers)
    return made.select(
        pl.col("user_id").alias("graduate"),
        pl.col("item_id").alias("posting"),
        pl.when(pl.col("value") >= 1).then(pl.lit("applied")).otherwise(pl.lit("shown")).alias("action"),
        (pl.col("seconds") * 1_000_000).cast(pl.Int64).cast(pl.Datetime("us", "UTC")).alias("at"),
    ).select(pl.col(name).cast(kind) for name, kind in INTERACTIONS.items())


def _recbole_texts(path: Path, key: str) -> dict[str, str]:
    """The text columns (token, token_seq) of a user or item table, one text a row; none where there is no file."""
    if not path.is_file():
        return {}
    table, types = read_atomic(path)
    if key not in table.columns:
        raise FileError(f"no column {key}", where=str(path), cure=f"Give {key}:token.")
    columns = [name for name in table.columns if name != key and types[name].startswith("token")]
    texts = table.select(pl.concat_str([pl.col(name).fill_null("") for name in columns] or [pl.lit("")], separator=" "))
    return dict(zip(table[key].to_list(), texts.to_series().to_list(), strict=True))


def repeats(collection: Collection, split: Split) -> dict[str, str]:
    """The posting that each posting repeats by its text; the first is one from before the cutoff where there is one.

    Texts of fewer than `LONG` letters are not looked at: that two postings are tagged alike makes them no repeat.
    """
    there = frozenset(split.past["posting"].to_list())
    texts = {key: text for key, text in collection.posting_texts.items() if len("".join(text.split())) >= LONG}
    keys = sorted(texts, key=lambda key: (key not in there, key))
    first = repeated([texts[key] for key in keys], [""] * len(keys)).tolist()
    return {key: keys[i] for key, i in zip(keys, first, strict=True) if keys[i] != key}


def bare_ground(
    collection: Collection, split: Split, direction: Direction, *, same: Mapping[str, str] | None = None
) -> Ground:
    """One direction over interactions alone: no rules, one place each, no slices but cold and warm.

    `same` names the posting that each posting repeats (`repeats`): judged, settled and popular together with it.
    """
    same = same or {}
    pairs = judged_pairs(split.past, split.future, direction, same=same)
    asks, listed = ("graduate", "posting") if direction is Direction.POSTINGS else ("posting", "graduate")
    texts = {"graduate": collection.graduate_texts, "posting": collection.posting_texts}
    documents = sorted({*split.past[listed].to_list(), *texts[listed]})
    queries = pairs.judged["query"].unique().sort().to_list()
    own = same if direction is Direction.POSTINGS else {}
    place = {key: row for row, key in enumerate(documents)}
    first = np.array([place.get(own.get(key, key), row) for row, key in enumerate(documents)], np.int64)
    applied = split.past.filter(pl.col("action") == "applied").select(pl.col(listed).replace(own))
    counts = dict(applied.group_by(listed).len().iter_rows())
    settled: dict[str, list[int]] = {query: [] for query in queries}
    for query, document in pairs.settled.filter(pl.col("query").is_in(queries)).iter_rows():
        settled[query].extend(np.flatnonzero(first == first[place[document]]).tolist())
    known = frozenset(split.past[asks].replace(same if asks == "posting" else {}).to_list())
    return Ground(
        direction,
        queries,
        documents,
        judgements(pairs.judged, queries, documents),
        Market(np.ones(len(documents)), np.array([counts.get(own.get(key, key), 0) for key in documents], np.float64)),
        None,
        [np.array(sorted(rows), np.int64) for rows in settled.values()],
        first,
        lambda: _texts_of(texts[asks], queries),
        lambda: _texts_of(texts[listed], documents),
        {"history": [WARM if query in known else COLD for query in queries]},
        COMES_ABOUT[direction],
    )


def _texts_of(texts: Texts, keys: Sequence[str]) -> list[str]:
    return [texts.get(key, "") for key in keys]


def replay_bare(
    collection: Collection,
    split: Split,
    *,
    directions: Sequence[Direction],
    depth: int,
    others: Mapping[str, Recommender],
    sampling: Sampling,
    features: pl.DataFrame | None = None,
    command: tuple[str, ...] = (),
) -> Evaluation:
    """Random, popularity, the words where both sides have texts, and `others`, measured by what came after.

    `features` of pairs, if any, must not know the future: see `eval.foreknowledge`.
    """
    systems: dict[str, Recommender] = {"random": random_order(sampling.seed), "popularity": popularity}
    if collection.graduate_texts and collection.posting_texts:
        systems |= {"tfidf": tfidf, "bm25": bm25}
    same = repeats(collection, split)
    grounds = [bare_ground(collection, split, direction, same=same) for direction in directions]
    grounds = [ground for ground in grounds if ground.queries]
    measured = []
    for ground in grounds:
        lists = {name: rank(ground, depth).cut(depth) for name, rank in {**systems, **others}.items()}
        measured.append(measure_ground(ground, lists, depth=depth, sampling=sampling))
    counts = {"past": split.past.height, "future": split.future.height, "repeats": len(same)}
    counts |= {f"queries for {ground.direction.value}": len(ground.queries) for ground in grounds}
    provenance = Provenance(
        kind="replay",
        code_version=this_version(),
        data=split.fingerprint,
        seed=sampling.seed,
        resamples=sampling.resamples,
        confidence=sampling.confidence,
        cutoff=split.cutoff.isoformat(),
        horizon_days=(split.until - split.cutoff).total_seconds() / 86_400,
        depth=depth,
        simulated=generated(key for ground in grounds for key in ground.queries),
        command=command,
        counts=counts,
    )
    findings = [*split_findings(split), *(finding for part in measured for finding in check(part))]
    findings += [finding for ground in grounds for finding in of_bare(split, ground, features)]
    return evaluation_of(measured, provenance, findings)
