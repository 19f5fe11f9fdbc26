"""Encoding: texts/s at three lengths, one query's milliseconds and the cache, beside plain sentence-transformers."""

from __future__ import annotations

import csv
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.cache import VectorCache, cached
from models.encoder import Progress, SentenceEncoder, Side, Vectors
from models.offline_e5 import prepare

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_ROOT = Path(__file__).resolve().parents[1]
_LENGTHS = {60: 384, 200: 128, 450: 64}
"""Mean characters of a text → texts in a run."""
_FIELDS = {
    "51job-bigdata-2019": ("职位", "岗位信息"),
    "taidi2023-postings": ("招聘岗位", "职位描述"),
    "zhilian-shenzhen-2018": ("jobName", "detail_snippet"),
}
_WORDS = (
    "负责 参与 熟悉 精通 了解 软件 开发 护理 会计 机械 设计 客户 项目 数据 分析 Java SQL CAD 团队 沟通 能力 "
    "本科 以上 学历 专业 优先 工作 经验 南昌 管理"
).split()


def run(quick: bool) -> dict[str, Any]:
    """Measure all; every figure is the best of interleaved runs over the same texts: other work disturbs it least."""
    from sentence_transformers import SentenceTransformer

    folder = prepare(Path(os.environ.get("GRADMATCH_TEST_ENCODERS", _ROOT / "var" / "encoders")))
    postings, source = _postings()
    ours = SentenceEncoder(folder)
    half = SentenceEncoder(folder, precision="bf16")
    peer = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    systems: dict[str, Callable[[Sequence[str]], Any]] = {
        "plain": lambda texts: _plain(peer, texts),
        "ours": lambda texts: ours.encode(texts, side=Side.PASSAGE),
        "bf16": lambda texts: half.encode(texts, side=Side.PASSAGE),
    }
    rounds = 3 if quick else 7
    targets: list[dict[str, Any]] = []
    peers: list[dict[str, Any]] = []
    for length, n in _LENGTHS.items():
        speeds = _speeds(systems, _texts(postings, length, n), rounds)
        targets.append(_target(f"{length} characters, beside plain", speeds["ours"] / speeds["plain"], 1.0, "times"))
        peers += [_peer(f"{length} characters, {name}", speed, "texts/s") for name, speed in speeds.items()]
    targets += _query(systems, _texts(postings, 30, 20), peers)
    targets += _repeats(systems, ours, postings[: 300 if quick else 1_500], peers)
    targets += _cache(postings[: 5_000 if quick else 50_000])
    notes = [
        f"texts: {source}, cut between 0.6 and 1.4 times the length named",
        "plain: SentenceTransformer.encode on the same folder, batch 32; ours: same width batches, fp32",
        f"bf16: the same with bf16 products; this processor {'has' if _has_bf16() else 'has no'} AVX-512 BF16 or AMX",
        f"load average while measuring: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    ]
    return {"name": "encode", "targets": targets, "peers": peers, "notes": notes}


def _plain(peer: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    """sentence-transformers with torch's threads as torch chooses them: one a core."""
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    try:
        vectors: Vectors = peer.encode(list(texts), prompt="passage: ", batch_size=32, show_progress_bar=False)
        return vectors
    finally:
        torch.set_num_threads(1)


def _speeds(systems: dict[str, Callable[[Sequence[str]], Any]], texts: Sequence[str], rounds: int) -> dict[str, float]:
    seen: dict[str, list[float]] = {name: [] for name in systems}
    for encode in systems.values():
        encode(texts[:8])  # loads, and lets torch choose its kernels
    for _ in range(rounds):
        for name, encode in systems.items():
            begun = time.perf_counter()
            encode(texts)
            seen[name].append(len(texts) / (time.perf_counter() - begun))
    return {name: max(speeds) for name, speeds in seen.items()}


def _query(
    systems: dict[str, Callable[[Sequence[str]], Any]], texts: Sequence[str], peers: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One short text at a time: what a request for a profile that is not stored waits."""
    singles: dict[str, list[float]] = {name: [] for name in systems}
    for text in texts:
        for name, encode in systems.items():
            singles[name].append(_milliseconds(encode, text))
    waits = {name: statistics.median(times) for name, times in singles.items()}
    peers += [_peer(f"one query of 30 characters, {name}", wait, "ms") for name, wait in waits.items()]
    return [_target("one query, beside plain", waits["plain"] / waits["ours"], 0.9, "times")]


def _milliseconds(encode: Callable[[Sequence[str]], Any], text: str) -> float:
    begun = time.perf_counter()
    encode([text])
    return 1_000 * (time.perf_counter() - begun)


def _repeats(
    systems: dict[str, Callable[[Sequence[str]], Any]],
    ours: SentenceEncoder,
    postings: Sequence[str],
    peers: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Postings as they come, repeats included: a first build, and the build after it."""
    texts = [text[:200] for text in postings]
    speeds: dict[str, float] = {}
    for _ in range(3):
        with tempfile.TemporaryDirectory() as place, VectorCache.open(Path(place) / "vectors.sqlite") as cache:
            both = cached(ours, cache)
            for name, encode in (
                ("plain", systems["plain"]),
                ("ours, first build", lambda batch, both=both: both.encode(batch, side=Side.PASSAGE)),
                ("ours, next build", lambda batch, both=both: both.encode(batch, side=Side.PASSAGE)),
            ):
                begun = time.perf_counter()
                encode(texts)
                speeds[name] = max(speeds.get(name, 0.0), len(texts) / (time.perf_counter() - begun))
    share = 1 - len(set(texts)) / len(texts)
    peers += [_peer(f"as they come ({share:.0%} repeats), {name}", speed, "texts/s") for name, speed in speeds.items()]
    first, again = speeds["ours, first build"] / speeds["plain"], speeds["ours, next build"] / speeds["plain"]
    return [_target("first build, beside plain", first, 1.0, "times"), _target("next build", again, 100.0, "times")]


def _cache(postings: Sequence[str]) -> list[dict[str, Any]]:
    """The cache alone: a stand-in encoder that costs nothing, 384 numbers a vector."""

    class Free:
        name, dim = "free@1", 384

        def encode(self, texts: Sequence[str], *, side: Side, progress: Progress | None = None) -> Vectors:
            return np.full((len(texts), 384), 0.051, np.float32)

    texts = [f"{i} {text[:200]}" for i, text in enumerate(postings)]
    with tempfile.TemporaryDirectory() as place, VectorCache.open(Path(place) / "vectors.sqlite") as cache:
        both = cached(Free(), cache)
        speeds = []
        for _ in range(2):
            begun = time.perf_counter()
            both.encode(texts, side=Side.PASSAGE)
            speeds.append(len(texts) / (time.perf_counter() - begun))
    return [
        _target("cache, written", speeds[0], 5_000.0, "texts/s"),
        _target("cache, read", speeds[1], 20_000.0, "texts/s"),
    ]


def _texts(postings: Sequence[str], length: int, n: int) -> list[str]:
    """`n` different texts of about `length` characters, as different in length as real ones."""
    rng = random.Random(length)
    long = [text for text in postings if len(text) >= 1.4 * length]
    cut = dict.fromkeys(text[: int(length * rng.uniform(0.6, 1.4))] for text in rng.sample(long, len(long)))
    return list(cut)[:n]


def _postings() -> tuple[list[str], str]:
    """Texts of real postings where there are any, else made ones; and what they are."""
    data = Path(os.environ.get("GRADMATCH_SHARED", _ROOT.parent / "shared")) / "data"
    found: list[str] = []
    for name, fields in _FIELDS.items():
        path = data / name / "postings.csv"
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                found += [" ".join(row[field] or "" for field in fields) for row in csv.DictReader(file)]
    rng = random.Random(0)
    if found:
        rng.shuffle(found)
        return found, "real postings of three public collections"
    return ["".join(rng.choices(_WORDS, k=rng.choice((20, 80, 350)))) for _ in range(20_000)], "made of 30 words"


def _has_bf16() -> bool:
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _target(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": goal, "unit": unit, "met": value >= goal}


def _peer(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit}
