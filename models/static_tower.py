"""A static encoder for training: a text's vector is the mean of its words' vectors; imports torch.

The words' first vectors are those that a whole encoder gives each word by itself, turned to their main axes and
weighed so that what stands everywhere counts little (model2vec: Tulkens & van Dongen 2024; weights: Arora et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

_RARE = 1e-3
"""Share of all words at which a word counts half."""


class StaticTower:
    """Texts → unit vectors with a gradient.

    Parameters
    ----------
    tokenizer : Tokenizer
        Without special tokens (`models.static_words.tokenizer_of`).
    vectors : float32 (words, dim)
        In the order of the tokenizer's ids.
    """

    prompts = ("", "")
    """Of query and passage: a static encoder reads both alike."""

    def __init__(self, tokenizer: Tokenizer, vectors: NDArray[np.float32]) -> None:
        self._tokenizer = tokenizer
        self._kept: dict[str, Tensor] = {}
        self.table = torch.from_numpy(vectors.copy()).requires_grad_()

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """The unit vectors of `texts`, shape (len(texts), dim); a text without words has zeros."""
        self._keep(texts)
        rows = [self._kept[text] for text in texts]
        starts = torch.tensor([0, *(len(row) for row in rows)]).cumsum(0)[:-1]
        words = torch.cat([*rows, torch.empty(0, dtype=torch.long)])
        return F.normalize(F.embedding_bag(words, self.table, starts, mode="mean"), dim=1)

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Tensor:
        """The same without a gradient."""
        return self.vectors(texts)

    def save(self, folder: Path) -> None:
        """Write the encoder into the new `folder`, as sentence-transformers reads it."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        module = StaticEmbedding(self._tokenizer, embedding_weights=self.table.detach().clone())
        SentenceTransformer(modules=[module], device="cpu").save(str(folder), create_model_card=False)

    def _keep(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        for text, encoded in zip(new, self._tokenizer.encode_batch(new, add_special_tokens=False), strict=True):
            self._kept[text] = torch.tensor(encoded.ids, dtype=torch.long)


def word_counts(tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.int64]:
    """How often each word stands in `texts`, int64 (words,), by id."""
    ids = [i for row in tokenizer.encode_batch(list(texts), add_special_tokens=False) for i in row.ids]
    return np.bincount(np.array(ids, np.int64), minlength=tokenizer.get_vocab_size())


class Axes:
    """The main axes of a set of vectors: turned to them, vectors keep their angles and lose what they all share.

    Parameters
    ----------
    vectors : float32 (n, whole)
    dim : int
        Axes that are kept, at most `whole`; the widest first. Each points to where its largest entry is positive.
    """

    def __init__(self, vectors: NDArray[np.float32], dim: int) -> None:
        centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
        widths, axes = np.linalg.eigh(centred.T @ centred)
        kept = axes[:, np.argsort(-widths, kind="stable")[:dim]]
        self._axes = kept * np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])

    def turned(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """`vectors` less their own mean, on the axes; float32 (len(vectors), dim)."""
        centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
        out: NDArray[np.float32] = (centred @ self._axes).astype(np.float32)
        return out


def weighed(vectors: NDArray[np.float32], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """`vectors` of words (words, dim), each by r / (r + its share of all words): frequent ones count little."""
    share = counts / max(int(counts.sum()), 1)
    return (vectors * (_RARE / (_RARE + share))[:, None]).astype(np.float32)
