"""``gradmatch rank``: who fits, and why, from the current snapshot."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, locale, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.matcher import Matcher
    from matching.question import Answer, Match, Question
    from matching.settings import Settings


def rank(
    graduate: Annotated[
        str | None,
        typer.Option("--graduate", metavar="KEY", help=say(Words("毕业生（tenant:id）。", "Graduate, as tenant:id."))),
    ] = None,
    posting: Annotated[
        str | None,
        typer.Option("--posting", metavar="KEY", help=say(Words("岗位（tenant:id）。", "Posting, as tenant:id."))),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile",
            metavar="FILE",
            help=say(Words("未入库的毕业生记录（JSON，一行一条）。", "Graduates not stored: JSON, one a line.")),
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", help=say(Words("返回条数。", "How many.")))] = 10,
    today: Annotated[
        datetime | None,
        typer.Option(
            "--today", formats=["%Y-%m-%d"], help=say(Words("按该日期判断规则。", "Judge the rules on this day."))
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help=say(Words("按 fit（匹配）或 surplus（机会×用处）排序。", "Order by fit or surplus (chance × use).")),
        ),
    ] = "fit",
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Rank postings for a graduate, or graduates for a posting, with the reasons."""
    from matching.errors import QueryError
    from matching.question import Question
    from matching.settings import read_settings

    if sum(value is not None for value in (graduate, posting, profile)) != 1:
        raise QueryError("who asks is not clear", where="rank", cure="Give one of --graduate, --posting, --profile.")
    matcher = _matcher(read_settings(settings, home=home))
    if by not in ("fit", "surplus"):
        raise QueryError(f"lists cannot be ordered by '{by}'", where="--by", cure="Give fit or surplus.")
    mode: Literal["fit", "surplus"] = "surplus" if by == "surplus" else "fit"
    question = Question(k=k, today=today.date() if today else None, by=mode)
    if graduate is not None:
        _show(matcher.postings_for(graduate, question), graduate, as_json)
    elif posting is not None:
        _show(matcher.graduates_for(posting, question), posting, as_json)
    elif profile is not None:
        _rank_profiles(matcher, question, profile, as_json)


def _matcher(settings: Settings) -> Matcher:
    from matching.live import open_state
    from matching.matcher import Matcher
    from models.encoder import load_encoder

    own = settings.encoder
    encoder = load_encoder(own.name, folder=settings.encoders, batch=own.batch, threads=own.threads)
    return Matcher(open_state(settings, encoder), settings, encoder)


def _rank_profiles(matcher: Matcher, question: Question, path: Path, as_json: bool) -> None:
    from matching.errors import FileError
    from matching.standard.check import check
    from matching.standard.records import Graduate

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"profiles cannot be read: {error}", where=str(path), cure="Give a UTF-8 file.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except ValueError as error:
            cure = "Write one JSON object a line."
            raise FileError(f"not JSON: {error}", where=f"{path}, line {number}", cure=cure) from None
        record = check("graduate", {"tenant": "unstored", "id": f"line-{number}", **data})
        assert isinstance(record, Graduate)
        _show(matcher.postings_for(record, question), f"{record.key} {record.major}", as_json)


def _show(answer: Answer, who: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer_dict(answer, who), ensure_ascii=False))
        return
    typer.echo(
        say(
            Words(
                f"{who}：符合硬性条件 {answer.eligible}，参与评分 {answer.candidates}",
                f"{who}: {answer.eligible} eligible, {answer.candidates} scored",
            )
        )
    )
    for match in answer.matches:
        typer.echo(_line(match))
        if match.surplus is not None:
            typer.echo(f"        {say(match.surplus.words)}")
        for reason in match.reasons[:4]:
            typer.echo(f"        {reason.points:+.2f}  {say(reason.words)}")
        for verdict in match.eligibility.verdicts:
            if verdict.status < 2:
                typer.echo(f"         ?     {say(verdict.reason)}")
        if match.also:
            typer.echo(f"         =     {say(_also(match))}")


def _also(match: Match) -> Words:
    keys = ", ".join(match.also[:3]) + (", …" if len(match.also) > 3 else "")
    return Words(f"同一岗位另发布{len(match.also)}次：{keys}", f"posted {len(match.also)} more time(s): {keys}")


def _line(match: Match) -> str:
    from matching.standard.records import Posting

    record = match.record
    if isinstance(record, Posting):
        title = f"{record.title} · {record.employer_name or record.tenant}"
    else:
        title = f"{record.major or record.major_code or '?'} {record.degree or ''}"
    status = {"pass": Words("符合", "eligible"), "unknown": Words("待确认", "to be confirmed")}
    word = say(status.get(match.eligibility.status.word, Words("不符合", "not eligible")))
    return f"{match.rank:>4}. {match.score:>6.2f}  [{word}] {title}  ({match.key})"


def answer_dict(answer: Answer, who: str) -> dict[str, object]:
    """The answer as plain values, for JSON."""
    return {
        "for": who,
        "locale": locale(),
        "version": answer.version,
        "eligible": answer.eligible,
        "candidates": answer.candidates,
        "matches": [
            {
                "key": match.key,
                "rank": match.rank,
                "score": match.score,
                "similarity": match.similarity,
                "eligibility": match.eligibility.status.word,
                "contributions": match.contributions,
                "reasons": [
                    {"feature": r.feature, "points": r.points, "zh": r.words.zh, "en": r.words.en}
                    for r in match.reasons
                ],
                "also": list(match.also),
                **({} if match.surplus is None else {"surplus": match.surplus._asdict()}),
                "record": match.record.model_dump(mode="json", exclude_defaults=True),
            }
            for match in answer.matches
        ],
    }
