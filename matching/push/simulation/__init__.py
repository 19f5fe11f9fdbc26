"""Thirty nights that never were: the generated province, people who open, apply and mute, employers who read in turn.

`world` is the province with candidates and the hidden truth, `habits` how people and employers behave, `nights` lets
time pass under one rule, `contest` lets all rules face the same luck, `front` draws what comes of it. Simulated, and
called so wherever it is shown.
"""
