"""The push: the few postings worth sending, to everyone at once, without flooding anyone.

`market` is the night's question as arrays, `limits` says how many a posting bears, `history` who may get how many
and what is no news, `auction` decides by prices, `picks` is one graduate's best choice at given prices, `bound`
proves how far the decision can be from the best one, `plan` is the room's face, `baselines` and `report` are what
others do and what all of them do to the market.
"""

from matching.push.limits import Load, posting_limits
from matching.push.market import Market, market_of
from matching.push.plan import Plan, Planned, plan

__all__ = ["Load", "Market", "Plan", "Planned", "market_of", "plan", "posting_limits"]
