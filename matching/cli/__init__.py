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

HELP = {
    "build": Words("由全部记录构建快照并启用；管理快照。", "Build a snapshot of all records; manage snapshots."),
    "encoder": Words("准备和查看编码器。", "Prepare and look at encoders."),
    "eval": Words("离线评测。", "Evaluate offline."),
    "event": Words("招聘会：邀请名单、面谈时间表、导出。", "Fairs: invitation lists, timetables, export."),
    "intake": Words("读入文件：校验、入库、列出被拒的行。", "Read a file: check, store, list what is refused."),
    "keys": Words("管理接口密钥。", "Manage API keys."),
    "night": Words("夜间批量：为每名毕业生排出最合适的岗位。", "Rank the best postings of every graduate, to Parquet."),
    "push": Words("岗位推送：计划、发送、查看、退订、模拟。", "The push: plan, send, look, opt out, simulate."),
    "rank": Words("为毕业生排岗位，或为岗位排毕业生，并说明理由。", "Rank postings or graduates, with the reasons."),
    "ranker": Words("由互动记录学习排序模型。", "Learn the ranker from interactions."),
    "resume": Words("简历（PDF、Word、文本）转为毕业生记录。", "Read résumés (PDF, Word, text) to graduates' records."),
    "sample": Words("生成江西省样例数据（非真实）。", "Generate a sample province (not real)."),
    "schema": Words("数据标准（JSON Schema）。", "The data standard, as JSON Schema."),
    "serve": Words("启动服务。", "Start the service."),
    "tune": Words("调参：在开发段上搜索配置，由门禁决定上线。", "Search settings; the gate decides."),
    "terms": Words(
        "专业、职业、行业、地区、学历：文字与代码。", "Majors, occupations, industries, places: words and codes."
    ),
}
"""One line on every command, in both languages."""


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
            app.add_typer(command, name=entry.name, help=say(HELP[entry.name]))
        else:
            app.command(entry.name, help=say(HELP[entry.name]))(command)
    return app


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and exit code 2."""
    try:
        command_line()()
    except GradmatchError as error:
        sys.stderr.write(f"{say(Words('错误', 'Error'))}: {error}\n")
        raise SystemExit(2) from None
