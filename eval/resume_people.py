"""People for generated résumés: what is true of each, and nothing of it of a real person.

Words come from the sample province's banks; names, numbers and employers are made up. The truth holds what a résumé says,
in the words of the data standard; `secrets` are what must never come through.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from matching.sample.banks import Banks, banks
from matching.terms import majors

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建文辉力健俊帆倩颖雪琳宇浩轩晨阳佳怡欣悦思雨梓涵子墨若曦嘉豪天翔志远海燕雅婷诗琪"
_SCHOOLS = {
    "本科": (
        "赣鄱理工大学",
        "青禾师范大学",
        "洪州财经大学",
        "云栖大学",
        "章水学院",
        "浔阳医学院",
        "庐山工程学院",
        "袁河大学",
    ),
    "大专": (
        "赣鄱职业技术学院",
        "云栖卫生职业学院",
        "章水信息职业学院",
        "青禾幼儿师范高等专科学校",
        "洪州交通职业技术学院",
    ),
}
_SCHOOLS["硕士"] = _SCHOOLS["本科"][:4]
_FIRMS = ("{city}{word}科技有限公司", "江西{word}信息技术有限公司", "{city}{word}集团有限公司", "{city}市第{n}人民医院", "江西{word}贸易有限公司", "{city}{word}有限责任公司", "江西{word}会计师事务所", "赣鄱银行{city}分行", "{city}{word}设计院")  # fmt: skip
_WORDS = ("赣鑫", "昌盛", "恒瑞", "博远", "云帆", "中创", "天成", "明德", "洪都", "信达")
_TRAITS = (
    "性格开朗，做事认真负责。",
    "学习能力强，能快速适应新环境。",
    "有较强的团队协作精神和抗压能力。",
    "吃苦耐劳，服从安排。",
    "善于沟通，乐于助人。",
)
_CAMPUS = (("学生会宣传部部长", "校学生会", "组织迎新晚会、辩论赛等活动12场，撰写活动策划。"), ("班级学习委员", "", "负责传达通知、组织学习小组。"), ("青年志愿者协会会员", "校青年志愿者协会", "参加敬老院慰问，累计志愿时长80小时。"))  # fmt: skip
_CERTIFICATES = (
    "大学英语四级",
    "大学英语六级",
    "普通话二级甲等",
    "计算机二级",
    "C1驾驶证",
    "教师资格证",
    "初级会计职称",
)
_ENGLISH_MAJORS = (("Software Engineering", "080902", "backend"), ("Accounting", "120203K", "accounting"), ("Nursing", "101101K", "nursing"), ("Mechanical Engineering", "080201", "mechanical"),
                   ("Marketing", "120202", "sales"), ("International Economics and Trade", "020401", "trade"), ("Civil Engineering", "081001", "construction"), ("English", "050201", "teaching"))  # fmt: skip
_ENGLISH = {
    "backend": (
        ("Java", "Spring Boot", "MySQL", "Linux", "Git"),
        "Java Developer",
        "Campus Second-hand Trading Platform",
    ),
    "accounting": (("Excel", "SAP", "PowerPoint"), "Accounting Assistant", "Cost Analysis of a Manufacturing Firm"),
    "nursing": (("CPR", "Excel"), "Nurse", "Health Education Survey"),
    "mechanical": (("AutoCAD", "SolidWorks", "ANSYS", "MATLAB"), "Mechanical Engineer", "Design of a Conveyor Gearbox"),
    "sales": (("Excel", "PowerPoint", "SEO", "CRM"), "Marketing Specialist", "Brand Survey of Local Tea"),
    "trade": (("Excel", "Word", "SPSS"), "Export Clerk", "Tariff Effects on Ceramics"),
    "construction": (("AutoCAD", "Revit", "SketchUp"), "Site Engineer", "Steel Frame Course Design"),
    "teaching": (("PowerPoint", "Word"), "English Teacher", "Reading Club for Children"),
}
_ENGLISH_SCHOOLS = (
    "Ganpo University",
    "Qinghe Normal University",
    "Yunqi University of Finance and Economics",
    "Zhangshui College of Technology",
)
_ENGLISH_NAMES = ("Zhang Wei", "Li Na", "Chen Jie", "Wang Fang", "Liu Yang", "Huang Lei")


class Told(NamedTuple):
    """One experience: kind, title, organisation (may be empty), months from and to as (year, month), what was done."""

    kind: str
    title: str
    organisation: str
    since: tuple[int, int]
    until: tuple[int, int]
    lines: tuple[str, ...]


class Person(NamedTuple):
    """What is true of one made-up person, in the standard's words."""

    english: bool
    name: str
    secrets: tuple[str, ...]
    phone: str
    mail: str
    sex: str
    ethnicity: str
    political: str
    birth: str
    hometown: str
    degree: str
    major: str
    major_code: str
    school: str
    since: tuple[int, int]
    until: tuple[int, int]
    city: tuple[str, str]
    titles: tuple[str, ...]
    wished: tuple[tuple[str, str], ...]
    pay: int
    skills: tuple[str, ...]
    certificates: tuple[str, ...]
    told: tuple[Told, ...]
    summary: str


def draw_person(seed: int, number: int, *, english: bool = False) -> Person:
    """Person `number` of `seed`; the same two numbers give the same person."""
    author = random.Random(f"resume {seed} {number} {english}")
    return _english(author) if english else _chinese(author, banks())


def _chinese(author: random.Random, bank: Banks) -> Person:
    family = author.choice([f for f in bank.families if f.majors])
    major = bank.majors[author.choice(family.majors[:6])]
    degree = {"vocational": "大专", "undergraduate": "本科", "graduate": "硕士"}[major.stage]
    known = majors.major(major.code)
    city, other = author.sample([c for c in bank.cities if not c.outside], 2)
    year = author.randint(2023, 2027)
    length = {"大专": 3, "本科": 4, "硕士": 3}[degree]
    own = list(dict.fromkeys(family.skills))
    certificates = author.sample(_CERTIFICATES, author.randint(1, 3))
    secret = _secrets(author)
    return Person(
        False, *secret, author.choice([c.name for c in bank.cities if not c.outside]), degree, known.name if known else major.name,
        major.code, author.choice(_SCHOOLS[degree]), (year - length, 9), (year, 6), (city.code, city.name),
        tuple(dict.fromkeys(author.sample([t for t in family.titles if len(t) < 12 and "（" not in t] or family.titles, 1) + [family.areas[0]] * author.randint(0, 1))),
        ((city.code, city.name), (other.code, other.name))[: author.randint(1, 2)], author.randint(7, 18) * 500,
        tuple(author.sample(own, min(len(own), author.randint(3, 6)))), tuple(certificates), _told(author, family, city.name, year), "".join(author.sample(_TRAITS, 2)),
    )  # fmt: skip


def _secrets(author: random.Random) -> tuple[str, tuple[str, ...], str, str, str, str, str, str]:
    """Name, everything secret, phone, mail, sex, ethnicity, political status, birth."""
    name = author.choice(_SURNAMES) + "".join(author.sample(_GIVEN, author.randint(1, 2)))
    phone = f"1{author.choice('3578')}{author.randint(10**8, 10**9 - 1)}"
    mail = f"user{author.randint(1000, 9999)}@example.com"
    birth = f"{author.randint(1998, 2005)}.{author.randint(1, 12):02d}"
    political = author.choice(("共青团员", "中共党员", "中共预备党员"))
    ethnicity = author.choice(("汉族", "畲族", "回族"))
    return (
        name,
        (name, phone, mail, birth, political, ethnicity),
        phone,
        mail,
        author.choice("男女"),
        ethnicity,
        political,
        birth,
    )


def _told(author: random.Random, family: object, city: str, year: int) -> tuple[Told, ...]:
    assert hasattr(family, "titles")
    assert hasattr(family, "duties")
    assert hasattr(family, "projects")
    firm = author.choice(_FIRMS).format(city=city, word=author.choice(_WORDS), n=author.choice("一二三"))
    title = author.choice([t for t in family.titles if len(t) < 12 and "（" not in t] or list(family.titles))
    began, months = author.randint(1, 6), author.randint(2, 6)
    duties = tuple(f"{duty}。" for duty in author.sample(list(family.duties), min(2, len(family.duties))))
    found = [
        Told("internship", f"{title.removesuffix('实习生')}实习生", firm, (year, began), (year, began + months), duties)
    ]
    if author.random() < 0.8 and family.projects:
        found.append(Told("project", author.choice(list(family.projects)), "", (year - 1, 3), (year - 1, 3 + author.randint(1, 6)), (f"负责{author.choice(list(family.duties)).removeprefix('负责')}。",)))  # fmt: skip
    if author.random() < 0.6:
        post, where, done = author.choice(_CAMPUS)
        found.append(Told("campus", post, where, (year - 3, 9), (year - 2, 6), (done,)))
    return tuple(found)


def _english(author: random.Random) -> Person:
    major, code, key = author.choice(_ENGLISH_MAJORS)
    skills, title, project = _ENGLISH[key]
    name, year = author.choice(_ENGLISH_NAMES), author.randint(2023, 2027)
    _, _, phone, mail, *_ = _secrets(author)
    told = (
        Told("internship", f"{title} Intern", f"Jiangxi {author.choice(('Hengrui', 'Boyuan', 'Yunfan'))} Technology Co., Ltd.", (year, 1), (year, 1 + author.randint(2, 5)), ("Supported the team in daily work and wrote reports.",)),
        Told("project", project, "", (year - 1, 3), (year - 1, 6), ("Collected the data and presented the result.",)),
    )  # fmt: skip
    return Person(
        True, name, (name, phone, mail, "1999-04"), phone, mail, "Male", "", "", "1999-04", "", "本科", major, code, author.choice(_ENGLISH_SCHOOLS),
        (year - 4, 9), (year, 6), ("360100", "Nanchang"), (title,), (), 0, skills, ("CET-4", "CET-6")[: author.randint(1, 2)], told,
        "A diligent and curious graduate who learns quickly.",
    )  # fmt: skip
