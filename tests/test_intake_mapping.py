"""A mapping file is a frozen value; what is wrong with it names file and key."""

import pydantic
import pytest

from matching.errors import MappingError
from matching.intake.mapping import builtin_mappings, identity, read_mapping
from matching.intake.translate import translator

HEAD = 'name = "m"\ntype = "posting"\ntenant = "t"\n'


def mapping(tmp_path, text, head=HEAD):
    path = tmp_path / "m.toml"
    path.write_text(head + text, encoding="utf-8")
    return read_mapping(path)


def said(tmp_path, rule, values, field="title"):
    return translator(mapping(tmp_path, f'[fields]\n"{field}" = {rule}\n'))(values)


def value(tmp_path, rule, values, field="title"):
    found = said(tmp_path, rule, values, field).data
    for part in field.split("."):
        found = found.get(part, {})
    return found or None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[fields]\ntitel = "a"\n', "no field 'titel' in posting"),
        ('[fields]\ntitle = { form = "a" }\n', r"'fields\.title\.form'"),
        ('[fields]\ntitle = { as = "text" }\n', "needs one of: from, hash, constant, min, max"),
        ('[fields]\ntitle = { from = "a", as = "degre" }\n', r"'fields\.title\.as'"),
        ('[fields]\ntitle = { from = "a", pattern = "(" }\n', r"'fields\.title\.pattern'"),
        ('[fields]\npay = { from = "a", as = "pay", unit = "yen" }\n', "'yen' is no unit of pay"),
        ('[fields]\npay = { min = "a", as = "pay" }\n', "need unit or unit_from"),
        ('[fields]\npay = { min = "a", unit = "yuan/day" }\n', 'min and max are for as = "pay"'),
        ('[fields]\nrequirements = "a"\n', r"'requirements' has parts"),
        ('colour = "red"\n', "'colour'"),
        ("[file]\nheader = 0\n", r"'file\.header'"),
        ("[fields\n", "is no TOML"),
    ],
)
def test_what_is_wrong_names_file_and_key(tmp_path, text, message):
    with pytest.raises(MappingError, match=message) as caught:
        mapping(tmp_path, text)
    assert "m.toml" in str(caught.value)


def test_wrong_type_tenant_and_unknown_names(tmp_path):
    with pytest.raises(MappingError, match="'type'"):
        mapping(tmp_path, "", 'name = "m"\ntype = "job"\n')
    with pytest.raises(MappingError, match="'tenant'"):
        identity("posting", "Not A Tenant")
    with pytest.raises(MappingError, match=r"no mapping is called 'nonsense'.*json-resume"):
        read_mapping("nonsense")
    with pytest.raises(MappingError, match="cannot be read"):
        read_mapping(tmp_path / "none.toml")


def test_a_mapping_is_frozen_and_its_tenant_can_be_replaced(tmp_path):
    found = mapping(tmp_path, '[fields]\ntitle = "a"\n')
    with pytest.raises(pydantic.ValidationError):
        found.tenant = "other"
    assert read_mapping(tmp_path / "m.toml", tenant="other").tenant == "other"


def test_the_built_in_mappings_are_all_valid_and_described():
    names = builtin_mappings()
    assert len(names) == 6
    for name in names:
        found = read_mapping(name)
        assert found.name == name
        assert found.title_zh
        assert found.title_en
        translator(found)


def test_columns_patterns_value_maps_and_defaults(tmp_path):
    row = {"a": "招聘会计", "b": "", "c": "深圳", "n": 12.0}
    assert value(tmp_path, '"a"', row) == "招聘会计"
    assert value(tmp_path, '{ from = "a", pattern = "^招聘(.+)" }', row) == "会计"
    assert value(tmp_path, '{ from = ["b", "c"] }', row) == "深圳"
    assert value(tmp_path, '{ from = ["a", "b", "c"], take = "join", join = "-" }', row) == "招聘会计-深圳"
    assert value(tmp_path, '{ from = "b", default = "x" }', row) == "x"
    assert value(tmp_path, '{ constant = "y" }', row) == "y"
    assert value(tmp_path, '{ from = "c", values = { "深圳" = "鹏城" } }', row) == "鹏城"
    assert value(tmp_path, '{ from = "c", values = { "深圳" = "" } }', row) is None
    assert value(tmp_path, '{ from = "a", pattern = "护士" }', row) is None
    assert value(tmp_path, '"n"', row, "id") == "12"
    assert value(tmp_path, '"none"', row) is None


def test_nested_columns_and_lists(tmp_path):
    row = {"org": {"name": "甲"}, "sites": [{"city": "南昌"}], "a": "x", "b": ["y", "x"], "s": "p|q"}
    assert value(tmp_path, '"org.name"', row, "employer_name") == "甲"
    assert value(tmp_path, '"sites.0.city"', row, "place") == "南昌"
    assert value(tmp_path, '{ from = ["a", "b"], take = "all" }', row, "benefits") == ["x", "y"]
    assert value(tmp_path, '{ from = "s", split = "|" }', row, "requirements.skills") == ["p", "q"]


def test_an_employer_that_repeats_its_industry_is_none(tmp_path):
    rule = '{ from = "a", unless_same = "b" }'
    assert value(tmp_path, rule, {"a": "互联网/电商", "b": "互联网电商"}) is None
    assert value(tmp_path, rule, {"a": "甲公司", "b": "互联网电商"}) == "甲公司"


def test_a_hashed_id_depends_on_every_column_and_nothing_else(tmp_path):
    rule = '{ hash = ["a", "b"] }'
    one = value(tmp_path, rule, {"a": "1", "b": "2", "c": "3"}, "id")
    assert one == value(tmp_path, rule, {"a": "1 ", "b": "2", "c": "4"}, "id")
    assert (
        len({one, value(tmp_path, rule, {"a": "12", "b": ""}, "id"), value(tmp_path, rule, {"a": "2", "b": "1"}, "id")})
        == 3
    )
    assert len(one) == 24
    assert value(tmp_path, rule, {"a": "", "b": None}, "id") is None
    both = '{ from = "own", hash = ["a"] }'
    assert value(tmp_path, both, {"own": "p7", "a": "1"}, "id") == "p7"
    assert len(value(tmp_path, both, {"own": "", "a": "1"}, "id")) == 24


def test_unreadable_values_refuse_or_are_left_and_told(tmp_path):
    refused = said(tmp_path, '{ from = "n", as = "integer" }', {"n": "很多"}, "headcount")
    assert [(r.field, r.value, r.code) for r in refused.refusals] == [("headcount", "很多", "unreadable")]
    left = said(tmp_path, '{ from = "n", as = "integer", on_unreadable = "leave" }', {"n": "很多"}, "headcount")
    assert (left.refusals, left.left, left.data) == ([], [("headcount", "很多")], {"tenant": "t"})


def test_units_of_pay_by_code(tmp_path):
    rule = '{ as = "pay", min = "a", max = "b", unit_from = "u", units = { "1" = "元/月", "2" = "yuan/day" } }'
    assert value(tmp_path, rule, {"a": "100", "b": "150", "u": "2"}, "pay") == {"min": 100, "max": 150, "unit": "day"}
    assert said(tmp_path, rule, {"a": "100", "b": "", "u": "9"}, "pay").refusals[0].field == "pay"


def test_rows_are_skipped_by_value_and_by_pattern(tmp_path):
    text = (
        '[[skip]]\ncolumn = "s"\nequals = ["停用"]\n[[skip]]\ncolumn = "t"\npattern = "测试"\n[fields]\ntitle = "t"\n'
    )
    translate = translator(mapping(tmp_path, text))
    assert translate({"s": "停用", "t": "会计"}) is None
    assert translate({"s": "", "t": "测试岗位"}) is None
    assert translate({"s": "", "t": "会计"}).data == {"tenant": "t", "title": "会计"}


def test_without_a_mapping_columns_bear_the_standards_names():
    translate = translator(identity("posting", "t"))
    row = {
        "id": 7, "title": "会计", "requirements.degree": "本科", "requirements.majors": '["0202", "会计学"]',
        "regions": "360100|360400", "pay.min": "5000", "published": "2026年3月1日", "headcount": "2人",
        "benefits": "", "pay": {"max": 6000.0}, "status": None, "colour": "red",
    }  # fmt: skip
    found = translate(row)
    assert found.refusals == []
    assert found.data == {
        "tenant": "t", "id": "7", "title": "会计", "regions": ["360100", "360400"],
        "requirements": {"degree": "本科", "majors": ["0202", "会计学"]}, "pay": {"min": 5000.0, "max": 6000.0},
        "published": found.data["published"], "headcount": 2, "colour": "red",
    }  # fmt: skip
    assert found.data["published"].isoformat() == "2026-03-01"
    assert translate({"published": "2026-02-30"}).refusals[0].code == "bad_date"


def test_degrees_regions_and_industries_go_through_the_code_tables(tmp_path):
    row = {"d": "本科及以上", "r": "广州-天河区", "rs": "南昌、赣州", "odd": "天外天", "i": "软件和信息技术服务业"}
    assert value(tmp_path, '{ from = "d", as = "degree" }', row, "requirements.degree") == "本科"
    assert value(tmp_path, '{ from = "rs", as = "regions" }', row, "regions") == ["360100", "360700"]
    assert value(tmp_path, '{ from = "r", as = "regions" }', row, "regions")[0].startswith("4401")
    assert value(tmp_path, '{ from = "i", as = "industry" }', row, "industry_code") == "I65"
    assert said(tmp_path, '{ from = "odd", as = "regions" }', row, "regions").refusals[0].code == "unreadable"
    partial = said(
        tmp_path,
        '{ from = ["rs", "odd"], take = "all", as = "regions", on_unreadable = "leave" }',
        row,
        "regions",
    )
    assert partial.data["regions"] == ["360100", "360700"]
    assert partial.left == [("regions", "天外天")]
    assert said(tmp_path, '{ from = "x", as = "regions" }', {"x": "全国"}, "regions") == ({"tenant": "t"}, [], [])
