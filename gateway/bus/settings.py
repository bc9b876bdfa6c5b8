"""`[redis]`."""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

_NETWORK: Final = ("redis", "rediss")
_FORM: Final = "not a Redis URL; write redis://host:6379/0, rediss://host:6379/0 or unix:///path?db=0"


class RedisSettings(BaseModel):
    """`[redis]`: shared by the processes of a service that has several; nothing is kept there only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(
        default=None, description="redis://:password@host:6379/0, rediss://… or unix:///path; none: each is alone"
    )

    @field_validator("url")
    @classmethod
    def _known(cls, url: str | None) -> str | None:
        """Refuse what is none; its text may hold a password, so no error says it."""
        if not url:
            return None
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as err:
            raise ValueError(_FORM) from err
        network = parts.scheme in _NETWORK and parts.hostname and port != 0
        if not network and not (parts.scheme == "unix" and parts.path):
            raise ValueError(_FORM)
        if network and not re.fullmatch(r"/?[0-9]*", parts.path):
            raise ValueError("after the host stands the number of the database, as in redis://host:6379/0")
        if parse_qs(parts.query, keep_blank_values=True).keys() - {"db"} or parts.fragment:
            raise ValueError("a Redis URL takes nothing behind its path but ?db=NUMBER")  # timeouts are ours
        return url
