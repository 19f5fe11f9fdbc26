import csv
import json
from typing import NamedTuple

import polars as pl
import pyarrow.parquet as pq
import pytest

from matching.errors import FileError
from matching.sample import SampleProvince, Tuning
from matching.sample.export import FILES, into, totals, write
from matching.standard.records import RECORD_TYPES

PROVINCE = SampleProvince(9, graduates=120, postings=150, tuning=Tuning(events=5))
RECORDS = {kind: list(PROVINCE.records(kind)) for kind in FILES}


class Done(NamedTuple):
    inserted: int


class Shelf:
    def __init__(self):
        self.batches = []

    def upsert(self, records):
        self.batches.append(list(records))
        return Done(len(records))


@pytest.fixture(scope="module", params=["jsonl", "csv", "parquet"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, write(PROVINCE, folder / "new" / "folder", form=request.param)


def test_each_type_has_its_file_and_all_says_that_it_is_generated(written):
    form, folder, files = written
    assert set(files) == {*FILES, "truth"}
    where = folder / "new" / "folder"
    assert sorted(p.name for p in where.iterdir()) == sorted([*(p.name for p in files.values()), "GENERATED.md"])
    notice = (where / "GENERATED.md").read_text(encoding="utf-8")
    assert "不含任何真实个人" in notice
    assert "seed: 9" in notice
    if form == "parquet":
        assert b"generated" in pq.read_schema(files["graduate"]).metadata


def test_what_is_read_back_is_what_was_made(written):
    form, _, files = written
    for kind, records in RECORDS.items():
        made = RECORD_TYPES[kind]
        assert [made.model_validate(row) for row in rows(form, files[kind])] == records, kind


def rows(form, path):
    if form == "jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if form == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [unflattened(row) for row in csv.DictReader(file)]
    return [pruned(row) for row in pq.read_table(path).to_pylist()]


def pruned(value):
    if isinstance(value, dict):
        return {k: pruned(v) for k, v in value.items() if v is not None}
    return [pruned(v) for v in value] if isinstance(value, list) else value


def unflattened(row):
    found = {}
    for name, text in row.items():
        if text == "":
            continue
        *way, last = name.split(".")
        part = found
        for step in way:
            part = part.setdefault(step, {})
        part[last] = json.loads(text) if text.startswith("[") else text
    return found


def test_the_truth_is_in_a_file_of_its_own_and_in_no_other(written):
    form, _, files = written
    truth = pl.read_parquet(files["truth"])
    assert truth.equals(pl.concat(list(PROVINCE.truth())))
    for kind in FILES:
        head = files[kind].read_bytes()[:4_000] if form != "parquet" else str(pq.read_schema(files[kind])).encode()
        assert b"utility" not in head
        assert b"suitability" not in head


def test_two_writes_are_the_same_bytes(tmp_path):
    first, second = (write(PROVINCE, tmp_path / name) for name in ("a", "b"))
    for kind in first:
        assert first[kind].read_bytes() == second[kind].read_bytes(), kind


def test_a_store_gets_everything_in_batches_and_the_progress_is_told():
    shelf, told = Shelf(), []
    done = into(PROVINCE, shelf, progress=lambda *step: told.append(step))
    assert done == {kind: len(records) for kind, records in RECORDS.items()}
    assert [r for batch in shelf.batches for r in batch] == [r for records in RECORDS.values() for r in records]
    assert max(len(batch) for batch in shelf.batches) <= 1_000
    last = {kind: (count, total) for kind, count, total in told}
    assert all(count == total == len(RECORDS[kind]) for kind, (count, total) in last.items())
    assert totals(PROVINCE)["graduate"] == 120


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(FileError, match="unknown format 'xml'"):
        write(PROVINCE, tmp_path, form="xml")


def test_a_folder_that_cannot_be_made_is_refused_and_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileError, match="Check the rights"):
        write(PROVINCE, tmp_path / "file")


def test_a_write_that_breaks_off_leaves_no_half_file(tmp_path, monkeypatch):
    def breaking(self):
        yield from RECORDS["graduate"][:10]
        raise OSError("disk full")

    monkeypatch.setattr(SampleProvince, "graduates", breaking)
    with pytest.raises(FileError, match="disk full"):
        write(PROVINCE, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["GENERATED.md"]
