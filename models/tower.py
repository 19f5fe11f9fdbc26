"""A BERT-family encoder for training on few cores: frozen below, low-rank deltas above; imports torch.

The layers below `frozen` never change, so their output for a text is computed once and kept. The layers
above are given deltas of low rank (LoRA: Hu et al. 2021), so no gradient of a whole matrix is ever
computed. Texts are packed: padding is seen by the attention alone. On two cores that trains six times as
many texts a second as the plain model does. With deltas of zero the vectors are those of the plain model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor

from models.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as _Tokenizer

PARTS = {
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "ao": ("attention.output.dense",),
    "fi": ("intermediate.dense",),
    "fo": ("output.dense",),
}
"""The matrices of a layer that get a delta; those of `qkv` are stacked and share one."""

_TOGETHER = 64
"""Texts that go through the layers at once: texts of near lengths, so that little is padded."""


class Reads(Protocol):
    """An encoder in training: a `Tower` or a `models.static_tower.StaticTower`."""

    @property
    def prompts(self) -> tuple[str, str]:
        """What a query and a passage begin with."""
        ...

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors, shape (len(texts), dim)."""
        ...


class Delta(NamedTuple):
    """A change of low rank to one matrix: ``up @ down``; shapes (out, rank) and (rank, in)."""

    up: Tensor
    down: Tensor


class Packed(NamedTuple):
    """Where the tokens of some texts stand: `rows` (n, longest) of the packed ones, their `places`, the `mask`."""

    rows: Tensor
    places: Tensor
    mask: Tensor | None


class Tower:
    """Texts → unit vectors with a gradient.

    Parameters
    ----------
    folder : Path
        A folder of sentence-transformers that holds a BERT with mean pooling (the offline e5).
    frozen : int
        Layers that do not change, from below.
    rank : int
        Of the deltas.
    seed : int
        Of their beginning: `down` random, `up` zero.
    longest : int
        Tokens that are read of a text.

    Raises
    ------
    EncoderError
        The folder holds no such model.
    """

    prompts = ("query: ", "passage: ")
    """What a query and a passage begin with."""

    def __init__(self, folder: Path, *, frozen: int = 6, rank: int = 24, seed: int = 0, longest: int = 64) -> None:
        self._shape, self._weights, self._tokenizer = _read(folder)
        self.frozen, self.longest = frozen, longest
        self.scale = 1.0
        self._kept: dict[str, Tensor] = {}
        made = torch.Generator().manual_seed(seed)
        self.deltas: dict[str, Delta] = {}
        for layer in range(frozen, self.layers):
            for part in PARTS:
                out, width = self._weights[f"{layer}.{part}.weight"].shape
                down = torch.randn(rank, width, generator=made) / math.sqrt(width)
                self.deltas[f"{layer}.{part}"] = Delta(torch.zeros(out, rank).requires_grad_(), down.requires_grad_())

    @property
    def layers(self) -> int:
        """How many there are."""
        return int(self._shape["num_hidden_layers"])

    def set_deltas(self, deltas: Mapping[str, Delta]) -> None:
        """Put the values of `deltas` in the place of the present ones."""
        with torch.no_grad():
            for name, mine in self.deltas.items():
                for own, other in zip(mine, deltas[name], strict=True):
                    own.copy_(other)

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """The unit vectors of `texts`, prompt included in each; shape (len(texts), dim)."""
        self._keep(texts)
        lengths = [len(self._kept[text]) for text in texts]
        order = sorted(range(len(texts)), key=lengths.__getitem__)
        found = [
            self._upper([self._kept[texts[i]] for i in order[start : start + _TOGETHER]])
            for start in range(0, len(order), _TOGETHER)
        ]
        place = torch.empty(len(order), dtype=torch.long)
        place[torch.tensor(order)] = torch.arange(len(order))
        return F.normalize(torch.cat(found)[place], dim=1)

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Tensor:
        """The same without a gradient; equal texts are encoded once."""
        own = list(dict.fromkeys(texts))
        found = torch.cat([self.vectors(own[start : start + 512]) for start in range(0, len(own), 512)])
        row = {text: i for i, text in enumerate(own)}
        return found[[row[text] for text in texts]]

    def _upper(self, states: list[Tensor]) -> Tensor:
        lengths = torch.tensor([len(state) for state in states])
        x = self._through(torch.cat(states).float(), _packed(lengths.tolist()), range(self.frozen, self.layers))
        text = torch.repeat_interleave(torch.arange(len(states)), lengths)
        return x.new_zeros(len(states), x.shape[1]).index_add(0, text, x) / lengths[:, None]

    @torch.no_grad()
    def _keep(self, texts: Sequence[str]) -> None:
        """Compute the frozen layers' output of texts not met before."""
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        ids = [_cut(encoded.ids, self.longest) for encoded in self._tokenizer.encode_batch(new)]
        order = sorted(range(len(new)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), _TOGETHER):
            part = order[start : start + _TOGETHER]
            lengths = [len(ids[i]) for i in part]
            x = self._embedded([ids[i] for i in part])
            x = self._through(x, _packed(lengths), range(self.frozen)).half()
            self._kept.update(zip((new[i] for i in part), x.split(lengths), strict=True))  # type: ignore[no-untyped-call]

    def _embedded(self, ids: list[list[int]]) -> Tensor:
        w = self._weights
        places = torch.cat([torch.arange(len(row)) for row in ids])
        words = w["embeddings.word_embeddings.weight"][torch.tensor([token for row in ids for token in row])]
        x = words + w["embeddings.position_embeddings.weight"][places] + w["embeddings.token_type_embeddings.weight"][0]
        return self._norm(x, "embeddings.LayerNorm")

    def _through(self, x: Tensor, packed: Packed, layers: range) -> Tensor:
        n, longest = packed.rows.shape
        heads = int(self._shape["num_attention_heads"])
        for layer in layers:
            qkv = self._linear(x, f"{layer}.qkv")
            qkv = torch.cat([qkv, qkv.new_zeros(1, qkv.shape[1])])[packed.rows]
            q, k, v = qkv.view(n, longest, 3, heads, -1).permute(2, 0, 3, 1, 4)
            seen = F.scaled_dot_product_attention(q, k, v, attn_mask=packed.mask)
            seen = seen.permute(0, 2, 1, 3).reshape(n * longest, -1)[packed.places]
            x = self._norm(x + self._linear(seen, f"{layer}.ao"), f"encoder.layer.{layer}.attention.output.LayerNorm")
            inner = self._linear(F.gelu(self._linear(x, f"{layer}.fi")), f"{layer}.fo")
            x = self._norm(x + inner, f"encoder.layer.{layer}.output.LayerNorm")
        return x

    def _linear(self, x: Tensor, name: str) -> Tensor:
        y = F.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])
        delta = self.deltas.get(name)
        if delta is None or not self.scale:
            return y
        return y + F.linear(F.linear(x, delta.down), delta.up) * self.scale

    def _norm(self, x: Tensor, name: str) -> Tensor:
        w = self._weights
        return F.layer_norm(x, x.shape[1:], w[f"{name}.weight"], w[f"{name}.bias"], self._shape["layer_norm_eps"])


def _read(folder: Path) -> tuple[dict[str, float], dict[str, Tensor], _Tokenizer]:
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    try:
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        for layer in range(shape["num_hidden_layers"]):
            for part, names in PARTS.items():
                for kind in ("weight", "bias"):
                    whole = [weights.pop(f"encoder.layer.{layer}.{name}.{kind}") for name in names]
                    weights[f"{layer}.{part}.{kind}"] = torch.cat(whole)
    except (OSError, ValueError, KeyError) as error:
        cure = "Train from the offline encoder (`gradmatch encoder prepare`)."
        raise EncoderError(
            f"the folder holds no BERT that can be trained: {error}", where=str(folder), cure=cure
        ) from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return shape, weights, tokenizer


def _cut(ids: list[int], longest: int) -> list[int]:
    return ids if len(ids) <= longest else [*ids[: longest - 1], ids[-1]]


def _packed(lengths: list[int]) -> Packed:
    held = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    rows = torch.full(held.shape, sum(lengths))
    rows[held] = torch.arange(sum(lengths))
    mask = None if bool(held.all()) else held[:, None, None, :]
    return Packed(rows, torch.nonzero(held.flatten())[:, 0], mask)


def parts_of(name: str, delta: Delta) -> Iterator[tuple[str, Tensor]]:
    """The change of each matrix that a delta stands for, by the matrix's name in the model's file."""
    layer, part = name.split(".")
    change = delta.up.float() @ delta.down.float()
    for long, rows in zip(PARTS[part], change.chunk(len(PARTS[part])), strict=True):
        yield f"encoder.layer.{layer}.{long}.weight", rows
