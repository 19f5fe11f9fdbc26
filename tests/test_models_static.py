"""A static encoder: its words, its first vectors, what it learns, and the folder that sentence-transformers reads."""

import json

import numpy as np
import pytest
import torch

from matching.learning.csco import classification
from matching.learning.static_course import StaticCourse, teach_static
from models.encoder import Side, load_encoder
from models.encoder_folder import damage_of, installing, read_manifest
from models.errors import EncoderError
from models.hashing import HashingEncoder
from models.lessons import Curriculum, Group
from models.static_tower import Axes, StaticTower, weighed, word_counts
from models.static_training import StaticPlan, Teacher, train_static
from models.static_words import Word, tokenizer_of, words_of

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("会计", -5.0), ("▁会计", -4.0),
          ("师", -6.0), ("厨", -6.0), ("▁Java", -7.0), ("java", -9.0), ("▁unused", -7.0), ("店员", -5.0)]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder with a small Unigram vocabulary, as the offline encoder's is."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram(PIECES, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    folder = tmp_path_factory.mktemp("base")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_the_words_are_the_chinese_pieces_and_those_that_texts_use(base):
    words = words_of(base, ["会计师 Java"])
    assert words[0].text == "<unk>"
    assert [(word.text, word.score) for word in words[1:]] == [
        ("java", -7.0), ("会计", -4.0), ("厨", -6.0), ("师", -6.0), ("店员", -5.0)
    ]  # fmt: skip
    tokenizer = tokenizer_of(words)
    assert tokenizer.encode("ＪＡＶＡ 会计师").tokens == ["java", "会计", "师"]
    assert tokenizer.encode("会x厨").ids[-1] == 3
    assert word_counts(tokenizer, ["会计 会计", "师"]).tolist() == [0, 0, 2, 0, 1, 0]


def test_a_folder_without_such_a_vocabulary_is_named(tmp_path):
    with pytest.raises(EncoderError, match="no Unigram vocabulary"):
        words_of(tmp_path, [])
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "WordPiece"}}')
    with pytest.raises(EncoderError, match="a WordPiece model"):
        words_of(tmp_path, [])


def test_axes_keep_the_angles_and_lose_what_all_share():
    vectors = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32) + 5
    turned = Axes(vectors, 6).turned(vectors)
    centred = vectors - vectors.mean(axis=0)
    assert np.allclose(turned @ turned.T, centred @ centred.T, atol=1e-4)
    assert np.allclose(turned.mean(axis=0), 0, atol=1e-5)
    spread = turned.var(axis=0)
    assert (np.diff(spread) <= 1e-6).all()
    assert np.array_equal(Axes(vectors, 2).turned(vectors), turned[:, :2])


def test_frequent_words_count_little():
    weights = weighed(np.ones((3, 1), np.float32), np.array([0, 1, 999]))[:, 0]
    assert weights.tolist() == pytest.approx([1, 0.5, 0.001 / (0.001 + 0.999)])


def tower(words=24, dim=16, seed=0):
    names = [Word("<unk>", -20.0), *(Word(chr(0x4E00 + i), -5.0) for i in range(words))]
    vectors = np.random.default_rng(seed).normal(size=(words + 1, dim)).astype(np.float32)
    return StaticTower(tokenizer_of(names), vectors)


PAIRS = [(chr(0x4E00 + 2 * i), chr(0x4E00 + 2 * i + 1)) for i in range(12)]


def trained(**plan):
    one = tower()
    near = np.eye(len(PAIRS), dtype=np.float32)
    groups = [Group(pair, f"f{i}") for i, pair in enumerate(PAIRS)]
    curriculum = Curriculum(groups, near, hard=0.0, vary=lambda title, chance: title, seed=0)
    titles = [title for pair in PAIRS for title in pair]
    teacher = Teacher(titles, np.repeat(np.eye(16, dtype=np.float32)[:12], 2, axis=0))
    settings = StaticPlan(**{"dim": 16, "steps": 60, "batch": 12, "rate": 0.05, "check_every": 20} | plan)
    looks = train_static(one, curriculum, teacher, plan=settings, check=lambda: matches(one))
    return one, looks


def matches(one):
    queries, answers = (one.encode(list(side)) for side in zip(*PAIRS, strict=True))
    return float(((queries @ answers.T).argmax(dim=1) == torch.arange(len(PAIRS))).float().mean())


def test_a_text_is_the_mean_of_its_words_at_length_one():
    one = tower()
    both = one.table.detach().numpy()[1:3].mean(axis=0)
    assert one.encode(["一丁", "", "丁一"]).numpy()[[0, 2]] == pytest.approx(
        np.tile(both / np.linalg.norm(both), (2, 1)), abs=1e-6
    )
    assert one.encode(["", "一"]).numpy()[0].tolist() == [0.0] * 16


@pytest.mark.parametrize("distilled", [0.0, 4.0])
def test_it_learns_what_it_is_shown(distilled):
    one, looks = trained(distilled=distilled)
    assert matches(tower()) < 0.5
    assert matches(one) == max(look.value for look in looks) == 1.0
    assert [look.step for look in looks] == [0, 20, 40, 60]


def test_the_best_look_is_kept():
    values = iter([0.1, 0.9, 0.5, 0.2])
    one = tower()
    tables = []

    def check():
        tables.append(one.table.detach().clone())
        return next(values)

    groups = [Group(pair, f"f{i}") for i, pair in enumerate(PAIRS)]
    curriculum = Curriculum(groups, np.eye(12, dtype=np.float32), hard=0.0, vary=lambda t, _: t, seed=0)
    teacher = Teacher(["一", "丁"], np.eye(2, 16, dtype=np.float32))
    plan = StaticPlan(dim=16, steps=30, batch=12, rate=0.05, check_every=10)
    train_static(one, curriculum, teacher, plan=plan, check=check)
    assert torch.equal(one.table, tables[1])
    assert not torch.equal(one.table, tables[3])


def test_the_same_seed_gives_the_same_bytes():
    first = trained(batch=6)[0].table
    assert torch.equal(first, trained(batch=6)[0].table)
    assert not torch.equal(first, trained(batch=6, seed=1)[0].table)


CSCO = """level,code,code_num,name,definition,tasks,csco_code_num,alias
4,1-01-01-01,1,会计,管账的会计师,1.记账,1,"会计师,Java会计"
4,1-01-04-01,1,厨,做饭的人员,,1,"厨师,店员厨"
"""


def test_the_course_makes_a_folder_that_is_an_encoder(base, tmp_path):
    plan = StaticPlan(dim=8, steps=2, batch=16)
    course = StaticCourse(base, HashingEncoder(16), tmp_path, "static-work", plan=plan)
    source = classification(CSCO, "job_name,expected_code\n")
    folder = teach_static(course, source)
    (first,) = (path.read_bytes() for path in [folder / "model.safetensors"])
    assert damage_of(folder) == ""
    assert read_manifest(folder)["dim"] == 8
    card = json.loads((folder / ".training.json").read_text(encoding="utf-8"))
    assert (card["words"], card["base"]) == (6, "hashing-16@1")
    encoder = load_encoder("static-work", folder=tmp_path)
    vectors = encoder.encode(["会计师", "java", "会计师 java"], side=Side.QUERY)
    assert vectors.shape == (3, 8)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    again = encoder.encode(["java"] * 500 + ["会计师"], side=Side.PASSAGE)
    assert np.array_equal(again[-1], vectors[0])
    assert (teach_static(course, source) / "model.safetensors").read_bytes() == first
    assert not list(tmp_path.glob(".unfinished-*"))


def test_an_encoder_that_fails_half_way_leaves_the_old_one(tmp_path):
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "old").write_text("x")

    def fails():
        with installing(tmp_path, "e") as built:
            built.mkdir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert [path.name for path in tmp_path.rglob("*")] == ["e", "old"]
