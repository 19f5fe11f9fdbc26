"""Texts → unit vectors: the encoders, and how one is found by its name.

The only home of sentence-transformers and torch; they are imported when the first text is encoded.

The vector of a text depends on nothing but the text: texts are batched with texts of the same width
only (token count, rounded up to 8), so nobody's padding depends on its neighbours. On one machine the
bytes are the same whatever the batch, its order and the number of threads; between processors
with different instructions they differ by about 1e-7.

Threads take whole batches; a matrix product is one thread's. Threads that share a product wait for each
other at every layer: where other work keeps a core, all of them stand still.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.encoder_folder import damage_of, identity_of, read_manifest
from models.errors import EncoderError

OFFLINE = "multilingual-e5-small-offline"
"""Name of the offline base encoder, and of its folder; `models.offline_e5` builds it."""

WORK = "multilingual-e5-small-work"
"""Name of the default encoder, and of its folder: the base with the shipped adapter (`models.work_encoder`)."""

Vectors = NDArray[np.float32]
"""Shape (n, dim), rows of length 1."""
Progress = Callable[[int], None]
"""Told how many more texts are done."""
Precision = Literal["fp32", "bf16"]
"""What the matrix products are computed in; bf16 is quick only where the processor has it."""

_LONGEST = 512
_WIDTH = 8
_MOST_TOKENS = 8_192
"""Tokens in one batch: bounds the memory of long texts."""
_UNPADDED = 512
"""Texts in one batch of a static encoder, which pads nothing; at 32 a batch costs more than its texts."""
_E5_PROMPTS = {"query": "query: ", "passage": "passage: "}


class Side(StrEnum):
    """Which side of the search a text stands on: e5 and others read the two differently."""

    QUERY = "query"
    PASSAGE = "passage"


class Encoder(Protocol):
    """What every encoder does.

    Attributes
    ----------
    name : str
        Identity, version included: vectors of two encoders are comparable only if their names are equal.
    dim : int
        Length of a vector.
    """

    @property
    def name(self) -> str:
        """See above."""
        ...

    @property
    def dim(self) -> int:
        """See above."""
        ...

    def encode(self, texts: Sequence[str], *, side: Side, progress: Progress | None = None) -> Vectors:
        """The unit vectors of `texts`, shape (len(texts), dim); no texts give shape (0, dim).

        An empty text has a vector like any other. What is beyond the encoder's longest text is not read.
        """
        ...


def load_encoder(
    name: str, *, folder: Path, batch: int = 32, threads: int = 0, precision: Precision = "fp32"
) -> Encoder:
    """The encoder called `name`; its weights are read when they are first needed.

    Parameters
    ----------
    name : str
        ``"hashing"`` (test double), `OFFLINE` or another folder in `folder`, the path of a
        sentence-transformers folder, or a name on the hub that sentence-transformers is set up for.
    folder : Path
        Where the prepared encoders are.
    batch : int
        Texts encoded at once, at most; a static encoder takes 512.
    threads : int
        Batches encoded side by side; 0: as many as there are cores. torch itself gets one thread in this process.
    precision : {"fp32", "bf16"}
        See `Precision`; part of the encoder's name.

    Raises
    ------
    EncoderError
        The offline encoder is not prepared or damaged, or a folder holds no encoder.
    """
    if name == "hashing":
        from models.hashing import HashingEncoder

        return HashingEncoder()
    inside = folder / name
    if name in (OFFLINE, WORK):
        damage = damage_of(inside, thorough=False)
        if damage:
            cure = "Run `gradmatch encoder prepare`."
            raise EncoderError(f"the encoder '{name}' is not ready: {damage}", where=str(inside), cure=cure)
    path = inside if inside.is_dir() else Path(name)
    if not path.is_dir():
        return SentenceEncoder(name, batch=batch, threads=threads, precision=precision)
    if not (path / "modules.json").is_file() and not (path / "config.json").is_file():
        cure = "Name a folder that sentence-transformers saved, or run `gradmatch encoder prepare`."
        raise EncoderError("the folder holds no encoder", where=str(path), cure=cure)
    return SentenceEncoder(path, batch=batch, threads=threads, precision=precision)


class SentenceEncoder:
    """A sentence-transformers model. Thread-safe; the model is loaded by the first call that needs it.

    Prompts: the model's own for query and passage (or document); models of the e5 family that name
    none get ``"query: "`` and ``"passage: "``; other models get none.

    Parameters
    ----------
    source : Path or str
        A folder (nothing is asked of any network), or a name on a hub.
    batch, threads, precision
        See `load_encoder`.
    """

    def __init__(self, source: Path | str, *, batch: int = 32, threads: int = 0, precision: Precision = "fp32") -> None:
        self._source = source
        self._batch = batch
        self._threads = threads
        self._precision = precision
        self._loading = threading.Lock()
        self._tokenizing = threading.Lock()  # a tokenizer of transformers serves one thread at a time
        self._loaded: Any = None

    @cached_property
    def name(self) -> str:
        """``"label@identity"``: the folder's or the hub's name, and a hash of what it holds."""
        if isinstance(self._source, Path):
            label, identity = self._source.resolve().name, identity_of(self._source)
        else:
            label, identity = self._source, _identity_of_weights(self._model())
        return f"{label}@{identity}" + ("" if self._precision == "fp32" else f"+{self._precision}")

    @cached_property
    def dim(self) -> int:
        """Length of a vector; loads the model where no manifest tells it."""
        manifest = read_manifest(self._source) if isinstance(self._source, Path) else None
        return int((manifest or {}).get("dim") or self._model().get_embedding_dimension())

    def load(self) -> None:
        """Read the weights now, so that the first `encode` need not."""
        self._model()

    def encode(self, texts: Sequence[str], *, side: Side, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`."""
        out = np.empty((len(texts), self.dim), np.float32)
        if not len(texts):
            return out
        model = self._model()
        prompt = _prompt(model, str(self._source), side)
        threads = self._threads or _cores()
        share = min(self._batch if _pads(model) else _UNPADDED, -(-len(texts) // threads))

        def work(batch: tuple[NDArray[np.int64], int]) -> int:
            rows, width = batch
            out[rows] = self._vectors(model, [texts[row] for row in rows], prompt=prompt, width=width)
            return len(rows)

        for done in _side_by_side(work, list(_batches(self._widths(model, texts, prompt), share)), threads):
            if progress is not None:
                progress(done)
        return out

    def _model(self) -> Any:  # noqa: ANN401 - sentence-transformers is not imported before it is needed
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self._source, self._precision)
            return self._loaded

    def _widths(self, model: Any, texts: Sequence[str], prompt: str) -> NDArray[np.int64]:  # noqa: ANN401
        """Tokens each text is padded to; 0 for models that pad nothing (static ones)."""
        if not _pads(model):
            return np.zeros(len(texts), np.int64)
        with self._tokenizing:
            ids = model.tokenizer(
                [prompt + text for text in texts],
                truncation=True,
                max_length=model.max_seq_length,
                return_attention_mask=False,
            )["input_ids"]
        counts = np.fromiter((len(row) for row in ids), np.int64, len(texts))
        return -(-counts // _WIDTH) * _WIDTH

    def _vectors(self, model: Any, texts: list[str], *, prompt: str, width: int) -> Vectors:  # noqa: ANN401
        import torch

        padding = {"processing_kwargs": {"text": {"pad_to_multiple_of": _WIDTH}}} if width else {}
        with self._tokenizing:
            features = model.preprocess(texts, prompt=prompt, **padding)
        features = {k: v.to(model.device) if isinstance(v, torch.Tensor) else v for k, v in features.items()}
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if self._precision == "bf16":
                stack.enter_context(torch.autocast(model.device.type, dtype=torch.bfloat16))
            vectors = model(features)["sentence_embedding"].float()
            return torch.nn.functional.normalize(vectors, dim=1).cpu().numpy()


def _cores() -> int:
    """Threads that may work at once: what OMP_NUM_THREADS says, as for every library underneath, else the cores."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else os.cpu_count() or 1


def _side_by_side(
    work: Callable[[tuple[NDArray[np.int64], int]], int], batches: list[tuple[NDArray[np.int64], int]], threads: int
) -> Iterator[int]:
    """What `work` returns for each of `batches`, in order; the widest, which take longest, are begun first."""
    if min(threads, len(batches)) < 2:
        yield from map(work, batches)
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(work, reversed(batches))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _batches(widths: NDArray[np.int64], most: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Rows of equal width, narrow ones first, `most` texts and `_MOST_TOKENS` tokens at a time."""
    order = np.argsort(widths, kind="stable")
    starts = np.flatnonzero(np.diff(widths[order], prepend=-1))
    for group in np.split(order, starts[1:]):
        width = int(widths[group[0]])
        step = min(most, max(1, _MOST_TOKENS // width)) if width else most
        for start in range(0, len(group), step):
            yield group[start : start + step], width


def _prompt(model: Any, source: str, side: Side) -> str:  # noqa: ANN401
    names = ("query",) if side is Side.QUERY else ("passage", "document")
    own = next((model.prompts[name] for name in names if model.prompts.get(name)), "")
    family = re.search(r"(?<![a-z0-9])e5(?![a-z0-9])", source.lower()) and "instruct" not in source.lower()
    return str(own or (_E5_PROMPTS[side] if family else ""))


def _pads(model: Any) -> bool:  # noqa: ANN401
    from transformers import PreTrainedTokenizerBase

    return isinstance(model.tokenizer, PreTrainedTokenizerBase)


def _load(source: Path | str, precision: Precision) -> Any:  # noqa: ANN401
    import torch
    from sentence_transformers import SentenceTransformer

    from models.onednn import use_onednn

    torch.set_num_threads(1)
    local = isinstance(source, Path)
    try:
        with _no_bars():
            model = SentenceTransformer(str(source), local_files_only=local)
    except Exception as error:  # the libraries raise whatever they like for a missing or damaged model
        cure = "Run `gradmatch encoder prepare`" + (" again." if local else ", or name a local folder.")
        said = next(iter(str(error).splitlines()), "")
        what = f"the encoder '{source}' cannot be loaded: {type(error).__name__}: {said}"
        raise EncoderError(what, cure=cure) from error
    model.eval()
    if _pads(model):
        model.max_seq_length = min(model.max_seq_length or _LONGEST, _LONGEST)
    if precision == "bf16":
        for part in model.modules():
            if isinstance(part, torch.nn.Linear):
                part.to(torch.bfloat16)
    else:
        use_onednn(model)
    return model


@contextmanager
def _no_bars() -> Iterator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _identity_of_weights(model: Any) -> str:  # noqa: ANN401
    import hashlib

    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        tensor = tensor.to_dense() if tensor.is_mkldnn else tensor
        digest.update(key.encode() + b"\0" + tensor.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:12]
