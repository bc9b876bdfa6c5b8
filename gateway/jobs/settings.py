"""`[alerts]`, `[reminders]`, `[[webhook]]`: what the gateway does without being asked."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, model_validator

from gateway.domain.address import Address
from gateway.domain.errors import BadSettings

LEAST_SECRET = 32


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _mobile(number: str) -> str:
    if not Address.parse(number).is_mobile:
        raise ValueError(f"{number!r} is not a mobile number; only those get SMS")
    return number


Mobile = Annotated[str, AfterValidator(_mobile)]


class AlertSettings(_Section):
    """`[alerts]`: a lift that reports somebody trapped, or a fault (R43)."""

    escalate_minutes: tuple[Annotated[int, Field(ge=1, le=1440)], ...] = Field(
        default=(3, 30), description="minutes without acknowledgement after which all are told again"
    )
    regulators: tuple[Mobile, ...] = Field(default=(), description="told of every alert, besides registered phones")

    @model_validator(mode="after")
    def _rising(self) -> "AlertSettings":
        if list(self.escalate_minutes) != sorted(set(self.escalate_minutes)):
            raise ValueError("escalate_minutes must rise, as in [3, 30]")
        return self


class ReminderSettings(_Section):
    """`[reminders]`: inspections that come due (R32)."""

    from_hour: int = Field(default=8, ge=0, le=23, description="first hour of the day; answers know no hours")
    to_hour: int = Field(default=20, ge=1, le=24, description="no reminder leaves from this hour on")

    @model_validator(mode="after")
    def _some_time(self) -> "ReminderSettings":
        if self.from_hour >= self.to_hour:
            raise ValueError("from_hour must be less than to_hour")
        return self


class WebhookSettings(_Section):
    """`[[webhook]]`: a city platform that is told of events (R44)."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    url: HttpUrl
    secret_file: Path = Field(description="the secret that signs each delivery; 32 characters or more")
    events: tuple[
        Literal["fill", "inspection", "delivery", "registration", "trapped", "fault", "restored", "maintenance"], ...
    ] = Field(default=(), description="kinds of events; none named: all")

    def secret(self) -> bytes:
        """Read the secret. Raises `BadSettings` naming the file and what is wrong with it."""
        try:
            secret = self.secret_file.read_bytes().strip()
        except OSError as err:
            raise BadSettings(f"[[webhook]] {self.name}: {self.secret_file}: {err.strerror}") from err
        if len(secret) < LEAST_SECRET:
            raise BadSettings(f"[[webhook]] {self.name}: {self.secret_file}: use {LEAST_SECRET} characters or more")
        return secret
