"""Every notebook runs from a fresh clone, and is kept without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PICTURES = {"01_matches": 3, "02_data": 3, "03_evaluation": 12, "04_tuning": 3, "05_fairness": 6}
"""Plots that each notebook draws."""
NO_ENCODER = {"02_data", "03_evaluation", "04_tuning", "05_fairness"}
"""Notebooks about something else than the encoder: they run with the hashing one."""


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == list(PICTURES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    cells = nbformat.read(path, as_version=4).cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells if cell.cell_type == "code")


@pytest.mark.encoder
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore:Parsing dates involving a day of month:DeprecationWarning")  # jupyter_client's
def test_runs(path, tmp_path, monkeypatch):
    encoders = os.environ.get("GRADMATCH_TEST_ENCODERS")
    if path.stem not in NO_ENCODER:
        if not encoders:
            pytest.skip("GRADMATCH_TEST_ENCODERS does not name the prepared encoders (scripts/test does)")
        monkeypatch.setenv("GRADMATCH_ENCODERS", encoders)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    drawn = sum("image/png" in one or "<svg" in one.get("text/html", "") for one in data)
    assert drawn == PICTURES[path.stem]
