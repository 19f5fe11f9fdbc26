"""Whether a posting's title says what the work is: nobody is sent “转（” or “初级”, all that some sources keep."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.terms import occupations

_LETTERS = re.compile(r"[^\W\d_]")
_ENOUGH = 3
_OPENS = ("（", "(", "【", "[", "《", "“")
_PROMISES = re.compile(
    "零基础|无需经验|无经验|有经验|经验|不限|初级|中级|高级|资深|提供食宿|包食宿|包吃住|包吃|包住|食宿|双休|单休|周末|"
    "[五六]险一金|[五六]险|社保|应届|毕业生|大学生|实习生?|见习生?|亦可|均可|优先|转正|高薪|月薪|底薪|急聘|急招|诚聘|"
    "年终奖|奖金|福利|齐全|待遇|优厚|带薪|年假|朝九晚[五六]|提供"
)
"""What titles promise or ask for beside the work."""
_HEADS = frozenset(
    "工程师 技术员 专员 助理 经理 主管 总监 员工 职员 主任 组长 顾问 学徒 助手 代表 储备干部 兼职".split()
)
"""Words that need another before them: an engineer of what?"""


@lru_cache(maxsize=65_536)
def says_what(title: str) -> bool:
    """Whether a title could be read by who is looking for work.

    It could not where it breaks off at an opened bracket, or where, without what it promises (“双休”, “零基础”), fewer
    than three letters are left that are no occupation's name, or a bare “工程师”.
    """
    text = title.strip()
    if text.endswith(_OPENS):
        return False
    bare = "".join(_LETTERS.findall(_PROMISES.sub("", text)))
    if bare in _HEADS:
        return False
    return len(bare) >= _ENOUGH or (len(bare) > 1 and bool(occupations.read(bare)))
