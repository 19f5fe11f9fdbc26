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
    least : int
        People reached before anything is concluded.
    sure : float
        Standard errors: the campaign stops when the share is surely above `most` (lower end of Wilson's interval).
    """

    most: float = 0.02
    least: int = 50
    sure: float = 1.64

    def says_stop(self, reached: int, stops: int) -> bool:
        """Whether `stops` of `reached` are surely too many."""
        return reached >= self.least and wilson_low(stops, reached, self.sure) > self.most


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
            reached, stops = campaigns.reached(campaign.id)
            if rule.says_stop(reached, stops):
                campaigns.stop(campaign.id, f"{stops} of {reached} people reached opted out")
                stopped.append(campaign.id)
    return stopped
