"""Intake: foreign files in, checked records out to the store, every refusal with its row, reason and cure.

`readers` turns a file into rows, `mapping` says how a foreign row becomes a record, `translate` does it,
`load` brings the records into the store batch by batch, `report` writes down what was refused.
"""
