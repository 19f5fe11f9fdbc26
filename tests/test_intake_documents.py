"""The many shapes of JobPosting and JSON Resume come out as the same flat columns."""

from matching.intake.jobposting import flat_job_posting, is_job_posting, job_postings, plain_text
from matching.intake.resume import flat_resume, is_resume


def test_job_postings_are_found_wherever_they_stand():
    item = {"@type": "JobPosting", "title": "会计"}
    for value in (
        item,
        [item],
        {"@graph": [{"@type": "Person"}, item]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": item}]},
        {"mainEntity": item},
    ):
        assert job_postings(value) == [item]
    assert job_postings({"@type": "Person"}) == []
    assert job_postings("JobPosting") == []


def test_the_type_may_be_an_address_or_a_list():
    assert is_job_posting({"@type": "http://schema.org/JobPosting"})
    assert is_job_posting({"@type": ["Thing", "schema:JobPosting"]})
    assert not is_job_posting({"@type": "JobPostingX"})


def test_simple_shapes():
    flat = flat_job_posting(
        {
            "@id": "https://x.cn/1",
            "title": {"@value": "会计"},
            "jobLocation": "南昌市",
            "baseSalary": 8000,
            "experienceRequirements": "3 年经验",
            "educationRequirements": "本科",
            "jobBenefits": "双休,五险一金",
            "totalJobOpenings": 3.0,
            "employmentType": "FULL_TIME",
        }
    )
    assert flat == {
        "identifier": "https://x.cn/1",
        "title": "会计",
        "region": ["南昌市"],
        "place": "南昌市",
        "minPay": 8000,
        "maxPay": 8000,
        "experience": "3 年经验",
        "education": "本科",
        "benefits": "双休,五险一金",
        "openings": "3",
        "employmentType": "FULL_TIME",
    }


def test_a_single_figure_of_pay_is_least_and_most_and_foreign_money_keeps_its_name():
    pay = {"currency": "EUR", "value": {"value": 50, "unitText": "hour"}}
    flat = flat_job_posting({"baseSalary": pay})
    assert (flat["minPay"], flat["maxPay"], flat["payUnit"]) == (50, 50, "HOUR EUR")
    flat = flat_job_posting(
        {"estimatedSalary": [{"currency": "CNY", "minValue": 1, "maxValue": 2, "unitText": "MONTH"}]}
    )
    assert (flat["minPay"], flat["maxPay"], flat["payUnit"]) == (1, 2, "MONTH")


def test_html_becomes_lines_and_scripts_are_left_out():
    assert (
        plain_text("<p>一 &amp; 二</p><script>x()</script><ul><li>三</li><li>四<br>五</li></ul>")
        == "一 & 二\n三\n四\n五"
    )
    assert plain_text("没有标签\n 的文字") == "没有标签\n 的文字"


def test_what_is_a_resume():
    assert is_resume({"$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"})
    assert is_resume({"basics": {}})
    assert is_resume({"education": [], "work": []})
    assert not is_resume({"id": "g", "skills": [], "certificates": [], "projects": []})


def test_a_resume_gives_nothing_of_the_person_and_the_education_that_ends_last():
    flat = flat_resume(
        {
            "basics": {
                "name": "甲",
                "email": "a@b.cn",
                "url": "https://a.cn",
                "location": {"region": "江西", "city": "南昌"},
            },
            "education": [
                {"area": "会计学", "studyType": "本科", "endDate": "2022"},
                {"area": "审计", "studyType": "硕士"},
            ],
            "volunteer": [
                {"organization": "红十字会", "position": "志愿者", "startDate": "2020-01", "endDate": "2020-01"}
            ],
            "projects": [{"name": "账务系统", "description": "开发", "highlights": [None, "上线"]}],
            "languages": [{"language": "英语", "fluency": "六级"}],
            "meta": {"id": "r7"},
        }
    )
    assert (flat["id"], flat["major"], flat["degree"], flat["city"]) == ("r7", "审计", "硕士", "江西南昌")
    assert "graduation" not in flat
    assert flat["skills"] == ["英语"]
    project, campus = flat["experiences"]
    assert (project["kind"], project["description"], project["months"]) == ("project", "开发\n上线", None)
    assert (campus["kind"], campus["months"]) == ("campus", 1)
    assert not {"name", "email", "url"} & flat.keys()
