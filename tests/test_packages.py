"""The distribution owns its import names, and the changelog knows the version."""

import importlib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["matching", "models", "api", "eval"])
def test_the_packages_are_ours(name):
    assert Path(importlib.import_module(name).__file__).is_relative_to(ROOT)


def test_the_changelog_speaks_of_this_version():
    first = next(line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line[:3] == "## ")
    assert version("gradmatch") in first
