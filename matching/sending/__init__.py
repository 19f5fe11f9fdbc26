"""Sending: what is due goes out, to each person at most once, when it disturbs nobody, in words that say why.

`calendar` knows days of rest, `hours` when it is quiet, `moment` whether the clock can be trusted; `letter` writes a
digest, `links` signs what one tap does, `taps` does it; `couriers` are the ways out (`webhook`, `files`, `mail`);
`loop` claims, sends and settles.
"""
