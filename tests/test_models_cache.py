"""The vector cache: same bytes fresh or kept, one encoding a text, resuming, sharing, forgetting, damage."""

import multiprocessing
import sqlite3
import threading

import numpy as np
import pytest

from models.cache import VectorCache, cached
from models.encoder import Side
from models.errors import EncoderError
from models.hashing import HashingEncoder


class Counting(HashingEncoder):
    """Remembers every text it had to encode; fails after `most` of them."""

    def __init__(self, most=10**9, name=None):
        super().__init__(16)
        self.name = name or self.name
        self.seen = []
        self.most = most

    def encode(self, texts, *, side, progress=None):
        if len(self.seen) + len(texts) > self.most:
            raise KeyboardInterrupt
        self.seen.extend(texts)
        return super().encode(texts, side=side, progress=progress)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "vectors.sqlite"


@pytest.fixture
def cache(path):
    with VectorCache.open(path) as opened:
        yield opened


def test_kept_vectors_are_the_bytes_of_fresh_ones(cache):
    encoder = Counting()
    texts = ["护士", "Java 开发", "", "护士"]
    fresh = cached(encoder, cache).encode(texts, side=Side.QUERY)
    kept = cached(encoder, cache).encode(texts, side=Side.QUERY)
    assert fresh.tobytes() == kept.tobytes()
    assert fresh.dtype == np.float32
    exact = HashingEncoder(16).encode(texts, side=Side.QUERY)
    np.testing.assert_array_equal(fresh, exact.astype(np.float16).astype(np.float32))
    np.testing.assert_allclose(np.linalg.norm(fresh, axis=1), 1, atol=1e-3)


def test_each_text_is_encoded_once_short_ones_first(cache):
    encoder = Counting()
    both = cached(encoder, cache)
    both.encode(["ccc", "a", "bb", "a", "ccc"], side=Side.QUERY)
    both.encode(["dddd", "a"], side=Side.QUERY)
    assert encoder.seen == ["a", "bb", "ccc", "dddd"]
    assert len(cache) == 4


def test_sides_and_encoders_are_apart(cache):
    one, other = Counting(), Counting(name="other@2")
    for encoder, side in ((one, Side.QUERY), (one, Side.PASSAGE), (other, Side.QUERY)):
        cached(encoder, cache).encode(["护士"], side=side)
    assert one.seen == ["护士", "护士"]
    assert other.seen == ["护士"]
    assert cache.get_many("third@1", Side.QUERY, ["护士"]) == {}


def test_no_texts_give_no_rows(cache):
    assert cached(Counting(), cache).encode([], side=Side.QUERY).shape == (0, 16)


def test_name_and_dimension_are_those_of_the_encoder(cache):
    encoder = cached(HashingEncoder(32), cache)
    assert (encoder.name, encoder.dim) == ("hashing-32@1", 32)


def test_progress_counts_every_row(cache):
    both = cached(Counting(), cache)
    texts = [f"岗位{i % 700}" for i in range(1_000)]
    for _ in range(2):
        told = []
        both.encode(texts, side=Side.QUERY, progress=told.append)
        assert sum(told) == 1_000


def test_a_killed_run_resumes_where_it_was(path):
    texts = [f"岗位 {i:04d}" for i in range(1_000)]
    with VectorCache.open(path) as cache, pytest.raises(KeyboardInterrupt):
        cached(Counting(most=600), cache).encode(texts, side=Side.PASSAGE)
    again = Counting()
    with VectorCache.open(path) as cache:
        assert len(cache) == 512
        vectors = cached(again, cache).encode(texts, side=Side.PASSAGE)
    assert again.seen == texts[512:]
    expected = HashingEncoder(16).encode(texts, side=Side.PASSAGE).astype(np.float16)
    np.testing.assert_array_equal(vectors, expected)


def _fill(path, start):
    with VectorCache.open(path) as cache:
        cached(HashingEncoder(16), cache).encode([f"岗位 {i}" for i in range(start, start + 2_000)], side=Side.QUERY)


def test_processes_share_one_file(path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fill, args=(path, start)) for start in (0, 1_000, 2_000)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with VectorCache.open(path) as cache:
        assert len(cache) == 4_000


def test_a_file_that_another_process_sets_up_is_waited_for(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # no write-ahead log yet, and SQLite does not wait to make one
    ended = threading.Timer(0.2, lambda: (other.execute("COMMIT"), other.close()))
    ended.start()
    with VectorCache.open(path) as cache:
        assert len(cache) == 0
    ended.join()


def test_forgotten_vectors_leave_no_bytes(path):
    vector = np.arange(1, 17, dtype=np.float16)
    kept = -vector
    with VectorCache.open(path) as cache:
        for side in Side:
            cache.put_many("e@1", side, {"张三的简历": vector, "别人": kept})
        cache.put_many("f@1", Side.QUERY, {"张三的简历": vector})
        assert _bytes(path).count(vector.tobytes()) >= 3
        assert cache.forget(["张三的简历", "没有"]) == 3
        assert cache.forget(["张三的简历"]) == 0
        assert vector.tobytes() not in _bytes(path)
        assert (cache.get_many("e@1", Side.QUERY, ["别人"])["别人"] == kept).all()
    assert "张三".encode() not in _bytes(path)


def _bytes(path):
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_a_bound_lets_the_oldest_go(path):
    encoder = Counting()
    with VectorCache.open(path, most=300) as cache:
        cached(encoder, cache).encode([f"{i:04d}" for i in range(512)], side=Side.QUERY)
        assert len(cache) == 300
        assert cache.get_many(encoder.name, Side.QUERY, ["0211", "0212"]).keys() == {"0212"}


@pytest.mark.parametrize("damage", [b"this is no database, but text" * 400, b"SQLite format 3\0" + b"\xff" * 8_000])
def test_a_damaged_file_is_begun_anew(path, damage):
    _fill(path, 0)
    path.write_bytes(damage)
    with VectorCache.open(path) as cache:
        assert len(cache) == 0
        assert (cached(Counting(), cache).encode(["护士"], side=Side.QUERY) != 0).any()
        assert len(cache) == 1


def test_damage_found_while_reading_is_mended_too(path):
    _fill(path, 0)
    data = bytearray(path.read_bytes())
    data[3 * 4_096 :] = b"\xa5" * (len(data) - 3 * 4_096)
    path.write_bytes(data)
    texts = [f"岗位 {i}" for i in range(2_000)]
    with VectorCache.open(path) as cache:
        vectors = cached(HashingEncoder(16), cache).encode(texts, side=Side.QUERY)
        assert len(cache) == 2_000
    np.testing.assert_array_equal(vectors, HashingEncoder(16).encode(texts, side=Side.QUERY).astype(np.float16))


def test_a_vector_with_a_wrong_checksum_is_encoded_again(path):
    with VectorCache.open(path) as cache:
        cached(Counting(), cache).encode(["护士", "会计"], side=Side.QUERY)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE vectors SET vector = zeroblob(36) WHERE id = 1")
    connection.commit()
    connection.close()
    encoder = Counting()
    with VectorCache.open(path) as cache:
        vectors = cached(encoder, cache).encode(["护士", "会计"], side=Side.QUERY)
    assert encoder.seen == ["会计"]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_a_place_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderError, match="vector cache cannot be used") as caught:
        VectorCache.open(tmp_path / "file" / "vectors.sqlite")
    assert str(tmp_path / "file") in caught.value.where


def test_a_full_disk_is_an_error_and_keeps_what_was_there(cache, path):
    cache.put_many("e@1", Side.QUERY, {"旧": np.ones(16, np.float16)})
    cache._open().execute(f"PRAGMA max_page_count = {path.stat().st_size // 4_096 + 8}").fetchall()
    many = {f"新 {i}": np.ones(384, np.float16) for i in range(1_000)}
    with pytest.raises(EncoderError, match="full"):
        cache.put_many("e@1", Side.QUERY, many)
    assert len(cache) == 1
    assert cache.get_many("e@1", Side.QUERY, ["旧"]).keys() == {"旧"}
