"""Résumés are read to records whose places are true, without whose they are; what is no résumé is refused by name."""

from __future__ import annotations

import io
import random
import re

import docx
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from eval.resume_forms import FORMS
from eval.resume_people import draw_person
from eval.resumes import found, run, scores, truth
from matching.errors import FileError, ResumeRefused
from matching.resumes.bulk import read_files, report_path
from matching.resumes.door import at_the_door
from matching.resumes.headings import heading
from matching.resumes.open import read_file
from matching.resumes.periods import periods
from matching.resumes.reader import read_resume
from matching.resumes.refusal import LARGEST

PLAIN = """个人简历
姓　　名：欧阳小明　　性别：男　　民族：畲族　　政治面貌：共青团员
出生年月：2001.05　电话：138 1234 5678　邮箱：ouyang@example.com　身份证号：36010220010506123X
现居地：南昌市　籍贯：江西九江　微信：wx_12345
求职意向：Java开发工程师、后端开发　　期望城市：南昌、深圳　　期望薪资：6k-8k
教育背景
2019.09-2023.06    青禾师范大学    软件工程（本科）
主修课程：数据结构、会计学
2016.09-2019.06 洪州市第二中学 高中
实习经历
2022.07-2022.10    南昌云帆科技有限公司    Java开发实习生
1. 负责后端接口，使用Spring Boot；
证明人：李四海
家庭成员
父亲 欧阳大明 农民 13900001111
专业技能
1. 熟练掌握Java，了解C++；
2. 不会JavaScript以外的前端
证书：大学英语四级（520分）、软件设计师证书
自我评价
我叫欧阳小明，一名共青团员，家在九江农村。学习能力强。
"""


def read(text: str):
    return read_resume(text.encode())


def test_a_plain_resume_becomes_a_record_without_whose_it_is():
    resume = read(PLAIN)
    one = resume.graduate
    assert (one.degree, one.major, one.major_code, one.school) == ("本科", "软件工程", "080902", "青禾师范大学")
    assert (one.graduation_year, one.region) == (2023, "360100")
    assert one.wishes.titles == ["Java开发工程师", "后端开发"]
    assert (one.wishes.regions, one.wishes.pay_min) == (["360100", "440300"], 6000.0)
    assert one.skills[:2] == ["Java", "C++"]
    assert one.certificates == ["大学英语四级", "软件设计师证书"]
    (intern,) = one.experiences
    assert (intern.kind, intern.title, intern.organisation, intern.months) == (
        "internship", "Java开发实习生", "南昌云帆科技有限公司", 3)  # fmt: skip
    assert one.summary == "学习能力强。" or one.summary == "家在九江农村。学习能力强。"
    told = one.model_dump_json() + str(resume.spans) + "".join(resume.pages)
    for secret in (
        "欧阳",
        "小明",
        "大明",
        "李四海",
        "畲族",
        "团员",
        "2001",
        "5678",
        "example.com",
        "061234",
        "wx_12345",
        "九江\n",
    ):
        assert secret not in told, secret
    assert resume.dropped["name"] >= 2
    assert resume.dropped["political"] >= 2


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_form_keeps_its_places_true_and_its_secrets(form):
    person = draw_person(5, 1, english=form.english)
    resume = read_resume(form.write(person, random.Random(form.name)))
    for span in resume.spans:
        assert resume.pages[span.page - 1][span.start : span.end] == span.text
    told = resume.graduate.model_dump_json() + str(resume.spans) + "".join(resume.pages)
    assert [secret for secret in person.secrets if secret in told] == []
    fields = {re.sub(r"\.\d+", "", span.field) for span in resume.spans}
    assert {"degree", "major", "graduation_year", "skills", "experiences.title"} <= fields
    got, wanted = found(resume), truth(person)
    assert all(got[field] == wanted[field] for field in ("degree", "graduation_year", "campus")) or form.held


_SCHOOLED = (
    "个人简历\n求职意向：会计\n教育背景\n2020.09-2024.06 {}\n"
    "专业技能\n熟悉Office办公软件\n自我评价\n认真负责，学习能力强，善于沟通，吃苦耐劳。\n"
)


@pytest.mark.parametrize(
    ("line", "school", "major"),
    [
        ("江西师大 汉语言文学 本科", "江西师大", "汉语言文学"),
        ("统招本科南昌航空大学飞行器制造工程", "南昌航空大学", "飞行器制造工程"),
        ("南昌大学软件学院软件工程专业 本科", "南昌大学", "软件工程专业"),
        ("计算机学院 软件工程 本科", "", "软件工程"),
        ("南昌大学（本科） 会计学", "南昌大学", "会计学"),
        ("信息工程学院 | 网络工程 | 江西理工大学 | 本科", "江西理工大学", "网络工程"),
        ("哈尔滨工业大学（威海） 自动化 本科", "哈尔滨工业大学（威海）", "自动化"),
        ("青禾师范大学 学前教育 本科", "青禾师范大学", "学前教育"),
    ],
)
def test_the_school_is_told_from_department_and_major(line, school, major):
    read = read_resume(_SCHOOLED.format(line).encode()).graduate
    assert (read.school, read.major) == (school, major)


def test_the_same_file_gives_the_same_record():
    assert read(PLAIN) == read(PLAIN)
    assert re.fullmatch(r"r[0-9a-f]{24}", read(PLAIN).graduate.id)


def test_developed_forms_are_read_nearly_whole():
    table = {
        row["field"]: row["f1"] for row in scores(run([f for f in FORMS if not f.held], people=2, seed=9)).to_dicts()
    }
    assert (
        min(table[field] for field in ("degree", "major", "school", "graduation_year", "skills", "internship")) >= 0.95
    )


def _pdf(*, encrypted: bool = False, text: str = "", picture: bool = False) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption("secret", canPrint=0) if encrypted else None)
    canvas.drawString(50, 700, text)
    if picture:
        canvas.rect(10, 10, 500, 500, fill=1)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _locked_word() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (_pdf(picture=True), "no_text"),
        (_pdf(encrypted=True, text="Education"), "encrypted"),
        (b"%PDF-1.4 nothing follows", "damaged"),
        (_locked_word(), "encrypted"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "unsupported"),
        (b"PK\x03\x04 no archive", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no_text"),
        (bytes(range(256)) * 4, "unsupported"),
        (("今天天气很好。" * 20).encode(), None),
        ("招聘会计3名\n岗位职责：做账\n任职要求：本科，会计专业\n我们提供：五险\n请发简历到 a@b.com".encode(), None),
        (b"x" * (LARGEST + 1), "too_large"),
        (("教育背景\n" + "长" * 70_000).encode(), "too_long"),
    ],
)  # fmt: skip
def test_what_is_no_resume_is_refused_with_the_reason(data, code):
    with pytest.raises(ResumeRefused) as refusal:
        read_resume(data)
    assert refusal.value.code == (code or "not_a_resume")
    assert refusal.value.reason.zh
    assert refusal.value.fix.en


def test_a_large_file_is_refused_unread(tmp_path):
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(ResumeRefused, match="larger than 20 MB"):
        read_file(path)
    with pytest.raises(ResumeRefused, match="cannot be read"):
        read_file(tmp_path / "absent.pdf")


def test_an_empty_word_file_and_one_that_unpacks_to_too_much(tmp_path):
    out = io.BytesIO()
    docx.Document().save(out)
    with pytest.raises(ResumeRefused) as refusal:
        read_resume(out.getvalue())
    assert refusal.value.code == "no_text"
    import zipfile

    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * 70_000_000)
    assert len(bomb.getvalue()) < 1_000_000
    with pytest.raises(ResumeRefused) as refusal:
        read_resume(bomb.getvalue())
    assert refusal.value.code == "too_large"


def test_bad_files_cost_no_good_one_and_no_name_is_written(tmp_path):
    good, bad, out = tmp_path / "欧阳小明.txt", tmp_path / "扫描.pdf", tmp_path / "out.jsonl"
    good.write_text(PLAIN, "utf-8")
    bad.write_bytes(_pdf(picture=True))
    told = []
    tally = read_files(
        [good, bad], out, tenant="demo", told=lambda path, error: told.append((path.name, error and error.code))
    )
    assert tally == (1, 1)
    assert told == [("欧阳小明.txt", None), ("扫描.pdf", "no_text")]
    assert "欧阳" not in out.read_text("utf-8")
    assert '"tenant":"demo"' in out.read_text("utf-8")
    assert '"code":"no_text"' in report_path(out).read_text("utf-8")
    nowhere = [tmp_path / "不在.pdf", tmp_path]
    assert read_files([nowhere[0], good, nowhere[1]], out, tenant="demo") == (1, 2)
    assert report_path(out).read_text("utf-8").count('"code":"unreadable"') == 2
    assert read_files([good], out, tenant="demo") == (1, 0)
    assert not report_path(out).exists()
    with pytest.raises(FileError):
        read_files([out], out, tenant="demo")


@pytest.mark.parametrize(
    ("text", "name"),
    [("■ 教育经历 EDUCATION", "education"), ("二、技能", "skills"), ("教 育 背 景", "education"),
     ("Skills & Certificates", "skills"),
     ("【自我评价】", "summary"), ("软件工程", None), ("专业", None), ("负责教育背景调查", None), ("", None)],
)  # fmt: skip
def test_headings(text, name):
    assert heading(text) == name


@pytest.mark.parametrize(
    ("text", "months"),
    [("2019.09-2023.06", 45), ("2022年7月 - 2022年9月", 2), ("09/2019 – 06/2023", 45), ("Sep 2019 to Jun 2023", 45),
     ("2021.09至今", None), ("2019-2023", None), ("2023.06-2019.09", "none"), ("1.2.2019", "none")],
)  # fmt: skip
def test_periods(text, months):
    got = [period.months for period in periods(text)]
    assert got == ([] if months == "none" else [months])


def test_the_door_spares_what_only_looks_like_a_secret():
    text = "女装设计公司\n熟悉民族舞、生产管理\n项目名称：Campus\n专业：会计\nProject Name: Gearbox\n江西师范大学"
    covered = at_the_door((text,))
    assert covered.pages == (text,)
    assert covered.counts == {}
