"""Rows into a sink: whole batches, every refusal told, nothing lost because others fail."""

import json
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from typing import NamedTuple

import pytest

from matching.errors import FileError, MappingError, StoreError
from matching.intake.load import load
from matching.intake.mapping import Mapping, identity, read_mapping
from matching.intake.nowhere import Nowhere
from matching.standard.records import LONGEST_TEXT
from matching.store import Store

HEAD = "id,title,published,pay.min,description\n"


class Counts(NamedTuple):
    inserted: int
    updated: int
    unchanged: int


class Memory:
    """A store in a dictionary; breaks after `batches` calls, as a killed process does."""

    def __init__(self, batches=None):
        self.records = {}
        self.left = batches

    def upsert(self, records):
        if self.left == 0:
            raise StoreError("the disk is full", where="memory", cure="Free some space.")
        self.left = None if self.left is None else self.left - 1
        known = [self.records.get((r.type, r.key)) for r in records]
        self.records |= {(r.type, r.key): r for r in records}
        new = sum(old is None for old in known)
        same = sum(old == r for old, r in zip(known, records, strict=True))
        return Counts(new, len(records) - new - same, same)


@pytest.fixture
def store():
    return Memory()


def table(tmp_path, *lines, head=HEAD, name="t.csv"):
    path = tmp_path / name
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def refused(report):
    return [(r.row, r.refusal.field, r.refusal.code) for r in report.refusals]


POSTING = identity("posting", "t")


def test_good_rows_are_taken_and_bad_ones_told(tmp_path, store):
    path = table(
        tmp_path,
        "p1,会计,2021-07-01,5000,",
        "p2,,2021-02-30,-5,",
        "p3,护士,2021/7/1,,致电13812345678",
        "p4,教师\U0001f393\u200b,2021年7月1日,,",
        "p5,司机,20210701,,",
        "p 6,厨师,2021.7.1,,",
    )
    report = load(path, POSTING, store)
    assert (report.rows, report.accepted, report.refused, report.inserted) == (6, 3, 3, 3)
    assert refused(report) == [
        (3, "published", "bad_date"),
        (3, "title", "missing"),
        (3, "pay.min", "out_of_range"),
        (4, "description", "contact_data"),
        (7, "id", "bad_form"),
    ]
    assert report.reasons[("published", "bad_date")] == 1
    assert store.records["posting", "t:p4"].title == "教师\U0001f393"
    assert {r.published.isoformat() for r in store.records.values()} == {"2021-07-01"}


def test_refusals_never_repeat_contact_data(tmp_path, store):
    head = "id,title,手机,headcount\n"
    report = load(table(tmp_path, "p1,会计,13812345678,13812345678个呢", head=head), POSTING, store)
    told = json.dumps([[*r.refusal.reason, r.refusal.value] for r in report.refusals], ensure_ascii=False)
    assert {(r.refusal.field, r.refusal.code) for r in report.refusals} == {
        ("手机", "contact_data"),
        ("headcount", "unreadable"),
    }
    assert "13812345678" not in told


def test_the_first_of_two_rows_with_one_id_stands(tmp_path, store):
    path = table(tmp_path, "p1,,,,", "p1,会计,,,", "p1,护士,,,", "p2,教师,,,")
    report = load(path, POSTING, store)
    assert refused(report) == [(2, "title", "missing"), (4, "id", "duplicate_id")]
    assert list(report.refusals)[1].refusal.reason.en.endswith("(first in row 3)")
    assert store.records["posting", "t:p1"].title == "会计"


def test_a_ten_megabyte_description_and_one_over_the_limit_refuse_their_rows_only(tmp_path, store):
    path = table(tmp_path, f"p1,会计,,,{'长' * 3_500_000}", f"p2,护士,,,{'长' * (LONGEST_TEXT + 1)}", "p3,教师,,,")
    report = load(path, POSTING, store)
    assert [(row, code) for row, _, code in refused(report)] == [(2, "too_long"), (3, "too_long")]
    assert report.accepted == 1


def test_ten_thousand_bad_rows_lose_no_good_one_and_take_no_memory(tmp_path, store):
    lines = [f"p{i},{'会计' if i % 10 == 0 else ''},,," for i in range(11_000)]
    path = table(tmp_path, *lines)
    tracemalloc.start()
    try:
        report = load(path, POSTING, store)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (report.accepted, report.refused, len(report.refusals)) == (1_100, 9_900, 9_900)
    assert list(report.refusals)[-1].row == 11_001
    assert peak < 12_000_000


def test_running_again_changes_nothing(tmp_path, store):
    path = table(tmp_path, "p1,会计,,,", "p2,护士,,,")
    load(path, POSTING, store)
    again = load(path, POSTING, store)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 2)
    changed = load(table(tmp_path, "p1,会计,,,", "p2,护师,,,"), POSTING, store)
    assert (changed.inserted, changed.updated, changed.unchanged) == (0, 1, 1)


def test_a_kill_between_batches_leaves_whole_batches_and_a_second_run_completes(tmp_path):
    path = table(tmp_path, *(f"p{i},会计,,," for i in range(25)))
    store = Memory(batches=2)
    with pytest.raises(StoreError):
        load(path, POSTING, store, batch=10)
    assert len(store.records) == 20
    store.left = None
    report = load(path, POSTING, store, batch=10)
    assert (report.unchanged, report.inserted, len(store.records)) == (20, 5, 25)


def test_a_file_that_breaks_off_keeps_the_rows_before_and_says_where(tmp_path, store):
    path = tmp_path / "t.csv"
    path.write_bytes((HEAD + "p1,会计,,,\np2,护士,,,\n").encode("utf-16")[:-1])
    report = load(path, POSTING, store)
    assert isinstance(report.stopped, FileError)
    assert "breaks off" in str(report.stopped)
    assert report.as_dict()["stopped"] == str(report.stopped)


def test_a_truncated_csv_refuses_its_last_row(tmp_path, store):
    path = table(tmp_path, "p1,会计,,,一", 'p2,护士,,,"说明没有')
    report = load(path, POSTING, store)
    assert (report.accepted, refused(report)) == (1, [(3, "", "open_quote")])


def test_a_missing_column_is_a_mapping_error_before_anything(tmp_path, store):
    mapping = Mapping.model_validate({"name": "m", "type": "posting", "tenant": "t", "fields": {"title": "岗位"}})
    with pytest.raises(MappingError, match=r"'title' needs column '岗位', which t.csv lacks.*The file has: id, title"):
        load(table(tmp_path, "p1,会计,,,"), mapping, store)


def test_unknown_codes_and_unknown_columns_are_refused_by_name(tmp_path, store):
    path = table(tmp_path, "p1,会计,博学,990000,red", head="id,title,requirements.degree,regions,colour\n")
    report = load(path, POSTING, store)
    assert {(field, code) for _, field, code in refused(report)} == {
        ("requirements.degree", "unknown_code"),
        ("regions.0", "unknown_code"),
        ("colour", "unknown_field"),
    }


def test_contact_data_are_replaced_and_counted_where_the_mapping_says_so(tmp_path, store):
    data = {"name": "m", "type": "posting", "tenant": "t", "redact": True}
    data["fields"] = {
        "id": "id",
        "title": "title",
        "description": "description",
        "place": {"from": "p", "redact": False},
    }
    path = table(
        tmp_path,
        "p1,会计,致电13812345678或a@b.cn,",
        "p2,护士,致电13812345678,13812345678",
        "p3,,致电13812345678,",
        head="id,title,description,p\n",
    )
    mapping = Mapping.model_validate(data)
    report = load(path, mapping, store)
    assert store.records["posting", "t:p1"].description == "致电[联系方式已隐去]或[联系方式已隐去]"
    assert report.redactions == {"description": 2}
    assert {row for row, _, _ in refused(report)} == {3, 4}
    assert set(store.records) == {("posting", "t:p1")}


def test_a_phone_number_for_a_persons_id_is_refused_even_where_texts_are_redacted(tmp_path, store):
    data = {"name": "m", "type": "graduate", "tenant": "t", "redact": True, "fields": {"id": "id", "summary": "s"}}
    path = table(tmp_path, "13812345678,致电13812345678", "g2,致电13812345678", head="id,s\n")
    report = load(path, Mapping.model_validate(data), store)
    assert refused(report) == [(2, "id", "contact_data"), (2, "summary", "contact_data")]
    assert store.records["graduate", "t:g2"].summary == "致电[联系方式已隐去]"
    assert report.redactions == {"summary": 1}


def test_redaction_reaches_into_parts_and_counts_only_what_comes_in(tmp_path, store):
    rows = [
        {
            "id": "g1",
            "experiences": [{"title": "a"}, {"title": "b", "description": "致电13812345678"}],
            "skills": ["a@b.cn"],
        },
        {"id": "g2", "summary": "致电13812345678", "手机": "13812345678"},
        {"id": "g3", "summary": "致电138\u200b12345678"},
    ]
    path = tmp_path / "g.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    mapping = identity("graduate", "t").model_copy(update={"redact": True})
    report = load(path, mapping, store)
    (graduate,) = store.records.values()
    assert [e.description for e in graduate.experiences] == ["", "致电[联系方式已隐去]"]
    assert graduate.skills == ["[联系方式已隐去]"]
    assert report.redactions == {"experiences.description": 1, "skills": 1}
    assert {row for row, _, _ in refused(report)} == {2, 3}


def test_left_values_are_counted_and_the_first_ones_kept(tmp_path, store):
    data = {"name": "m", "type": "posting", "tenant": "t", "on_unreadable": "leave"}
    data["fields"] = {"id": "id", "title": "title", "headcount": "n"}
    path = table(tmp_path, *(f"p{i},会计,约{i % 30}人" for i in range(60)), head="id,title,n\n")
    report = load(path, Mapping.model_validate(data), store)
    assert (report.accepted, report.left["headcount"]) == (60, 60)
    assert len(report.left_values["headcount"]) == 20
    assert report.left_values["headcount"]["约3人"] == 2


def test_progress_is_told_after_each_batch(tmp_path):
    seen = []
    path = table(tmp_path, *(f"p{i},会计,,," for i in range(25)))
    load(path, POSTING, Nowhere(), progress=lambda rows, share: seen.append((rows, share)), batch=10)
    assert [rows for rows, _ in seen] == [10, 20, 25]
    assert seen[-1][1] == 1.0


def test_an_empty_table_is_an_empty_report(tmp_path, store):
    report = load(table(tmp_path), POSTING, store)
    assert (report.rows, report.accepted, report.refused, store.records) == (0, 0, 0, {})


def test_a_record_of_every_type_comes_in_as_json_lines(tmp_path, store):
    rows = {
        "graduate": {
            "id": "g",
            "degree": "本科",
            "skills": ["SQL"],
            "experiences": [{"title": "实习"}],
            "wishes": {"regions": ["360100"]},
        },
        "protected": {"id": "g", "sex": "female", "disability": False},
        "employer": {"id": "e", "name": "甲"},
        "event": {"id": "f", "title": "双选会", "starts_at": "2026-03-01 09:00", "ends_at": "2026-03-01 17:00"},
        "interaction": {
            "id": "i",
            "graduate": "t:g",
            "posting": "t:p",
            "action": "applied",
            "at": "2026-03-01T09:00:00",
        },
    }
    for type_name, row in rows.items():
        path = tmp_path / f"{type_name}.jsonl"
        path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
        report = load(path, identity(type_name, "t"), store)
        assert (type_name, report.accepted, list(report.refusals)) == (type_name, 1, [])
    assert store.records["event", "t:f"].starts_at.isoformat() == "2026-03-01T09:00:00+08:00"


def test_a_json_resume_comes_in_without_the_person(tmp_path, store):
    resume = {
        "basics": {
            "name": "张三丰",
            "email": "z@example.com",
            "phone": "13812345678",
            "label": "会计",
            "summary": "热爱财务，微信：zhang_12345",
            "location": {"city": "南昌", "address": "某路 1 号"},
            "profiles": [{"network": "X", "username": "zsf"}],
        },
        "education": [
            {"institution": "甲大学", "area": "会计学", "studyType": "本科", "endDate": "2026-06"},
            {"institution": "乙中学", "area": "", "studyType": "高中", "endDate": "2022-06"},
        ],
        "work": [
            {
                "name": "丙公司",
                "position": "会计实习生",
                "startDate": "2025-07",
                "endDate": "2025-09",
                "highlights": ["报税"],
            }
        ],
        "skills": [{"name": "Excel", "keywords": ["数据透视表"]}],
        "references": [{"name": "李四"}],
    }
    path = tmp_path / "r.json"
    path.write_text(json.dumps(resume, ensure_ascii=False), encoding="utf-8")
    report = load(path, read_mapping("json-resume", tenant="t"), store)
    assert list(report.refusals) == []
    (graduate,) = store.records.values()
    assert (graduate.degree, graduate.major, graduate.graduation_year, graduate.region) == (
        "本科",
        "会计学",
        2026,
        "360100",
    )
    assert graduate.skills == ["Excel", "数据透视表"]
    (work,) = graduate.experiences
    assert (work.kind, work.organisation, work.months, work.description) == ("internship", "丙公司", 2, "报税")
    assert graduate.summary == "热爱财务，[联系方式已隐去]"
    assert report.redactions == {"summary": 1}
    text = graduate.model_dump_json()
    assert not any(word in text for word in ("张三丰", "example.com", "13812345678", "zsf", "李四", "某路"))


def test_a_job_posting_of_schema_org_comes_in(tmp_path, store):
    address = {"addressRegion": "江西省", "addressLocality": "南昌市", "streetAddress": "某路"}
    item = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": "软件工程师",
        "description": "<p>负责<b>后端</b></p><ul><li>Java</li></ul>",
        "datePosted": "2026-03-01",
        "validThrough": "2026-04-01T00:00",
        "identifier": {"@type": "PropertyValue", "name": "甲", "value": 1234},
        "employmentType": ["FULL_TIME", "INTERN"],
        "hiringOrganization": {"@type": "Organization", "name": "甲公司"},
        "industry": "软件和信息技术服务业",
        "totalJobOpenings": "3",
        "jobLocation": [{"@type": "Place", "address": address}],
        "baseSalary": {"currency": "CNY", "value": {"minValue": 8000, "maxValue": 12000, "unitText": "MONTH"}},
        "educationRequirements": {"credentialCategory": "bachelor degree"},
        "experienceRequirements": {"monthsOfExperience": 18},
        "skills": "Java,SQL",
    }
    path = tmp_path / "j.jsonld"
    path.write_text(json.dumps(item, ensure_ascii=False), encoding="utf-8")
    report = load(path, read_mapping("schema-org-jobposting", tenant="t"), store)
    assert (list(report.refusals), report.left) == ([], {})
    posting = store.records["posting", "t:1234"]
    assert (posting.kind, posting.headcount, posting.regions) == ("internship", 3, ["360100"])
    assert posting.description == "负责后端\nJava"
    assert (posting.pay.min, posting.pay.max, posting.pay.unit) == (8_000, 12_000, "month")
    assert (posting.requirements.degree, posting.requirements.experience_years) == ("本科", 1.5)
    assert posting.requirements.skills == ["Java", "SQL"]
    assert posting.closes.isoformat() == "2026-04-01"


def test_foreign_currency_is_never_taken_for_yuan(tmp_path, store):
    pay = {"currency": "USD", "value": {"minValue": 8000, "unitText": "MONTH"}}
    item = {"@type": "JobPosting", "title": "会计", "identifier": "p", "baseSalary": pay}
    path = tmp_path / "j.json"
    path.write_text(json.dumps(item), encoding="utf-8")
    report = load(path, read_mapping("schema-org-jobposting", tenant="t"), store)
    assert store.records["posting", "t:p"].pay is None
    assert report.left == {"pay": 1}


KILLED = """
import os, signal, sys
from pathlib import Path
from matching.intake.load import load
from matching.intake.mapping import identity
from matching.store import Store

def die(rows, share):
    if rows == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

with Store.open(sys.argv[2]) as store:
    load(Path(sys.argv[1]), identity("posting", "t"), store, progress=die, batch=100)
"""


@pytest.mark.parametrize("at", [100, 700])
def test_a_killed_process_leaves_whole_batches_in_the_real_store_and_can_be_run_again(tmp_path, at):
    path = table(tmp_path, *(f"p{i},会计,,," for i in range(950)))
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    command = [sys.executable, "-c", KILLED, str(path), url, str(at)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    with Store.open(url) as store:
        assert store.count("posting") == at
        report = load(path, POSTING, store)
        assert (report.unchanged, report.inserted, store.count("posting")) == (at, 950 - at, 950)


def test_a_full_disk_under_the_refusals_is_told_with_its_cure(tmp_path, store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", full)
    with pytest.raises(FileError, match=r"No space left on device.*set TMPDIR"):
        load(table(tmp_path, "p1,,,,"), POSTING, store)
