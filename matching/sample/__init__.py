"""The sample province: generated graduates, employers, postings, fairs and interactions of Jiangxi.

Everything is made up from a seed; no real person, school or firm is meant. A hidden truth, which is not the
scorer's formula and is never part of a record, says what each pair is worth, so that quality can be measured.
See docs/sample.md.
"""

from matching.sample.latent import Truth
from matching.sample.province import DEFAULT_TODAY, SampleProvince, Tuning

__all__ = ["DEFAULT_TODAY", "SampleProvince", "Truth", "Tuning"]
