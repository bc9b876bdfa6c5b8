"""What the operator says of the switch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from gateway.domain.errors import BadSettings
from gateway.text.place import HIGHEST_PORT, is_inside, place


def listened_outside(host: str) -> str:
    """Return why an IP address must not be listened on, or nothing; a name is looked at once it stands for one."""
    try:
        inside = is_inside(host)
    except ValueError:
        return ""
    if inside:
        return ""
    return (
        f"{host} may be reached from outside, and FastAGI asks nobody who he is: write 127.0.0.1:4573, "
        "or the private address (10…, 172.16…, 192.168…, fd…) at which the switch reaches the gateway"
    )


class AsteriskSettings(BaseModel):
    """`[asterisk]`: the hotline. Without this table there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agi_listen: str = Field(
        default="127.0.0.1:4573", description="host:port where the switch brings calls: loopback or private"
    )
    ami_host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    ami_port: int = Field(default=5038, ge=1, le=HIGHEST_PORT)
    ami_user: str = Field(default="gateway", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    ami_secret_file: Path = Field(description="a file that holds the manager's secret, alone")
    sounds_dir: Path = Field(
        default=Path("/usr/share/asterisk/sounds"),
        description="shared with the switch: zh/ below it, recordings/ beside",
    )
    outbound_number: str = Field(
        default="", pattern=r"^(0[1-9][0-9]{8,10}|1[3-9][0-9]{9})?$", description="shown where we call: no 400 number"
    )

    @field_validator("agi_listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        host, _ = place(listen)
        if fault := listened_outside(host):
            raise ValueError(fault)
        return listen

    @property
    def agi_address(self) -> tuple[str, int]:
        """Return host and port."""
        return place(self.agi_listen)

    def secret(self) -> SecretStr:
        """Read the manager's secret. Raises `BadSettings` naming the file."""
        file = self.ami_secret_file
        try:
            secret = file.read_text("ascii").strip()
        except OSError as err:
            raise BadSettings(f"[asterisk] ami_secret_file: {file}: cannot be read: {err.strerror}") from err
        except UnicodeDecodeError as err:
            raise BadSettings(f"[asterisk] ami_secret_file: {file}: ASCII only") from err
        if not secret or not secret.isprintable():
            raise BadSettings(f"[asterisk] ami_secret_file: {file}: must hold one line")
        return SecretStr(secret)
