"""Titles that say what the work is, and those that only promise something."""

import pytest

from matching.push.telling import says_what


@pytest.mark.parametrize(
    "title",
    ["会计", "护士", "文员", "Java开发工程师", "软件测试+实习亦可+五险一金",
     "双休初级软件测试工程师助理包住", "普工（包吃住）",
     "会计（应届毕业生）", "销售【五险一金】", "管培生", "PHP", "招聘专员", "培训讲师", "测试工程师"],
)  # fmt: skip
def test_what_can_be_read(title):
    assert says_what(title)


@pytest.mark.parametrize(
    "title",
    [
        "转（",
        "初级",
        "项目",
        "工程",
        "",
        "（",
        "无经验初级",
        "零基础提供食宿",
        "工程师",
        "高级工程师（双休）",
        "实习生",
        "应届毕业生",
        "五险一金+双休",
        "12345",
        "A",
    ],
)
def test_what_says_nothing(title):
    assert not says_what(title)
