"""Why a file is not read as a résumé: each reason once, in both languages, with its cure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from matching.errors import ResumeRefused
from matching.language import Words

Code = Literal[
    "empty", "too_large", "too_many_pages", "too_long", "unsupported", "encrypted", "damaged", "no_text", "not_a_resume",
    "unreadable",
]  # fmt: skip

LARGEST = 20_000_000
"""Bytes of a file; a larger one is refused before it is read."""
MOST_PAGES = 20
LONGEST = 60_000
"""Characters of a whole résumé."""


class _Reason(NamedTuple):
    reason: Words
    cure: Words


REASONS: dict[Code, _Reason] = {
    "empty": _Reason(Words("文件为空", "the file is empty"), Words("请提交有内容的简历。", "Send a file with text in it.")),
    "too_large": _Reason(
        Words("文件超过20 MB", f"the file is larger than {LARGEST // 1_000_000} MB"),
        Words("请去掉图片后重新提交。", "Leave out the pictures and send it again."),
    ),
    "too_many_pages": _Reason(
        Words(f"超过{MOST_PAGES}页", f"it has more than {MOST_PAGES} pages"),
        Words("请只提交一份简历。", "Send one résumé only."),
    ),
    "too_long": _Reason(
        Words("文字过长，不像一份简历", f"it has more than {LONGEST:,} characters"),
        Words("请只提交一份简历。", "Send one résumé only."),
    ),
    "unsupported": _Reason(
        Words("不是 PDF、Word（docx）或纯文本文件", "it is no PDF, Word (.docx) or plain text file"),
        Words("请另存为 PDF 或 docx。旧版 doc 须另存为 docx。", "Save it as PDF or .docx (an old .doc too)."),
    ),
    "encrypted": _Reason(
        Words("文件已加密", "the file is encrypted"), Words("请取消密码后重新提交。", "Remove the password and send it again.")
    ),
    "damaged": _Reason(
        Words("文件已损坏，无法打开", "the file is damaged and cannot be opened"),
        Words("请重新导出后提交。", "Export it again."),
    ),
    "no_text": _Reason(
        Words("没有文字，可能是扫描件或图片", "there is no text in it: a scan or a picture"),
        Words("请提交可以选中文字的版本；本系统不识别图片。", "Send a version whose text can be selected; pictures are not read."),
    ),
    "not_a_resume": _Reason(
        Words("不像一份简历：没有教育经历等内容", "it does not look like a résumé: no education and no sections of one"),
        Words("请提交含教育经历的个人简历。", "Send a résumé with the person's education."),
    ),
    "unreadable": _Reason(
        Words("文件不存在或无法读取", "the file is not there, or cannot be read"),
        Words("请检查路径和权限。", "Check the path and who may read it."),
    ),
}  # fmt: skip
"""Reason and cure by code."""


def refused(code: Code) -> ResumeRefused:
    """The error for a file that is not read, for this reason."""
    found = REASONS[code]
    return ResumeRefused(code, found.reason, found.cure)
