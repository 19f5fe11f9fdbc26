"""An adapter: the low-rank deltas of a trained encoder in one small file, and the encoder made of it and its base.

The file is safetensors, half precision, with ``up`` and ``down`` for each matrix; its header carries what it
was made from. `merged` adds the deltas to the weights of the base and writes a folder like any other encoder's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.encoder_folder import identity_of, read_manifest, sha256_of, write_manifest
from models.errors import EncoderError

if TYPE_CHECKING:
    from models.tower import Delta

SHIPPED = "work_adapter.safetensors"
CARD = "work_adapter.json"
"""The adapter that comes with the package, and its training card (both in ``models/data``)."""


def shipped_adapter() -> Path:
    """Where the package's own adapter lies."""
    return Path(str(files("models") / "data" / SHIPPED))


def write_adapter(path: Path, deltas: Mapping[str, Delta], *, scale: float, about: Mapping[str, str]) -> None:
    """Write `deltas`, `scale` multiplied into them, with the facts `about` them; the file appears whole."""
    import torch
    from safetensors.torch import save_file

    tensors = {}
    for name, delta in deltas.items():
        tensors[f"{name}.up"] = (delta.up.detach() * scale).to(torch.float16).contiguous()
        tensors[f"{name}.down"] = delta.down.detach().to(torch.float16).contiguous()
    part = path.with_name(f".{path.name}.part")
    save_file(tensors, part, metadata=dict(about))
    part.chmod(0o644)
    part.replace(path)


def read_adapter(path: Path) -> tuple[dict[str, Delta], dict[str, str]]:
    """The deltas by the name of their matrix, and the facts about them.

    Raises
    ------
    EncoderError
        The file is missing or no adapter.
    """
    from safetensors import SafetensorError, safe_open

    from models.tower import Delta

    try:
        with safe_open(path, framework="pt") as file:
            about = dict(file.metadata() or {})
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        names = sorted({key.rpartition(".")[0] for key in tensors})
        return {name: Delta(tensors[f"{name}.up"], tensors[f"{name}.down"]) for name in names}, about
    except (OSError, KeyError, SafetensorError) as error:
        cure = "Train one with `gradmatch encoder train`, or install the package again."
        raise EncoderError(f"no adapter: {error}", where=str(path), cure=cure) from None


def merged(base: Path, adapter: Path, into: Path) -> None:
    """Write the encoder that `base` and `adapter` make into the new folder `into`, manifest included.

    Raises
    ------
    EncoderError
        The adapter was made for another base, or names a matrix that the base has not.
    """
    from safetensors.torch import load_file, save_file

    from models.tower import parts_of

    deltas, about = read_adapter(adapter)
    identity = identity_of(base)
    if about.get("base") != identity:
        cure = "Run `gradmatch encoder prepare --force`, or train again on this base."
        what = f"the adapter was made for the base {about.get('base')}, this one is {identity}"
        raise EncoderError(what, where=str(adapter), cure=cure)
    weights = load_file(base / "model.safetensors")
    for name, delta in deltas.items():
        for long, change in parts_of(name, delta):
            if long not in weights or weights[long].shape != change.shape:
                raise EncoderError(f"the base has no matrix '{long}' of that shape", where=str(base))
            weights[long] += change
    ours = {"model.safetensors", "gradmatch.json"}
    shutil.copytree(base, into, ignore=lambda folder, names: ours & set(names), dirs_exist_ok=True)
    save_file(weights, into / "model.safetensors", metadata={"format": "pt"})
    shutil.copymode(base / "model.safetensors", into / "model.safetensors")
    facts: dict[str, Any] = {k: v for k, v in (read_manifest(base) or {}).items() if k != "files"}
    facts |= {"base": f"{base.name}@{identity}", "adapter": sha256_of(adapter)}
    write_manifest(into, **facts)


def read_card(path: Path) -> dict[str, Any]:
    """The training card beside an adapter."""
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return card
