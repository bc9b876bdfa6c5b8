"""What may be set of a loopback channel."""

from pydantic import BaseModel, ConfigDict, Field


class LoopbackSettings(BaseModel):
    """For development: everything sent is taken and goes nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="loopback", min_length=1, max_length=64)
    window: int = Field(default=16, ge=1)
    daily_limit: int | None = Field(default=None, ge=1)
