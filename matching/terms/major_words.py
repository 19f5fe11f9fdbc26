"""Every way to write a field of study, folded → the entries it stands for."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from matching.terms.major_table import STAGES, Level, Major, Stage, aliases, rows

DEPTH: dict[Level, int] = {"category": 0, "class": 1, "major": 2}
"""How deep a level lies."""

GROUPS: dict[str, tuple[str, ...]] = {
    "理工": ("07", "08"),
    "理工科": ("07", "08"),
    "经管": ("02", "12"),
    "经济管理": ("02", "12"),
    "经贸管理": ("02", "12"),
    "文科": ("01", "03", "04", "05", "06"),
    "文史": ("05", "06"),
    "财经": ("0202", "0203", "0204", "1202"),
}
"""Words for several categories or classes at once; read in lists; of one field of study, what they share."""

TRADES: dict[str, tuple[str, ...]] = {"财务": ("120203", "120204"), "财会": ("120203", "120204")}
"""Words of employers for majors of one trade: whoever asks for 财务 takes 会计学 as well as 财务管理."""

TASKS = frozenset(
    "数据分析 数据挖掘 数据统计 机器学习 深度学习 计算机视觉 自然语言处理 图像处理 信息技术 采购 仓储 标准化 质量管理"
    " 剪辑 摄像 主持 编剧 后期制作 健身 安装工程 热处理 冲压 注塑 机械加工 机加工 水处理 语文 口译 笔译 急诊 内科 外科"
    " 眼科 薪酬 公关".split()
)
"""Names of tasks as often as of fields of study: in running text they count only in a list that 专业 anchors."""

_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


@cache
def index() -> dict[str, tuple[Major, ...]]:
    """Folded name → the entry of each stage that has it, in order of preference.

    Within a stage a catalogue name comes before an alias, and a deeper entry before a wider one: 法学 is the
    major 030101, not the category 03.
    """
    best: dict[str, dict[Stage, Major]] = {}
    for entry in sorted(rows(), key=lambda entry: -DEPTH[entry.level]):
        best.setdefault(fold_name(entry.name), {}).setdefault(entry.stage, entry)
    for alias, entry in aliases():
        best.setdefault(fold_name(alias), {}).setdefault(entry.stage, entry)
    return {key: tuple(found[stage] for stage in STAGES if stage in found) for key, found in best.items()}


def fold_name(text: str) -> str:
    """Half-width, lower case, no blanks: how names are compared."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold()
