"""The HTTP door: `create_app` makes the service, `cli` starts it.

`app` puts it together, `service` holds what runs, `routes_*` are the endpoints; `access` opens the door, `body`
reads what comes in, `question` and `paging` turn parameters into questions, `answers` writes what goes out,
`problems` says what went wrong, `metrics` and `logs` what happened, `openapi` describes it all.
"""
