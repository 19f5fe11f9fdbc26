"""The deterministic stand-in: which texts it finds alike, and that nothing changes its bytes."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from models.encoder import Side
from models.hashing import HashingEncoder

TEXTS = ["Java 后端开发工程师", "java開發", "护士（南昌）", "C++ 工程师", "C 语言", "", "，。 …", "机械设计 CAD"]


def encode(*texts, dim=256):
    return HashingEncoder(dim).encode(texts, side=Side.QUERY)


def test_rows_have_length_one_also_for_texts_without_words():
    vectors = encode(*TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[5, 0] == 1
    assert (vectors[5] == vectors[6]).all()


def test_no_texts_give_no_rows():
    assert encode().shape == (0, 256)


def test_a_text_of_one_word_has_one_cell():
    vector = encode("java")[0]
    assert np.count_nonzero(vector) == 1
    assert abs(vector).max() == 1


def test_similarity_counts_shared_words():
    # two characters and one pair each; one character shared: 1 / (√3 · √3)
    one, other = encode("护士", "护工", dim=65_536)
    assert one @ other == pytest.approx(1 / 3)


def test_shared_words_are_nearer_than_none():
    job, near, far = encode("招聘 Java 后端开发工程师", "Java 开发", "护理学专业护士")
    assert job @ near > 0.4
    assert abs(job @ far) < 0.15


@pytest.mark.parametrize(("one", "other"), [("Java", "ＪＡＶＡ"), ("CAD 制图", "cad制图"), ("护士 南昌", "护士，南昌")])
def test_case_width_and_punctuation_do_not_matter(one, other):
    vectors = encode(one, other)
    assert (vectors[0] == vectors[1]).all()


@pytest.mark.parametrize(("one", "other"), [("C", "C++"), ("java", "javascript"), ("abc", "cba"), ("护士", "士护")])
def test_words_are_whole_and_their_order_matters(one, other):
    vectors = encode(one, other, dim=65_536)
    assert vectors[0] @ vectors[1] < 0.7


def test_neighbours_in_the_batch_do_not_matter():
    together = encode(*TEXTS)
    alone = np.concatenate([encode(text) for text in TEXTS])
    assert (together == alone).all()


def test_many_texts_are_done_in_parts_and_told():
    told = []
    texts = [f"岗位 {i}" for i in range(5_000)]
    vectors = HashingEncoder().encode(texts, side=Side.PASSAGE, progress=told.append)
    assert told == [4_096, 904]
    assert (vectors[4_500] == encode("岗位 4500")[0]).all()


def test_bytes_are_the_same_in_every_process():
    code = (
        "import hashlib, json, sys; from models.hashing import HashingEncoder; from models.encoder import Side;"
        "vectors = HashingEncoder().encode(json.loads(sys.argv[1]), side=Side.QUERY);"
        "sys.stdout.write(hashlib.sha256(vectors.tobytes()).hexdigest())"
    )
    here = hashlib.sha256(encode(*TEXTS).tobytes()).hexdigest()
    command = [sys.executable, "-c", code, json.dumps(TEXTS)]
    for seed in ("1", "2"):
        done = subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        assert done.stdout == here
    assert here == "696ee803f218b9c2c710ede9ef36f11f2bb59a83fb560a419b8556374fc052ad", (
        "the bytes changed: give the encoder a new version in its name"
    )


def test_lone_surrogates_and_emoji_are_texts():
    vectors = encode("\ud800", "👩‍⚕️ 护士")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_dimension_of_none_is_refused():
    with pytest.raises(ValueError, match="dim is 0"):
        HashingEncoder(0)
