"""What the operator says of one modem."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from gateway.domain.address import Address

Seconds = Annotated[float, Field(gt=0, le=3600)]


class ModemSettings(BaseModel):
    """One `[[modem]]` table. Give `port` as the stable path (`/dev/serial/by-id/…`), which survives a replug."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=64, description="unique; the account in the store and in logs")
    port: Path = Field(description="serial device, by its stable path")
    baudrate: int = Field(default=115200, ge=1200, le=4_000_000)
    pin: SecretStr | None = Field(default=None, description="SIM PIN; tried once, never again when it is wrong")
    number: str = Field(pattern=r"^\+?[0-9]{3,20}$", description="the SIM's own number: what citizens text to")
    daily_limit: int | None = Field(
        default=500, ge=1, description="segments a day; carriers block consumer SIMs that send more"
    )
    balance_ussd: str | None = Field(
        default=None, pattern=r"^[*#0-9]{2,32}$", description="the only USSD code ever sent, e.g. *100#"
    )

    command_timeout: Seconds = Field(default=10, description="silence after which a command counts as unanswered")
    prompt_timeout: Seconds = Field(default=10, description="silence before `> `: nothing has left, tried again")
    # A network may take this long to answer: 27.005 leaves it open, TC1*/TR1M of 24.011 §10 are 35 to 45 s.
    submit_timeout: Seconds = Field(default=60, description="silence after the text has left: uncertain")
    sweep_interval: Seconds = Field(default=10, description="how often the storages are looked through unasked")
    watch_interval: Seconds = Field(default=30, description="how often signal, network and settings are read")
    balance_interval: Annotated[float, Field(ge=60)] = Field(default=6 * 3600, description="how often to ask")

    @property
    def own_address(self) -> Address:
        """Return the SIM's number as an address."""
        return Address.parse(self.number)

    @field_validator("pin")
    @classmethod
    def _digits_only(cls, pin: SecretStr | None) -> SecretStr | None:
        # 4 to 8 digits: 3GPP TS 31.102 §9.3. Anything else could end the command it stands in.
        value = pin.get_secret_value() if pin else "0000"
        if not (value.isascii() and value.isdigit() and 4 <= len(value) <= 8):
            raise ValueError("a SIM PIN is 4 to 8 digits")
        return pin
