"""Settings → the encoder they name: for the rooms that reach `models` only through `matching`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.encoder import Encoder, load_encoder

if TYPE_CHECKING:
    from matching.settings import Settings

__all__ = ["Encoder", "open_encoder"]


def open_encoder(settings: Settings) -> Encoder:
    """The encoder that `settings` name; its weights are read when the first text is encoded.

    Raises
    ------
    EncoderError
        It is not prepared, damaged or unknown.
    """
    own = settings.encoder
    return load_encoder(own.name, folder=settings.encoders, batch=own.batch, threads=own.threads)
