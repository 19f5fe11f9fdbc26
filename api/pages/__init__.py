"""The organisers' pages, in Chinese: from logging in by key to the list on paper.

`frame` renders and guards every answer, `session` says who is there, `forms` reads what is sent; `routes_*` are the
pages, the other files what they show. Charts are drawn on the server, so they print, are read aloud and need no script.
"""
