"""The door: what is accepted, what is refused, and how the refusal reads."""

import json
import unicodedata

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import RecordRefused
from matching.standard.check import HIDDEN, check
from matching.standard.privacy import PATTERNS, contact_in, redact
from matching.standard.records import _UNSEEN, RECORD_TYPES, Degree, Pay, PayUnit, Posting, _clean
from matching.standard.schema import published, schema_of, schema_text

POSTING = {
    "tenant": "jx",
    "id": "p1",
    "title": "软件工程师",
    "description": "负责后端开发。🙂",
    "regions": ["360100"],
    "pay": {"min": 6000, "max": 9000},
    "requirements": {"degree": "本科", "majors": ["计算机类"], "graduation_years": [2021]},
    "published": "2021-06-01",
    "closes": "2021-09-01",
}
PHONE = "138" + "1234" + "5678"
ID_NUMBER = "360102" + "19990101" + "123X"


def refusals(type_name, **changes):
    data = {**(POSTING if type_name == "posting" else {"tenant": "jx", "id": "g1"}), **changes}
    with pytest.raises(RecordRefused) as refused:
        check(type_name, data)
    return [(r.field, r.value, r.code) for r in refused.value.refusals]


def test_a_good_posting():
    posting = check("posting", POSTING)
    assert isinstance(posting, Posting)
    assert posting.key == "jx:p1"
    assert posting.requirements.degree is Degree.BACHELOR
    assert posting.model_dump(mode="json", exclude_defaults=True) == POSTING | {"pay": {"min": 6000.0, "max": 9000.0}}


def test_not_stated_is_not_no_limit():
    silent = check("posting", {"tenant": "jx", "id": "1", "title": "甲"})
    stated = check("posting", {**POSTING, "requirements": {"degree": "none", "majors": []}})
    assert silent.requirements.degree is None
    assert silent.requirements.majors is None
    assert stated.requirements.degree is Degree.NONE
    assert stated.requirements.majors == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pay": {"min": -1}}, [("pay.min", "-1", "out_of_range")]),
        ({"pay": {"min": 9, "max": 6}}, [("pay", "{'min': 9, 'max': 6}", "out_of_order")]),
        ({"published": "2021-02-30"}, [("published", "2021-02-30", "bad_date")]),
        ({"regions": ["990000"]}, [("regions.0", "990000", "unknown_code")]),
        ({"kind": "gig"}, [("kind", "gig", "unknown_code")]),
        ({"colour": "red"}, [("colour", "red", "unknown_field")]),
        ({"id": "a b"}, [("id", "a b", "bad_form")]),
        ({"closes": "2021-05-01"}, None),
        ({"description": "x" * 20_001}, [("description", "x" * 79 + "…", "too_long")]),
        ({"requirements": {"degree": "本可"}}, [("requirements.degree", "本可", "unknown_code")]),
    ],
)
def test_refusals_name_field_value_and_reason(changes, expected):
    found = refusals("posting", **changes)
    assert len(found) == 1
    assert expected is None or found == expected


def test_missing_fields_are_all_named():
    with pytest.raises(RecordRefused) as refused:
        check("posting", {"tenant": "jx"})
    assert [(r.field, r.code) for r in refused.value.refusals] == [("id", "missing"), ("title", "missing")]


@pytest.mark.parametrize("field", ["phone", "姓名", "Email", "id_card", "联系方式"])
def test_contact_fields_are_refused_by_name_and_never_repeated(field):
    assert refusals("graduate", **{field: "whatever"}) == [(field, HIDDEN, "contact_data")]


def test_contact_fields_are_refused_wherever_they_nest():
    found = refusals("graduate", experiences=[{"title": "x", "phone": "1"}])
    assert found == [("experiences.phone", HIDDEN, "contact_data")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"请联系 {PHONE}", "mobile"),
        ("138-1234-5678", "mobile"),
        (f"身份证{ID_NUMBER}", "id_number"),
        ("hr" + "@" + "firm.example.cn", "email"),
        ("微信号：abc_12345", "messenger"),
        ("0791-88881234", "landline"),
        ("编号 20210701123456", None),
        ("营收1380.5万元，服务13800家企业", None),
        ("月薪 6000-9000", None),
        ("2021-07-01 至 2021-08-31", None),
    ],
)
def test_what_looks_like_contact_data(text, kind):
    assert contact_in(text) == kind


def test_contact_data_in_text_is_refused_without_repeating_it():
    found = refusals("posting", description=f"电话{PHONE}")
    assert found == [("description", HIDDEN, "contact_data")]


def test_a_persons_id_may_not_be_a_phone_number():
    assert refusals("graduate", id=PHONE) == [("id", HIDDEN, "contact_data")]
    assert check("posting", {**POSTING, "id": PHONE}).id == PHONE


def test_an_employers_name_is_the_standards_own_field():
    assert check("employer", {"tenant": "jx", "id": "e1", "name": "示例有限公司"}).name == "示例有限公司"
    with pytest.raises(RecordRefused):
        check("employer", {"tenant": "jx", "id": "e1", "name": "示例有限公司", "phone": "x"})


def test_redact():
    text, count = redact(f"电话{PHONE}，邮箱a" + "@" + "b.cn。")
    assert count == 2
    assert contact_in(text) is None


@given(st.text(max_size=300))
def test_redacting_leaves_nothing_to_find(text):
    assert contact_in(redact(text)[0]) is None


def test_unseen_characters_are_taken_out_and_emoji_stay():
    posting = check("posting", {**POSTING, "title": "软\u200b件\ufeff工程师🙂", "description": "一\r\n二\x07"})
    assert posting.title == "软件工程师🙂"
    assert posting.description == "一\n二"


@pytest.mark.parametrize(
    ("pay", "monthly"),
    [
        (Pay(min=100, unit=PayUnit.DAY), (2175.0, None)),
        (Pay(min=120_000, max=240_000, unit=PayUnit.YEAR), (10_000.0, 20_000.0)),
        (Pay(min=20, max=25, unit=PayUnit.HOUR), (3480.0, 4350.0)),
    ],
)
def test_monthly_pay(pay, monthly):
    assert pay.monthly() == monthly


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_the_published_schema_is_that_of_the_code(name):
    assert published(name) == schema_text(name)
    jsonschema.Draft202012Validator.check_schema(schema_of(name))


def test_the_schema_accepts_what_the_door_accepts():
    jsonschema.validate(POSTING, json.loads(published("posting")))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**POSTING, "kind": "gig"}, json.loads(published("posting")))


@given(
    st.dictionaries(
        st.text(max_size=12), st.none() | st.text(max_size=40) | st.integers() | st.lists(st.text()), max_size=6
    )
)
def test_anything_is_accepted_or_refused(data):
    found = outcome({"tenant": "jx", "id": "1", **data})
    assert found == "accepted" or found


def outcome(data):
    try:
        check("graduate", data)
    except RecordRefused as refused:
        return refused.refusals
    return "accepted"


def test_every_pattern_has_a_name():
    assert set(PATTERNS) == {"id_number", "mobile", "landline", "email", "messenger"}


_PIECES = st.sampled_from(
    "微信号：abc12345|138 1234 5678|+86-13812345678|0791-8812345|36010119900101123X|a.b@c-d.com|QQ: 12345|wEcHaT: abcde"
    "|１３８１２３４５６７８|010—88123456|2026-06-15|1、|x|@|微信| |-|8|招聘".split("|")
)


@given(st.lists(_PIECES, max_size=8).map("".join))
def test_the_quick_gates_let_no_pattern_slip_through(text):
    assert contact_in(text) == next((name for name, pattern in PATTERNS.items() if pattern.search(text)), None)


@given(st.text(max_size=20))
def test_cleaning_takes_what_is_unseen_away_and_nothing_else(text):
    expected = unicodedata.normalize("NFC", _UNSEEN.sub("", text.replace("\r\n", "\n")))
    assert _clean(text) == expected
