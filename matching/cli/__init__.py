"""The command line, ``gradmatch``: Chinese or English by locale, one file a command.

The commands are the entry points of the group ``gradmatch.commands`` (see pyproject.toml), because
`eval` and `api` stand above `matching`: the domain must not import them, the distribution may name them.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from matching.cli.speech import say
from matching.errors import GradmatchError
from matching.language import Words


def command_line() -> typer.Typer:
    """Every command of this distribution, in alphabetical order."""
    app = typer.Typer(
        name="gradmatch",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        help=say(Words("毕业生与岗位匹配引擎。", "Match graduates with jobs and internships.")),
    )
    for entry in sorted(entry_points(group="gradmatch.commands"), key=lambda e: e.name):
        command = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)
    return app


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and exit code 2."""
    try:
        command_line()()
    except GradmatchError as error:
        sys.stderr.write(f"{say(Words('错误', 'Error'))}: {error}\n")
        raise SystemExit(2) from None
