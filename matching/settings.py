"""Settings: one frozen value read from one TOML file; no global, nothing read at import.

home, store_url, snapshots_url
[encoder]      name, batch, threads
[retrieval]    dense, lexical, query_tokens
[eligibility]  unknown (per rule: show | hide), unstated (per rule: unknown | pass)
[ranking]      weights (per feature: scales its curve), ranker (file of a learned one)
[chance]       apply, answer (each: middle, steepness, ceiling)
[service]      host, port, body_limit, follow_seconds, fetch_seconds, largest_k, compact_share, compact_least
[push]         limits, budgets, floors, quiet hours, what a digest says; [push.channels.NAME] the ways out
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matching.errors import FileError, SettingsError
from matching.features import FEATURE_NAMES
from matching.learning.learned import LearnedRanker, read_ranker

DEFAULT_ENCODER = "multilingual-e5-small-work"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EncoderSettings(_Section):
    """Which encoder: the offline default, ``"hashing"`` (test double), or any sentence-transformers name or folder."""

    name: str = DEFAULT_ENCODER
    folder: Annotated[Path | None, Field(description="Prepared encoders; default: `encoders` in home.")] = None
    batch: Annotated[int, Field(ge=1, le=1024)] = 32
    threads: Annotated[int, Field(ge=0, le=256, description="Batches side by side; 0: as many as cores.")] = 0


class RetrievalSettings(_Section):
    """How many candidates each way of looking brings; what both bring is scored together."""

    dense: Annotated[int, Field(ge=1, le=10_000)] = 200
    lexical: Annotated[int, Field(ge=0, le=10_000)] = 200
    query_tokens: Annotated[int, Field(ge=1, le=10_000, description="Rarest words of a résumé that count.")] = 64


class EligibilitySettings(_Section):
    """How the hard rules read what is not known, by rule name.

    `unknown`: a pair that cannot be judged is shown and marked (default), or hidden. `unstated`: what a posting
    that does not state a demand means; the defaults stand in `matching.eligibility.RULES`.
    """

    unknown: dict[str, Literal["show", "hide"]] = {}
    unstated: dict[str, Literal["unknown", "pass"]] = {}


class RankingSettings(_Section):
    """Which ranker: the documented prior, or one learned from interactions; weights scale its curves, by feature name.

    `learned` is what the file holds: it is read once, when the settings are made, so that they are one value. `use`
    sharpens or softens what a missed wish takes away where lists are ordered by surplus, by feature.
    """

    weights: dict[str, float] = {}
    use: dict[str, Annotated[float, Field(ge=0, le=10)]] = {}
    ranker: Annotated[Path | None, Field(description="File of `gradmatch ranker train`.")] = None
    learned: LearnedRanker | None = None

    @model_validator(mode="after")
    def _read(self) -> Self:
        if self.ranker is not None and self.learned is None:
            try:
                object.__setattr__(self, "learned", read_ranker(self.ranker, FEATURE_NAMES))
            except FileError as error:
                raise ValueError(str(error)) from None
        return self


class ChanceCurve(_Section):
    """A chance that rises with the score: ``ceiling / (1 + exp(-steepness * (score - middle)))``."""

    middle: Annotated[float, Field(ge=-100, le=100, description="Score at half the ceiling.")]
    steepness: Annotated[float, Field(gt=0, le=10, description="Log-odds a point of score.")]
    ceiling: Annotated[float, Field(gt=0, le=1)]


class ChanceSettings(_Section):
    """The prior of both sides' chances by score, for as long as nothing is learned from interactions.

    The defaults are the best fit to the *generated* sample province (83,000 pairs), so they are simulated.
    """

    apply: ChanceCurve = ChanceCurve(middle=9.5, steepness=0.42, ceiling=0.6)
    answer: ChanceCurve = ChanceCurve(middle=6.4, steepness=0.125, ceiling=0.6)


class ChannelSettings(_Section):
    """A way out for digests.

    `secret_name` names the environment variable that holds the secret which signs what a webhook sends.
    """

    kind: Literal["files", "webhook", "smtp"] = "files"
    folder: Annotated[Path | None, Field(description="files: default `outbox` in home.")] = None
    url: str = ""
    secret_name: str = "GRADMATCH_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
    timeout: Annotated[float, Field(gt=0, le=300, description="Seconds.")] = 10.0
    batch: Annotated[int, Field(ge=1, le=1_000, description="Letters in one request.")] = 1
    parallel: Annotated[int, Field(ge=1, le=64, description="Requests at once.")] = 8
    repeats: Annotated[bool, Field(description="Ask again where the receiver acknowledges idempotency keys.")] = True
    per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = 60_000
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 25
    sender: str = ""
    recipient: Annotated[str, Field(description="smtp: the one mailbox of the trial.")] = ""


class PushSettings(_Section):
    """What the nightly push may do; the defaults are published in docs/push.md."""

    digest: Annotated[int, Field(ge=1, le=20, description="Postings in a digest.")] = 3
    in_week: Annotated[int, Field(ge=0, le=200, description="Postings to a person in any seven days.")] = 9
    gap_hours: Annotated[float, Field(ge=0, le=24 * 60)] = 20.0
    patience: Annotated[int, Field(ge=0, le=100, description="Digests in a row that may stay unopened.")] = 3
    candidates: Annotated[int, Field(ge=1, le=1_000)] = 50
    seekers: Annotated[int, Field(ge=0, le=1_000, description="Candidates that a posting shall have at least.")] = 10
    seekers_most: Annotated[int, Field(ge=0, description="Postings a night that look for candidates.")] = 20_000
    wanted: Annotated[float, Field(gt=0, le=1_000, description="Applications wanted for an open place.")] = 5.0
    hard: Annotated[float, Field(ge=1, le=100)] = 1.0
    over: Annotated[float, Field(ge=0, le=100)] = 0.5
    help: Annotated[float, Field(ge=0, le=100)] = 2.0
    sure: Annotated[float, Field(ge=0, le=10, description="Standard deviations of chance allowed for.")] = 1.0
    per_employer: Annotated[int, Field(ge=1, le=20)] = 1
    employer_limit: Annotated[int | None, Field(ge=0)] = None
    unknown: Annotated[float, Field(ge=0, le=1, description="Worth of a pair that cannot be judged.")] = 0.5
    least: Annotated[float, Field(ge=0, le=1, description="Chance of an application below which none is sent.")] = 0.015
    floor: Annotated[int, Field(ge=0, le=20)] = 1
    floor_price: Annotated[float, Field(ge=0, le=100)] = 1.0
    asked: Annotated[float, Field(ge=1, le=100, description="Worth of a pair that a saved search asks for.")] = 2.0
    explore: Annotated[
        float, Field(ge=0, le=0.5, description="Share of people whose digest is drawn by chance, for the log's sake.")
    ] = 0.0
    best_few: Annotated[int, Field(ge=0, le=1_000, description="People whom a trigger looks at for a posting.")] = 10
    fresh_days: Annotated[int, Field(ge=0, le=60, description="A posting so old is new to triggers.")] = 2
    deadline_days: Annotated[int, Field(ge=0, le=60, description="Triggers: closes within; 0: none.")] = 3
    event_days: Annotated[int, Field(ge=0, le=365, description="Triggers: begins within; 0: no invitations.")] = 14
    answer_days: Annotated[float, Field(gt=0, le=365, description="Then an application counts as unanswered.")] = 10.0
    quiet: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] = "21:30-08:00"
    zone: str = "Asia/Shanghai"
    days: Literal["every", "no holiday", "workdays"] = "no holiday"
    valid_hours: Annotated[float, Field(gt=0, le=24 * 30, description="A digest that waits longer is dropped.")] = 48.0
    sign: Annotated[str, Field(min_length=1, max_length=12)] = "就业服务"
    link_base: Annotated[str, Field(description="Before the token of a link; the service answers at /p/.")] = "/p/"
    posting_url: Annotated[str, Field(description="With {tenant} and {id}.")] = ""
    opt_out_most: Annotated[float, Field(ge=0, le=1)] = 0.02
    complaints_most: Annotated[float, Field(ge=0, le=1)] = 0.005
    opt_out_least: Annotated[int, Field(ge=1)] = 50
    channels: dict[str, ChannelSettings] = {"files": ChannelSettings()}


class ServiceSettings(_Section):
    """The HTTP door."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    body_limit: Annotated[int, Field(ge=1_024, description="Bytes.")] = 16_000_000
    follow_seconds: Annotated[float, Field(gt=0, le=60, description="How often the store's changes are followed.")] = (
        0.2
    )
    fetch_seconds: Annotated[
        float, Field(ge=0.1, le=86_400, description="How often `snapshots_url` is asked which snapshot is in use.")
    ] = 30.0
    largest_k: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    compact_share: Annotated[
        float,
        Field(ge=0, le=1, description="Changed since the build, of all rows, when live rows are compacted; 0: never."),
    ] = 0.05
    compact_least: Annotated[int, Field(ge=1, description="Fewer changed rows are left as they are.")] = 20_000


class Settings(_Section):
    """Everything that can be set.

    `home` is the folder that holds the embedded store, encoders, vector cache and snapshots.
    """

    home: Path = Path("var")
    store_url: str | None = None
    snapshots_url: Annotated[str | None, Field(description="Where builds are published and replicas fetch.")] = None
    encoder: EncoderSettings = EncoderSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    eligibility: EligibilitySettings = EligibilitySettings()
    ranking: RankingSettings = RankingSettings()
    chance: ChanceSettings = ChanceSettings()
    service: ServiceSettings = ServiceSettings()
    push: PushSettings = PushSettings()

    @property
    def store(self) -> str:
        """SQLAlchemy URL of the store: `store_url`, or SQLite in `home`."""
        return self.store_url or f"sqlite:///{(self.home / 'gradmatch.sqlite').as_posix()}"

    @property
    def snapshots(self) -> Path:
        """Folder of the snapshots: those built here, or fetched from `snapshots_url`."""
        return self.home / "snapshots"

    @property
    def encoders(self) -> Path:
        """Folder of the prepared encoders; they may be shared by several homes."""
        return self.encoder.folder or self.home / "encoders"

    @property
    def vector_cache(self) -> Path:
        """File of the vector cache."""
        return self.home / "vectors.sqlite"


def read_settings(path: Path | None = None, *, home: Path | None = None) -> Settings:
    """Read the settings file, or the defaults where there is none.

    Parameters
    ----------
    path : Path, optional
        TOML file. Default: the environment's ``GRADMATCH_SETTINGS``, else ``gradmatch.toml`` here, else defaults.
    home : Path, optional
        Replaces the file's `home`; so does the environment's ``GRADMATCH_HOME``, where this is None.
        ``GRADMATCH_ENCODERS`` replaces `encoder.folder` in the same way.

    Raises
    ------
    SettingsError
        The file is missing, is no TOML, or holds a name or value that is not known; names the key.
    """
    named = path or (Path(os.environ["GRADMATCH_SETTINGS"]) if "GRADMATCH_SETTINGS" in os.environ else None)
    source = named or Path("gradmatch.toml")
    data: dict[str, object] = {}
    if named is not None or source.exists():
        try:
            data = tomllib.loads(source.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"settings cannot be read: {error}", where=str(source), cure="Mend the file.") from None
    chosen = home or (Path(os.environ["GRADMATCH_HOME"]) if "GRADMATCH_HOME" in os.environ else None)
    if chosen is not None:
        data["home"] = chosen
    if "GRADMATCH_ENCODERS" in os.environ:
        section = data.setdefault("encoder", {})
        if isinstance(section, dict):
            section["folder"] = os.environ["GRADMATCH_ENCODERS"]
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"setting '{key}': {first['msg']}", where=str(source), cure="See docs/settings.md for names and ranges."
        ) from None
