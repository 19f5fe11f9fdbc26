"""The default encoder: the adapter that is shipped, and a folder that is always this version's."""

import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from models.adapter import CARD, read_adapter, shipped_adapter
from models.encoder import OFFLINE, WORK, Side, load_encoder
from models.encoder_folder import damage_of, identity_of, read_manifest, sha256_of, write_manifest
from models.errors import EncoderError
from models.work_encoder import prepare_work, stale


def test_the_adapter_is_small_and_its_card_speaks_of_it():
    card = json.loads((files("models") / "data" / CARD).read_text(encoding="utf-8"))
    assert shipped_adapter().stat().st_size <= 3_000_000
    assert card["adapter"] == {"sha256": sha256_of(shipped_adapter()), "bytes": shipped_adapter().stat().st_size}
    deltas, about = read_adapter(shipped_adapter())
    assert card["base"] == f"{OFFLINE}@{about['base']}"
    assert {name.split(".")[1] for name in deltas} == {"qkv", "ao", "fi", "fo"}
    assert all(card["development_after"][task] > before for task, before in card["development_before"].items())


def test_without_a_base_the_cure_is_named(tmp_path):
    with pytest.raises(EncoderError, match="the base is not ready") as caught:
        prepare_work(tmp_path)
    assert caught.value.cure == "Run `gradmatch encoder prepare`."


def test_what_another_version_made_is_made_again(tmp_path):
    for name in (OFFLINE, WORK):
        (tmp_path / name).mkdir()
        (tmp_path / name / "modules.json").write_text("[]")
    write_manifest(tmp_path / OFFLINE, dim=384)
    base = f"{OFFLINE}@{identity_of(tmp_path / OFFLINE)}"
    assert "missing" in stale(tmp_path)
    write_manifest(tmp_path / WORK, dim=384, base=base, adapter="another")
    assert stale(tmp_path) == "it was made with another adapter"
    write_manifest(tmp_path / WORK, dim=384, base="other", adapter=sha256_of(shipped_adapter()))
    assert stale(tmp_path) == "it was made from another base"
    write_manifest(tmp_path / WORK, dim=384, base=base, adapter=sha256_of(shipped_adapter()))
    assert stale(tmp_path) == ""
    assert prepare_work(tmp_path) == tmp_path / WORK


@pytest.mark.encoder
def test_titles_of_one_meaning_are_nearer_than_the_base_has_them():
    folder = Path(os.environ.get("GRADMATCH_TEST_ENCODERS", Path(__file__).parents[1] / "var" / "encoders"))
    if damage_of(folder / OFFLINE, thorough=False):
        pytest.skip("the offline encoder is not prepared")
    prepare_work(folder)
    assert damage_of(folder / WORK) == ""
    assert read_manifest(folder / WORK)["adapter"] == sha256_of(shipped_adapter())
    same = [("理发师", "美发师"), ("保洁员", "清洁工"), ("导购员", "营业员"), ("程序员", "软件工程师")]
    margins = {}
    for name in (OFFLINE, WORK):
        encoder = load_encoder(name, folder=folder)
        one = encoder.encode([a for a, _ in same], side=Side.QUERY)
        other = encoder.encode([b for _, b in same], side=Side.PASSAGE)
        products = one @ other.T
        apart = products[~np.eye(len(same), dtype=bool)].reshape(len(same), -1).max(axis=1)
        margins[name] = (products.diagonal() - apart) / products.std()
    assert (margins[WORK] > 0.5).all()
    assert margins[WORK].mean() > margins[OFFLINE].mean()
