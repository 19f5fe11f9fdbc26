"""Headings of a résumé, Chinese and English, and the sections that they begin."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from matching.resumes.text import NEW_COLUMN, Line

Name = Literal[
    "basic", "wishes", "education", "internship", "work", "project", "campus", "skills", "certificates", "summary",
    "family", "other",
]  # fmt: skip
WORK_LIKE: tuple[Name, ...] = ("internship", "work", "project", "campus")
"""Sections that hold experiences, by the kind of experience."""

_WORDS: dict[Name, tuple[str, str]] = {
    "basic": (
        "个人信息 基本信息 个人资料 基本资料 基本情况 个人基本信息 个人概况 联系方式 联系我 个人档案",
        "personal information|personal details|personal data|contact|contact information|contact details|basic information|about",
    ),
    "wishes": (
        "求职意向 求职意愿 求职目标 职业意向 意向岗位 应聘岗位 应聘职位 期望工作 求职期望 职业目标 就业意向 求职岗位 期望职位 目标岗位 求职方向",
        "objective|career objective|job objective|job target|job preferences|preferences|desired position|target position",
    ),
    "education": (
        "教育背景 教育经历 学习经历 教育 学历背景 教育信息 学业背景 求学经历 教育情况 学历信息 学习背景 教育经验",
        "education|education background|educational background|academic background|academic history|education experience",
    ),
    "internship": (
        "实习经历 实习经验 实习 实习实践 实习情况 实习工作 实习履历 见习经历 临床实习 实习与实践 实践与实习 实习实践经历 教育实习 岗位实习",
        "internship|internships|internship experience|internship experiences|internships and practice|practical training",
    ),
    "work": (
        "工作经历 工作经验 工作履历 兼职经历 兼职经验 职业经历 实习/工作经历 工作/实习经历 工作实习经历 实习工作经历 任职经历 从业经历 工作与实习经历",
        "work experience|professional experience|employment|employment history|experience|work history|part-time experience|"
        "work and internship experience|working experience|career history",
    ),
    "project": (
        "项目经历 项目经验 项目 科研经历 科研项目 课程设计 项目实践 项目案例 实训项目 实训经历 科研经验 毕业设计 项目与科研 课程项目",
        "projects|project|project experience|project experiences|research experience|research|academic projects|selected projects",
    ),
    "campus": (
        "校园经历 校内经历 在校经历 学生工作 社团经历 校内实践 社会实践 校园实践 实践经历 志愿者经历 志愿经历 校园活动 社会活动 在校实践 校园工作"
        " 学生干部经历 社会实践经历 社团活动 校内活动 在校职务 组织经历 志愿服务经历",
        "campus experience|campus activities|activities|leadership|extracurricular activities|volunteer experience|"
        "volunteering|student activities|leadership experience|leadership and activities|campus life",
    ),
    "skills": (
        "专业技能 技能 技能特长 个人技能 职业技能 掌握技能 核心技能 技能水平 专业能力 it技能 技术能力 技能清单 技术栈 语言能力 语言技能 计算机技能 其他技能"
        " 相关技能 工作技能 岗位技能 技能与特长 技能专长 个人特长 特长 特长技能 能力 技能证书 技能与证书 技能及证书 证书与技能 证书及技能 专业特长 个人能力"
        " 技能/证书 技能/语言 语言与技能 技能与语言 软件技能 计算机水平 外语水平 主要技能",
        "skills|technical skills|professional skills|core skills|skill set|core competencies|competencies|language skills|"
        "languages|computer skills|skills and certificates|skills and languages|skills & certificates|it skills|key skills|"
        "skills and certifications|technologies",
    ),
    "certificates": (
        "证书 资格证书 获得证书 所获证书 证书情况 职业证书 职业资格 资质证书 个人证书 持有证书 相关证书 荣誉证书 职业资格证书 考取证书 证书荣誉 证书与荣誉"
        " 荣誉与证书 证书/荣誉 荣誉/证书 获奖证书 获奖与证书 奖项证书 证书及荣誉 荣誉及证书 奖励证书 所获证书与荣誉",
        "certificates|certifications|certificate|licenses|qualifications|certificates and awards|awards and certificates|"
        "licenses and certifications|honors and certificates|certifications and awards",
    ),
    "summary": (
        "自我评价 个人评价 自我介绍 个人总结 个人简介 自我描述 个人优势 自我鉴定 自我总结 个人特点 个人优点 关于我 优势亮点 性格特点 个人亮点",
        "summary|profile|about me|self-evaluation|self evaluation|personal statement|professional summary|self-assessment|"
        "personal profile|personal summary|self introduction",
    ),
    "family": ("家庭成员 家庭情况 家庭信息 主要家庭成员 家庭主要成员 社会关系 家庭成员及社会关系", "family|family members"),
    "other": (
        "兴趣爱好 爱好 个人爱好 兴趣 主修课程 主要课程 相关课程 核心课程 专业课程 荣誉奖项 获奖情况 荣誉奖励 奖项荣誉 获奖经历 所获荣誉 荣誉 奖励情况"
        " 奖惩情况 获奖荣誉 校园荣誉 奖项 获得荣誉 所获奖项 论文发表 发表论文 学术成果 科研成果 培训经历 作品集 个人作品 其他 其他信息 附件 备注 推荐人"
        " 荣誉与奖项 个人荣誉 奖学金 荣誉情况 作品链接",
        "interests|hobbies|courses|coursework|relevant coursework|relevant courses|awards|honors|honors and awards|publications|"
        "training|references|referees|others|additional information|portfolio|hobbies and interests|awards and honors|"
        "main courses|other information|scholarships",
    ),
}  # fmt: skip
_DECORATION = re.compile(
    r"^(?:[^\w\u4e00-\u9fff]+|(?:[一二三四五六七八九十]{1,2}|\d{1,2}|[IVX]{1,4})\s*[、.．:：)）]\s*)+|[^\w\u4e00-\u9fff]+$"
)
_BLANK = re.compile(r"[\s\u3000]+")
_INLINE = re.compile(
    r"^[^\w\u4e00-\u9fff]*([\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z/& \u3000]{1,30}?)\s*[】\]]?\s*[:：]\s*(?=\S)"
)
_LONGEST = 48
_AND = re.compile(r"[&+]|\band\b")


class Section(NamedTuple):
    """A section: its name, and its lines without the heading; the first may begin behind an inline heading."""

    name: Name | None
    lines: tuple[Line, ...]


def heading(text: str) -> Name | None:
    """The section that a line begins when it is a heading and nothing else: 教育背景, ■ 教育经历 EDUCATION, 二、技能."""
    if len(text) > _LONGEST:
        return None
    bare = _DECORATION.sub("", text.strip())
    bare = _DECORATION.sub("", bare)
    return _named(bare)


def is_heading(text: str) -> bool:
    """Whether a line, or its first cell, is a heading."""
    return heading(text) is not None


def _named(bare: str) -> Name | None:
    words = _forms()
    latin = " ".join(_AND.sub(" and ", bare.lower()).split())
    if (found := words.get(latin) or words.get(_BLANK.sub("", bare).lower())) is not None:
        return found
    parts = re.fullmatch(
        r"(?P<zh>[\u4e00-\u9fff/][\u4e00-\u9fff\s/与及和]*)[\W_]*(?P<en>[A-Za-z][A-Za-z\s&/'-]*)"
        r"|(?P<en2>[A-Za-z][A-Za-z\s&/'-]*?)[\W_]*(?P<zh2>[\u4e00-\u9fff][\u4e00-\u9fff\s/与及和]*)",
        bare,
    )
    if parts is None:
        return None
    zh = words.get(_BLANK.sub("", parts["zh"] or parts["zh2"]).lower())
    return zh if zh is not None and len(parts["en"] or parts["en2"]) <= 30 else None


@cache
def _forms() -> dict[str, Name]:
    found: dict[str, Name] = {}
    for name, (chinese, english) in _WORDS.items():
        for word in chinese.split():
            found.setdefault(word, name)
        for word in english.split("|"):
            found.setdefault(" ".join(_AND.sub(" and ", word).split()), name)
    return found


def sections_of(lines: list[Line]) -> list[Section]:
    """The sections, in order; what stands before the first heading, or at the head of a new column, has no name."""
    found: list[tuple[Name | None, list[Line]]] = [(None, [])]
    for line in lines:
        if line.text == NEW_COLUMN:
            found.append((None, []))
            continue
        name, rest = _begins(line)
        if name is None:
            found[-1][1].append(line)
        else:
            found.append((name, [rest] if rest is not None else []))
    return [Section(name, tuple(own)) for name, own in found if own or name]


def _begins(line: Line) -> tuple[Name | None, Line | None]:
    """The section that a line begins, and what of the line is its content already."""
    if (name := heading(line.text)) is not None:
        return name, None
    first, gap, rest = line.text.partition("\t")
    if gap and (name := heading(first)) is not None and name not in ("other", "basic"):
        return name, Line(line.page, line.start + len(first) + 1, rest)
    inline = _INLINE.match(line.text)
    if inline is None:
        return None, None
    name = _named(_DECORATION.sub("", inline[1].strip()))
    if name is None or name in ("basic", "campus", "project"):
        return None, None
    return name, Line(line.page, line.start + inline.end(), line.text[inline.end() :])
