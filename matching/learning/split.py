"""Which occupations are for development only: never trained on, in any source; the same for training and evaluation.

The split is by group of occupations, so that no near relation of a development title is trained on, and by a
hash of the group's code, so that it needs no list and never moves.
"""

from __future__ import annotations

import hashlib

_CSCO_MINOR = 7
"""Characters of a code of the Chinese classification that name its minor group (小类)."""


def is_development(code: str, scheme: str) -> bool:
    """Whether an occupation is for development.

    Parameters
    ----------
    code : str
        ``4-01-02-03`` (its minor group decides; 30 % are for development), or an ISCO unit group (10 %).
    scheme : {"csco", "isco"}
    """
    if scheme == "csco":
        return _byte(f"gradmatch{code[:_CSCO_MINOR]}") < 77
    return _byte(f"own{code}") < 26


def _byte(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0]
