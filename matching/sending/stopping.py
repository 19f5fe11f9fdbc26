"""A stop rule: a campaign that annoys more people than it may is stopped before it reaches everybody."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matching.store import Campaigns


@dataclass(frozen=True)
class StopRule:
    """When a campaign is stopped.

    Parameters
    ----------
    most : float
        Share of the people reached who may opt out by its links.
    complaints : float
        Share of them who may complain.
    least : int
        People reached before anything is concluded.
    sure : float
        Standard errors: the campaign stops when a share is surely above its limit (lower end of Wilson's interval).
    """

    most: float = 0.02
    complaints: float = 0.005
    least: int = 50
    sure: float = 1.64

    def says_stop(self, reached: int, stops: int, complaints: int = 0) -> str:
        """Why to stop; empty where neither `stops` nor `complaints` of `reached` are surely too many."""
        if reached < self.least:
            return ""
        if wilson_low(stops, reached, self.sure) > self.most:
            return f"{stops} of {reached} people reached opted out"
        if wilson_low(complaints, reached, self.sure) > self.complaints:
            return f"{complaints} of {reached} people reached complained"
        return ""


def wilson_low(hits: int, total: int, z: float) -> float:
    """Lower end of Wilson's interval for a share; 0 where there is nothing."""
    if total == 0:
        return 0.0
    share = hits / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - half) / (1 + z * z / total)


def stop_if_it_annoys(campaigns: Campaigns, rule: StopRule) -> list[str]:
    """Stop the running campaigns that the rule stops; their ids."""
    stopped = []
    for campaign in campaigns.every():
        if campaign.stopped is None:
            why = rule.says_stop(*campaigns.reached(campaign.id))
            if why:
                campaigns.stop(campaign.id, why)
                stopped.append(campaign.id)
    return stopped
