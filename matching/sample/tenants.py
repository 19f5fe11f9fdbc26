"""The local platforms of the sample province: one for everybody, four for their part of the cities."""

from __future__ import annotations

import numpy as np

from matching.sample.draws import Draws, Ints

TENANTS = ("sample-jiangxi", "sample-nanchang", "sample-gannan", "sample-ganbei", "sample-ganxi")
_OF_CITY = np.array([1, 3, 4, 3, 4, 3, 2, 2, 4, 1, 3])


def draw_tenants(draws: Draws, city: Ints, *, province: float) -> Ints:
    """Places in `TENANTS`: the first for a share `province` and for cities of other provinces, else the city's own."""
    local = _OF_CITY[np.minimum(city, len(_OF_CITY) - 1)]
    wide = (draws.uniform("tenant") < province) | (city >= len(_OF_CITY))
    return np.where(wide, 0, local).astype(np.int64)
