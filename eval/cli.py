"""``gradmatch eval``: what would have happened, measured."""

from __future__ import annotations

import typer

from eval.cli_gate import compare, gate
from eval.cli_ledger import again, ledger
from eval.cli_offpolicy import offpolicy
from eval.cli_proof import AUDIT_HELP, POWER_HELP, SELFTEST_HELP, audit, power, selftest
from eval.cli_replay import HELP as REPLAY_HELP
from eval.cli_replay import replay
from eval.cli_report import report, schema
from eval.cli_requirements import requirements
from eval.cli_resumes import resumes
from eval.cli_table import HELP as TABLE_HELP
from eval.cli_table import table
from eval.cli_task import HELP as TASK_HELP
from eval.cli_task import task
from eval.cli_terms import terms
from eval.cli_truth import HELP as TRUTH_HELP
from eval.cli_truth import truth
from matching.cli.speech import say
from matching.language import Words

app = typer.Typer(
    no_args_is_help=True,
    help=say(Words("评测：在给定任务上量出匹配质量。", "Measure how well the matching works on a task.")),
)

app.command("compare", help=say(Words("两次评测逐项相比（新减旧）。", "Two runs beside each other, new less old.")))(
    compare
)
app.command("gate", help=say(Words("新模型能否上线：按规则判定，退出码 0 或 1。",
    "May the new model go live? Judged by rules; exit code 0 or 1.")))(gate)  # fmt: skip
app.command("offpolicy", help=say(Words("由曝光日志估计新排序的收益（IPS、SNIPS、DR）。",
    "Estimate a new ranker from logged exposures: IPS, SNIPS, DR.")))(offpolicy)  # fmt: skip
app.command("ledger", help=say(Words("运行台账。", "The ledger of runs.")))(ledger)
app.command("again", help=say(Words("照台账再跑一次，核对数字。",
    "Run one of them once more: do the same figures come out?")))(again)  # fmt: skip
app.command("replay", help=REPLAY_HELP)(replay)
app.command("selftest", help=SELFTEST_HELP)(selftest)
app.command("power", help=POWER_HELP)(power)
app.command("audit", help=AUDIT_HELP)(audit)
app.command("report", help=say(Words("把结果写成网页、Markdown、JSON 和模型卡。",
    "Write a run as a page, Markdown, JSON and a model card.")))(report)  # fmt: skip
app.command(
    "resumes", help=say(Words("在生成的简历上衡量读简历的质量。", "Measure how well generated résumés are read."))
)(resumes)
app.command("schema", help=say(Words("报告的 JSON Schema。", "JSON Schema of the report.")))(schema)
app.command("truth", help=TRUTH_HELP)(truth)
app.command("table", help=TABLE_HELP)(table)
app.command("task", help=TASK_HELP)(task)
app.command("terms", help=say(Words("专业与职业名称读得多准。", "How well majors and titles are read.")))(terms)
app.command("requirements", help=say(Words("岗位要求读得多准。", "How well demands are read.")))(requirements)
