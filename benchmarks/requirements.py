"""The requirement reader: postings a second on one core, beside a dozen naive expressions over the same texts."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

_LINES = (
    "1、本科及以上学历，计算机、电子信息类相关专业，2023届及往届；",
    "2、大专以上学历，会计、财务管理、审计等专业优先，持初级会计证；",
    "3、护理学、临床医学专业，具有护士执业资格证，年龄35周岁以下；",
    "4、负责公司产品的需求分析、方案设计与系统维护，参与自动化测试；",
    "5、每周至少到岗4天，实习期不少于3个月，150-200元/天；",
    "6、月薪6000-8000元，五险一金，提供专业培训和医疗保险；",
    "7、招聘人数：5人，工作地点：南昌市红谷滩区；",
    "8、具有良好的沟通能力和团队精神，能承受一定的工作压力，有客户资源者优先；",
    "9、熟悉相关设备的操作规程，做好记录与交接，服从上级安排；",
    "10、3年以上相关工作经验，英语四级，普通话二级甲等；",
)
_DUTIES = (
    "负责部门的日常管理工作，配合上级完成各项指标；",
    "参与新产品的市场调研，撰写分析报告并提出改进建议；",
    "维护现有客户关系，跟进合同的签订与回款；",
    "按时完成月度报表的编制与数据核对，保证准确；",
    "协助组织各类培训与团队活动，做好后勤保障；",
    "公司提供五险一金、带薪年假、节日福利和定期体检。",
)
"""Duties and benefits, which make up half of an advert."""
_NAIVE = [
    re.compile(form)
    for form in (
        r"[\u4e00-\u9fff、，/]{2,30}专业", r"(?:大专|本科|硕士|博士)(?:及?以上)?", r"\d{4}届", r"\d+[人名]",
        r"\d+(?:\.\d+)?[万千kK]?-\d+(?:\.\d+)?[万千kK]?", r"每周.{0,6}\d天", r"\d+个月", r"\d{2}(?:周岁|岁)",
        r"\d年.{0,6}经验",
        r".{2,8}证", r"[四六]级", r"专业不限",
    )
]  # fmt: skip


def run(quick: bool) -> dict[str, Any]:
    """Measure 5,000 (`quick`) or 20,000 generated postings of 150 to 450 characters."""
    from matching.requirements.reader import Words, read_requirements

    rng = random.Random(7)
    texts = [
        "任职要求：\n"
        + "\n".join([*rng.choices(_DUTIES, k=rng.randint(4, 8)), *rng.choices(_LINES, k=rng.randint(3, 7))])
        for _ in range(5_000 if quick else 20_000)
    ]
    for text in texts[:50]:
        read_requirements(Words(description=text))
    rate = _rate(texts, lambda text: read_requirements(Words("职员", text)))
    naive = _rate(texts, lambda text: [form.findall(text) for form in _NAIVE])
    target = {
        "name": "postings read",
        "value": round(rate),
        "goal": 2_000,
        "unit": "postings/CPU s",
        "met": rate >= 2_000,
    }
    return {
        "name": "requirements",
        "targets": [target],
        "peers": [{"name": "twelve naive expressions", "value": round(naive), "unit": "postings/CPU s"}],
        "notes": [f"mean length {sum(map(len, texts)) / len(texts):.0f} characters; one core, CPU time"],
    }


def _rate(texts: list[str], work: Callable[[str], object]) -> float:
    begun = time.process_time()
    for text in texts:
        work(text)
    return len(texts) / (time.process_time() - begun)
