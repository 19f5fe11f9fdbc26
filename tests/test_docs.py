"""The README's commands run, and print what it says; every command is documented."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = [README, *sorted((ROOT / "docs").glob("*.md"))]


def sessions(text):
    """The ``console`` blocks of `text`: lists of (command, expected output)."""
    for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
        steps = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        yield [tuple(step.split("\n", 1)) for step in steps]


def matches(expected, printed):
    """Whether `printed` is what is expected; ``…`` stands for anything within a line, ``…`` alone for any lines."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line.rstrip()).replace("…", "[^\n]*?") + r"\n"
        for line in expected.strip().splitlines()
    ]
    got = "".join(f"{line.rstrip()}\n" for line in printed.strip().splitlines())
    return re.fullmatch("".join(lines), got) is not None


def test_the_matcher_of_outputs_itself():
    assert matches("a … c\n…\nz", "a b c\nx\ny\nz")
    assert not matches("a … c", "a b d")


@pytest.mark.encoder
def test_the_readme_tells_the_truth(tmp_path):
    encoders = os.environ.get("GRADMATCH_TEST_ENCODERS")
    if not encoders:
        pytest.skip("GRADMATCH_TEST_ENCODERS does not name the prepared encoders (scripts/test does)")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GRADMATCH_ENCODERS": encoders, "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
    environment.pop("GRADMATCH_HOME", None)
    ran = 0
    for session in sessions(README.read_text(encoding="utf-8")):
        for command, expected in session:
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            assert matches(expected, done.stdout), f"{command}\nprinted:\n{done.stdout}\nexpected:\n{expected}"
            ran += 1
    assert ran >= 5


def test_the_gate_stops_what_was_made_worse_as_the_document_says(tmp_path):
    """The console session of docs/reports.md, command by command."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "120", "OMP_NUM_THREADS": "1"}
    environment.pop("GRADMATCH_HOME", None)
    (steps,) = sessions((ROOT / "docs" / "reports.md").read_text(encoding="utf-8"))
    for command, expected in steps:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert matches(expected, done.stdout), f"{command}\nprinted:\n{done.stdout}\nexpected:\n{expected}"
    rulings = (tmp_path / "rulings.txt").read_text(encoding="utf-8")
    assert "FAIL hold: postings nDCG@10" in rulings


@pytest.mark.parametrize("command", sorted(e.name for e in entry_points(group="gradmatch.commands")))
def test_every_command_is_documented(command):
    assert any(f"gradmatch {command}" in path.read_text(encoding="utf-8") for path in DOCS)


def test_no_document_links_to_nowhere():
    for path in DOCS:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"
