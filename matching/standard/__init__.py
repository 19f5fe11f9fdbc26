"""The data standard, version 1: what a record is, what is refused, and how it is published.

`records` holds the types, `privacy` what is never accepted, `refusals` how a refusal reads,
`check` the one door from raw values to a record, `schema` the published JSON Schema.
"""
