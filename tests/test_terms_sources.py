"""The tables are those that SOURCES.md describes: every file is listed with its checksum and row count."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

DATA = files("matching.terms") / "data"


def test_every_table_has_the_checksum_and_the_rows_that_are_written():
    text = (DATA / "SOURCES.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(\w+\.csv)` \| ([\d,]+ \| [0-9a-f]{64}) \|$", text, re.MULTILINE))
    held = {}
    for path in DATA.iterdir():
        if path.name.endswith(".csv"):
            content = path.read_bytes()
            rows = content.decode().rstrip("\n").count("\n")
            held[path.name] = f"{rows:,} | {hashlib.sha256(content).hexdigest()}"
    assert listed == held
