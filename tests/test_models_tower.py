"""Training an encoder: the tower equals the model it trains, learns what it is shown, and resumes to the same bytes."""

import json

import numpy as np
import pytest
import torch

from models.adapter import merged, read_adapter, write_adapter
from models.contrastive import Plan, contrast, train
from models.encoder import SentenceEncoder, Side
from models.encoder_folder import damage_of, identity_of, read_manifest, write_manifest
from models.errors import EncoderError
from models.lessons import Curriculum, Group
from models.tower import Tower

PAIRS = [(f"甲{i}", f"乙{i}") for i in range(10)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny BERT with mean pooling and random weights, as the offline encoder's folder is."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    place = tmp_path_factory.mktemp("base")
    words = ["<s>", "<pad>", "</s>", "<unk>", "query", "passage", ":", *"甲乙0123456789"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=80,
        initializer_range=0.3,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(place / "bert")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>")
    fast.save_pretrained(place / "bert")
    transformer = Transformer(str(place / "bert"))
    folder = place / "base-e5"
    SentenceTransformer(modules=[transformer, Pooling(32, "mean")], device="cpu").save(str(folder))
    write_manifest(folder, encoder="tiny", dim=32, licence="MIT")
    return folder


def curriculum(seed=0):
    groups = [Group(pair, f"f{i}") for i, pair in enumerate(PAIRS)]
    near = np.eye(len(groups), dtype=np.float32)
    return Curriculum(groups, near, hard=0.0, vary=lambda title, chance: title, seed=seed)


def matches(tower):
    one = tower.encode([f"query: {a}" for a, _ in PAIRS])
    other = tower.encode([f"passage: {b}" for _, b in PAIRS])
    return float(((one @ other.T).argmax(dim=1) == torch.arange(len(PAIRS))).float().mean())


def test_without_deltas_the_tower_is_the_model(base):
    texts = ["甲1", "乙22", "甲乙甲乙0123456789", ""]
    tower = Tower(base, frozen=1, rank=4)
    expected = SentenceEncoder(base).encode(texts, side=Side.QUERY)
    found = tower.encode([f"query: {text}" for text in texts]).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-3)  # the frozen layers are kept in half precision


def test_it_learns_and_the_merged_encoder_is_the_tower(base, tmp_path):
    tower = Tower(base, frozen=1, rank=4)
    before = matches(tower)
    plan = Plan(steps=60, batch=10, rate=5e-3, check_every=20)
    trained = train(tower, curriculum(), plan, check=lambda: matches(tower))
    assert [look.step for look in trained.looks] == [0, 20, 40, 60]
    assert before < 0.7
    assert max(look.value for look in trained.looks) == 1.0
    tower.set_deltas(trained.last)
    tower.scale = 0.5
    write_adapter(tmp_path / "a.safetensors", tower.deltas, scale=0.5, about={"base": identity_of(base)})
    merged(base, tmp_path / "a.safetensors", tmp_path / "trained-e5")
    assert damage_of(tmp_path / "trained-e5") == ""
    assert read_manifest(tmp_path / "trained-e5")["base"] == f"base-e5@{identity_of(base)}"
    vectors = SentenceEncoder(tmp_path / "trained-e5").encode(["甲3", "甲44"], side=Side.QUERY)
    np.testing.assert_allclose(tower.encode(["query: 甲3", "query: 甲44"]).numpy(), vectors, atol=4e-3)


def test_a_stopped_run_ends_as_one_that_was_not(base, tmp_path):
    plan = Plan(steps=8, batch=6, check_every=4)
    whole = train(Tower(base, frozen=1, rank=2), curriculum(), plan, check=lambda: 0.0)

    class Stopped(Exception):
        pass

    def stop(step, loss):
        if step == 6:
            raise Stopped

    state = tmp_path / "run.pt"
    with pytest.raises(Stopped):
        train(Tower(base, frozen=1, rank=2), curriculum(), plan, check=lambda: 0.0, state=state, told=stop)
    again = train(Tower(base, frozen=1, rank=2), curriculum(), plan, check=lambda: 0.0, state=state)
    assert [look.step for look in again.looks] == [0, 4, 8]
    for name, delta in whole.last.items():
        assert torch.equal(delta.up, again.last[name].up)
        assert torch.equal(delta.down, again.last[name].down)
    with pytest.raises(EncoderError, match="another plan"):
        train(Tower(base, frozen=1, rank=2), curriculum(), Plan(steps=9), check=lambda: 0.0, state=state)
    before = torch.load(state, weights_only=True)["seconds"]
    kept = train(Tower(base, frozen=1, rank=2), curriculum(), plan, check=lambda: 0.0, state=state, finish=True)
    assert kept.looks == again.looks
    assert kept.seconds > before > 0


def test_training_ends_where_nothing_is_gained(base):
    plan = Plan(steps=100, batch=4, check_every=1, patience=2)
    trained = train(Tower(base, frozen=2, rank=2), curriculum(), plan, check=lambda: 0.5)
    assert [look.step for look in trained.looks] == [0, 1, 2]


def test_related_rows_are_not_set_against_each_other():
    plan = Plan(temperature=1.0, margin=2.0)
    one = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), dim=1)
    none = torch.zeros(3, 3, dtype=torch.bool)
    related = none.clone()
    related[0, 1] = related[1, 0] = True
    s = one @ one.T
    expected = []
    for i in range(3):
        wrong = [j for j in range(3) if j != i and not related[i, j]]
        terms = torch.stack([s[i, i], *(s[i, j] for j in wrong for _ in range(2))])  # across and within
        expected.append(torch.logsumexp(terms, 0) - s[i, i])
    assert float(contrast(one, one, related, plan)) == pytest.approx(float(torch.stack(expected).mean()), abs=1e-6)
    assert float(contrast(one, one, none, plan)) > float(contrast(one, one, related, plan))


def test_what_is_nearer_than_the_pair_is_left_out():
    one = torch.eye(2)
    other = torch.eye(2).flip(0)  # each text's twin is the other row's
    assert float(contrast(one, other, torch.zeros(2, 2, dtype=torch.bool), Plan(margin=0.1))) == pytest.approx(
        np.log(2), abs=1e-4
    )  # only the other text of its own side is left, as far away as the pair itself


def test_an_adapter_of_another_base_is_refused(base, tmp_path):
    write_adapter(tmp_path / "a.safetensors", Tower(base, frozen=2, rank=2).deltas, scale=1, about={"base": "another"})
    assert sorted(read_adapter(tmp_path / "a.safetensors")[0]) == ["2.ao", "2.fi", "2.fo", "2.qkv"]
    with pytest.raises(EncoderError, match="made for the base another"):
        merged(base, tmp_path / "a.safetensors", tmp_path / "x")
    with pytest.raises(EncoderError, match="no adapter"):
        read_adapter(tmp_path / "missing.safetensors")


def test_a_folder_without_a_bert_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"num_hidden_layers": 1}))
    with pytest.raises(EncoderError, match="no BERT"):
        Tower(tmp_path)


def test_batches_hold_a_group_once_and_know_its_relations():
    groups = [
        Group(("会计", "会计员"), "a"),
        Group(("出纳",), "a"),
        Group(("会计员 ", "记账员"), "b"),
        Group(("护士",), "c"),
    ]
    near = np.eye(4, dtype=np.float32)
    course = Curriculum(groups, near, hard=1.0, vary=lambda title, chance: "高级" + title, seed=3)
    pairs, related = course.batch(4)
    assert len(pairs) == 4
    assert len(set(pairs)) == 4
    assert related.sum() == 4  # 会计–出纳 by family, 会计–记账 by a shared title, both ways
    assert not related.diagonal().any()
    assert course.batch(2)[1].shape == (2, 2)


def test_a_pair_masks_the_title_in_half_of_the_passages():
    group = Group(("会计",), "a", passages=("会计做账",))
    course = Curriculum([group], np.ones((1, 1), np.float32), hard=0.0, vary=lambda t, c: t, seed=0)
    drawn = {frozenset(course.pair(group)) for _ in range(40)}
    assert drawn == {frozenset({"会计", "会计做账"}), frozenset({"会计", "做账"})}
