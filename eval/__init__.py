"""What would have happened: tasks, measures, intervals, reports.

Everything that claims quality goes through this room, and through the production path: `eval` ranks with
`matching`, never with a copy of it.
"""
