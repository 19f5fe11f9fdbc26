"""A tiny made world whose right answers anyone can see: for tests, the README and first steps.

Five graduates and ten postings in Jiangxi, none of them real. `TODAY` is the day the rules are asked.
"""

from __future__ import annotations

from datetime import date

from matching.standard.records import Degree, Experience, Graduate, Kind, Posting, Requirements, Wishes

TODAY = date(2026, 6, 15)
TENANT = "demo"


def graduates() -> list[Graduate]:
    """The five graduates: software, accounting, nursing, mechanics, and one whose record says little."""
    return [
        Graduate(
            tenant=TENANT,
            id="software",
            degree=Degree.BACHELOR,
            major="软件工程",
            graduation_year=2026,
            region="360100",
            skills=["Java", "Spring", "MySQL"],
            experiences=[
                Experience(kind="internship", title="Java开发实习生", months=4, description="参与后端接口开发")
            ],
            summary="熟悉Java后端开发，了解Linux。",
            wishes=Wishes(titles=["Java开发工程师"], industries=["软件"], regions=["360100"], pay_min=5000),
        ),
        Graduate(
            tenant=TENANT,
            id="accounting",
            degree=Degree.COLLEGE,
            major="大数据与会计",
            graduation_year=2026,
            region="360700",
            skills=["用友", "Excel"],
            certificates=["初级会计职称"],
            summary="认真细致，会做账和报税。",
            wishes=Wishes(titles=["会计", "出纳"], regions=["360700"], regions_only=True, pay_min=3500),
        ),
        Graduate(
            tenant=TENANT,
            id="nursing",
            degree=Degree.COLLEGE,
            major="护理",
            graduation_year=2026,
            region="360400",
            certificates=["护士执业资格证"],
            summary="在三甲医院实习八个月，熟悉基础护理操作。",
            wishes=Wishes(titles=["护士"], regions=["360400"]),
        ),
        Graduate(
            tenant=TENANT,
            id="mechanics",
            degree=Degree.BACHELOR,
            major="机械设计制造及其自动化",
            graduation_year=2025,
            region="360200",
            skills=["SolidWorks", "CAD"],
            summary="做过夹具设计，熟悉机械制图。",
            wishes=Wishes(titles=["机械工程师"]),
        ),
        Graduate(tenant=TENANT, id="silent", status="seeking"),
    ]


def postings() -> list[Posting]:
    """The ten postings; the id says what each is for."""
    return [
        _posting(
            "java",
            "Java开发工程师",
            "负责后端接口开发，熟悉Java、Spring、MySQL，了解Linux。",
            industry="软件和信息技术服务业",
            region="360100",
            pay=(6000, 9000),
            needs=Requirements(degree=Degree.BACHELOR, majors=["计算机类"], graduation_years=[2025, 2026]),
        ),
        _posting(
            "java-master",
            "Java架构师",
            "负责Java后端架构，熟悉Spring、MySQL。",
            industry="软件和信息技术服务业",
            region="360100",
            pay=(15000, 20000),
            needs=Requirements(degree=Degree.MASTER, majors=["计算机类"]),
        ),
        _posting(
            "java-closed",
            "Java开发工程师",
            "负责后端接口开发，熟悉Java、Spring。",
            industry="软件和信息技术服务业",
            region="360100",
            closes=date(2026, 6, 1),
            needs=Requirements(degree=Degree.BACHELOR, majors=["计算机类"]),
        ),
        _posting(
            "java-full",
            "Java开发工程师",
            "负责后端接口开发，熟悉Java、MySQL。",
            industry="软件和信息技术服务业",
            region="360100",
            headcount=2,
            filled=2,
            needs=Requirements(degree=Degree.BACHELOR, majors=["计算机类"]),
        ),
        _posting(
            "web",
            "前端实习生",
            "参与网页开发，了解JavaScript，有数据库基础者优先。",
            industry="软件和信息技术服务业",
            region="360700",
            kind=Kind.INTERNSHIP,
            needs=Requirements(degree=Degree.COLLEGE),
        ),
        _posting(
            "cashier",
            "出纳",
            "负责现金收付、做账和报税，熟悉用友、Excel，有初级会计职称优先。",
            industry="商务服务业",
            region="360703",
            pay=(3500, 4500),
            needs=Requirements(degree=Degree.COLLEGE, majors=["会计学", "大数据与会计"]),
        ),
        _posting(
            "auditor",
            "审计助理",
            "协助审计项目，熟悉Excel。",
            industry="商务服务业",
            region="360100",
            needs=Requirements(degree=Degree.BACHELOR, majors=["会计学", "审计学"]),
        ),
        _posting(
            "nurse",
            "病房护士",
            "负责基础护理操作，须有护士执业资格证。",
            industry="卫生",
            region="360400",
            needs=Requirements(degree=Degree.COLLEGE, majors=["护理", "护理学"]),
        ),
        _posting(
            "fixture",
            "机械设计工程师",
            "负责夹具设计和机械制图，熟练使用SolidWorks、CAD。",
            industry="通用设备制造业",
            region="360200",
            needs=Requirements(degree=Degree.BACHELOR, majors=["机械类"], experience_years=1),
        ),
        _posting(
            "director",
            "机械研发总监",
            "带领机械研发团队，精通SolidWorks。",
            industry="通用设备制造业",
            region="360200",
            needs=Requirements(degree=Degree.BACHELOR, majors=["机械类"], experience_years=8),
        ),
    ]


def _posting(identifier: str, title: str, description: str, **fields: object) -> Posting:
    pay, region, needs = fields.pop("pay", None), fields.pop("region"), fields.pop("needs")
    return Posting.model_validate(
        {
            "tenant": TENANT,
            "id": identifier,
            "title": title,
            "description": description,
            "employer_name": "示例单位（虚构）",
            "regions": [region],
            "pay": {"min": pay[0], "max": pay[1]} if isinstance(pay, tuple) else None,
            "requirements": needs,
            "published": date(2026, 5, 20),
            **fields,
        }
    )
