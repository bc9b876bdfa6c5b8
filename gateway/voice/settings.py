"""`[voice]`: who speaks, and where what was said is kept."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SherpaSettings(_Section):
    """`[voice.sherpa]`: a VITS model of the operator's own for `sherpa-onnx`."""

    model: Path = Field(description="the .onnx file; its tokens.txt and lexicon.txt lie beside it")
    speaker: int = Field(default=0, ge=0, description="of a model with several voices")


class CloudSettings(_Section):
    """`[voice.http]`: a service that answers a JSON request with a WAV file."""

    url: str = Field(pattern=r"^https?://[^/?#\s]+[^\s]*$", description="asked by POST")
    body: dict[str, str | int | float | bool] = Field(
        default={"input": "{text}", "response_format": "wav"},
        description="the JSON object that is sent; {text} in a value stands for what is to be said",
    )
    secret_file: Path | None = Field(default=None, description="holds the key, sent as Authorization: Bearer")
    timeout: float = Field(default=10, gt=0, le=60, description="seconds for one clause")

    @field_validator("body")
    @classmethod
    def _says_the_text(cls, body: dict[str, str | int | float | bool]) -> dict[str, str | int | float | bool]:
        if not any(isinstance(value, str) and "{text}" in value for value in body.values()):
            raise ValueError("no value holds {text}, which stands for what is to be said")
        return body


class VoiceSettings(_Section):
    """`[voice]`: the shipped clips always speak; an engine says also what is not among them."""

    engine: Literal["auto", "kokoro", "sherpa", "http", "none"] = Field(
        default="auto", description="auto: kokoro where it is installed (`gateway voice install`), else none"
    )
    voice: str = Field(default="zf_xiaoxiao", pattern=r"^z[fm]_[a-z]{1,20}$", description="of kokoro")
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    dir: Path | None = Field(
        default=None, description="where the model is; default: fangxin-gateway/voice among this user's data"
    )
    workers: int | None = Field(
        default=None, ge=1, le=16, description="processes of about 500 MB each; default: one for two cores"
    )
    cache_mb: int = Field(
        default=500, ge=10, description="what the clips made here may take; the longest unused go first"
    )
    sherpa: SherpaSettings | None = None
    http: CloudSettings | None = None

    @model_validator(mode="after")
    def _engine_is_described(self) -> "VoiceSettings":
        for name in ("sherpa", "http"):
            if self.engine == name and getattr(self, name) is None:
                raise ValueError(f"engine = {name!r} needs [voice.{name}]")
        return self

    @property
    def folder(self) -> Path:
        """Return where the model is, or is put by `gateway voice install`."""
        if self.dir:
            return self.dir
        home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
        return Path(home) / "fangxin-gateway" / "voice"

    @property
    def processes(self) -> int:
        """Return how many engines run side by side."""
        return self.workers or max(1, min(4, (os.cpu_count() or 1) // 2))
