"""Who a graduate is, seen and hidden, before anything is written down: arrays over rows of graduates."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from matching.sample.banks import Banks, graduate_shares
from matching.sample.draws import Draws, Floats, Ints
from matching.sample.tenants import draw_tenants

VOCATIONAL, BACHELOR, MASTER, DOCTOR = 2, 3, 4, 5
_STAGE_SHARES = np.array([0.52, 0.946, 0.996, 1.0])
_RESERVATION = np.array([0.0, 0.0, 3_700.0, 4_600.0, 6_800.0, 9_500.0])


@dataclass(frozen=True, slots=True)
class People:
    """Graduates by row. Everything below `placed` is hidden: it never reaches a record."""

    index: Ints
    tenant: Ints
    """Place in `TENANTS`."""
    major: Ints
    level: Ints
    """Degree level: 2 大专, 3 本科, 4 硕士, 5 博士."""
    taught: Ints
    """A family that the major prepares for; what was learned, as against what is wanted."""
    home: Ints
    study: Ints
    year_offset: Ints
    """Graduation year minus this year: -2 to 1."""
    placed: Ints
    """1: had found work before this window opened; takes no part in it."""
    family: Ints
    """The occupation family that the person wants most."""
    second: Ints
    """A second interest, seldom told."""
    second_weight: Floats
    ability: Floats
    mobility: Floats
    outward: Floats
    """How gladly the person would leave the province, 0 to 1."""
    reservation: Floats
    """Yuan a month."""
    mastery: Floats
    """Of what the major teaches, 0 to 1."""
    second_mastery: Floats
    stability: Floats
    """How much a secure post is worth to the person; standard normal."""
    effort: Floats
    """Mean number of visits to the platform in the window."""

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Ints) -> People:
        """The same people by other rows."""
        return People(**{f.name: getattr(self, f.name)[rows] for f in fields(People)})


def draw_people(banks: Banks, seed: int, index: Ints) -> People:
    """The graduates `index`, each from its own numbers."""
    draws = Draws(seed, "graduate", index)
    level = draws.pick("stage", _STAGE_SHARES) + VOCATIONAL
    major = _majors(banks, draws, level)
    family = _families(banks, draws, major)
    second = _seconds(banks, draws, family)
    homes, studies = graduate_shares()
    ability = draws.normal("ability")
    far = np.log(banks.affinity[major, family])
    study = draws.pick("study", studies)
    return People(
        index=index,
        tenant=draw_tenants(draws, study, province=0.3),
        major=major,
        level=level,
        taught=_taught(banks, draws, major, family),
        home=draws.pick("home", homes),
        study=study,
        year_offset=draws.pick("year", np.array([0.05, 0.25, 0.87, 1.0])) - 2,
        placed=(draws.uniform("placed") < 0.05).astype(np.int64),
        family=family,
        second=second,
        second_weight=0.45 + 0.5 * draws.uniform("second weight"),
        ability=ability,
        mobility=_sigmoid(-0.6 + 0.35 * (level - VOCATIONAL) + draws.normal("mobility")),
        outward=draws.uniform("outward") ** 2,
        reservation=_RESERVATION[level] * np.exp(0.16 * draws.normal("reservation") + 0.08 * ability),
        mastery=_sigmoid(0.4 + 0.8 * ability + 0.1 * far + 0.7 * draws.normal("mastery")),
        second_mastery=_sigmoid(-0.5 + 0.5 * ability + 0.8 * draws.normal("second mastery")),
        stability=draws.normal("stability"),
        effort=4.0 * np.exp(0.5 * draws.normal("effort")),
    )


def _sigmoid(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-x))


def _majors(banks: Banks, draws: Draws, level: Ints) -> Ints:
    major = np.zeros(len(level), dtype=np.int64)
    for stage, levels in enumerate(((VOCATIONAL,), (BACHELOR,), (MASTER, DOCTOR))):
        rows = np.isin(level, levels)
        places, shares = banks.majors_at(stage)
        major[rows] = places[draws.pick("major", shares)][rows]
    return major


def _families(banks: Banks, draws: Draws, major: Ints) -> Ints:
    appeal = np.array([family.appeal for family in banks.families])
    weights = np.where(banks.affinity > 0.04, banks.affinity, 0.004) * appeal
    sums = np.cumsum(weights, axis=1)
    return draws.pick_rows("family", sums / sums[:, -1:], major)


def _taught(banks: Banks, draws: Draws, major: Ints, family: Ints) -> Ints:
    sums = np.cumsum(banks.affinity**3, axis=1)
    other = draws.pick_rows("taught", sums / sums[:, -1:], major)
    same = (banks.affinity[major, family] >= 1.0) & (draws.uniform("taught same") < 0.7)
    return np.where(same, family, other)


def _seconds(banks: Banks, draws: Draws, family: Ints) -> Ints:
    appeal = np.array([f.appeal for f in banks.families]) ** 2
    near = np.where(np.eye(len(appeal), dtype=bool), 0.0, banks.related**2 * appeal)
    sums = np.cumsum(near, axis=1)
    alike = draws.pick_rows("second alike", sums / sums[:, -1:], family)
    anywhere = draws.pick("second anywhere", np.cumsum(appeal) / appeal.sum())
    return np.where(draws.uniform("second kind") < 0.55, alike, anywhere)
