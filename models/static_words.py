"""The words of a static encoder: pieces of the base's vocabulary, as likely as the base has them.

Chinese parts words by no blank, so words are found by the most likely way to part a text (Unigram: Kudo 2018).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from models.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_HAN = re.compile(r"[\u3400-\u9fff]+")
_UNKNOWN = "<unk>"


class Word(NamedTuple):
    """A word and its logarithm of probability."""

    text: str
    score: float


def words_of(base: Path, texts: Sequence[str]) -> list[Word]:
    """The words of a static encoder: first the unknown one, then by text.

    Every Chinese piece of the base is one, and every other piece that `texts` use. Case does not count, nor whether a
    piece begins a text.

    Parameters
    ----------
    base : Path
        Folder of the base encoder; its ``tokenizer.json`` is a Unigram model.

    Raises
    ------
    EncoderError
        It has no such file.
    """
    record = _tokenizer(base)
    found: dict[str, float] = {}
    used = _used(record, texts)
    for piece, score in record["model"]["vocab"]:
        text = piece.replace("▁", "").lower()
        if text and (piece in used or _HAN.fullmatch(text)):
            found[text] = max(score, found.get(text, -math.inf))
    return [Word(_UNKNOWN, min(found.values()) - 10), *(Word(text, found[text]) for text in sorted(found))]


def tokenizer_of(words: Iterable[Word]) -> Tokenizer:
    """The tokenizer over `words`: compatibility forms and case made one, blanks part."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram

    made = Tokenizer(Unigram([(word.text, word.score) for word in words], unk_id=0))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


def _tokenizer(base: Path) -> dict[str, Any]:
    path = base / "tokenizer.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["model"]["type"] != "Unigram":
            raise ValueError(f"a {record['model']['type']} model")
    except (OSError, ValueError, KeyError) as error:
        cure = "Make it from the default encoder (`gradmatch encoder prepare`)."
        raise EncoderError(f"no Unigram vocabulary: {error}", where=str(path), cure=cure) from None
    return dict(record)


def _used(record: dict[str, Any], texts: Sequence[str]) -> set[str]:
    from tokenizers import Tokenizer

    whole = Tokenizer.from_str(json.dumps(record))
    whole.no_padding()
    whole.no_truncation()
    return {token for encoded in whole.encode_batch(list(texts), add_special_tokens=False) for token in encoded.tokens}
