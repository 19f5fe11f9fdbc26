"""Words for people: Chinese first, English second."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One thing said in both languages.

    ``str(words)`` is ``"中文 / English"``; `of` picks one by locale (``zh…`` or anything else).
    """

    zh: str
    en: str

    def __str__(self) -> str:
        """Both languages, Chinese first."""
        return f"{self.zh} / {self.en}"

    def of(self, locale: str) -> str:
        """The Chinese words for a locale that starts with ``zh``, else the English ones."""
        return self.zh if locale.lower().startswith("zh") else self.en
