"""Structured logs: one JSON object a line on stderr, without personal data.

An exception is logged by its class and its frames. Its message is logged only where it is one of ours, which
never holds contact data; a foreign message may hold anything.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from matching.errors import GradmatchError
from matching.standard.privacy import redact


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, event, the fields of ``extra={"fields": …}``, the error."""

    def format(self, record: logging.LogRecord) -> str:
        """See the class."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": redact(record.getMessage().rstrip().rpartition("\n")[2])[0],  # of a traceback as text: its end
            **getattr(record, "fields", {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = type(error).__name__
            line["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
            if isinstance(error, GradmatchError):
                line["detail"] = redact(str(error))[0]
        return json.dumps(line, ensure_ascii=False, default=str)


def log_config() -> dict[str, Any]:
    """The logging configuration of ``gradmatch serve``, for `logging.config.dictConfig` and uvicorn."""
    own = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "api.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"gradmatch": own, "uvicorn": own, "uvicorn.error": {"level": "INFO"}},
    }
