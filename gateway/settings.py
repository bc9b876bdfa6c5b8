"""Everything the operator may set: one frozen `Settings`, from a TOML file and `GATEWAY_…` variables.

A secret is read from a file, or from the environment; `gateway check` prints it masked.
"""

import tomllib
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.bus.settings import RedisSettings
from gateway.channels.asterisk.settings import AsteriskSettings
from gateway.channels.loopback.settings import LoopbackSettings
from gateway.channels.modem.settings import ModemSettings
from gateway.domain.errors import BadSettings
from gateway.domain.reply import Plain
from gateway.jobs.settings import AlertSettings, ReminderSettings, WebhookSettings
from gateway.limiter import LimitSettings
from gateway.text.place import place
from gateway.voice.settings import VoiceSettings

DEFAULT_FILE = Path("config/gateway.toml")
# Port-type SMS must be kept for five months (MIIT Order 31; DOMAIN 6, Records).
LEAST_RETENTION_DAYS = 153


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Section):
    """`[database]`: where all that must not be lost is kept."""

    url: str = Field(description="sqlite:////abs/path.db or postgresql://user@host/name")

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError) as err:
            raise ValueError("not a database URL; write sqlite:////abs/path.db or postgresql://user@host/name") from err
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError(f"{parsed.get_backend_name()} is not supported; use sqlite or postgresql")
        if parsed.drivername != parsed.get_backend_name():
            raise ValueError(
                f"leave the driver out: write {parsed.get_backend_name()}:// in place of {parsed.drivername}://"
            )
        if parsed.get_backend_name() == "sqlite" and not (parsed.database and Path(parsed.database).is_absolute()):
            raise ValueError("a SQLite path must be absolute: sqlite:////abs/path.db, with four slashes")
        return url


class KeySettings(_Section):
    """`[keys]`: the folder of key files; never in the database."""

    dir: Path | None = Field(default=None, description="default on SQLite: `keys` beside the database")


class ServiceSettings(_Section):
    """`[service]`: what citizens see."""

    signature: str = Field(
        default="放心100", min_length=1, max_length=20, description="stands in 【】 before each reply"
    )
    hotline: str = Field(default="400-6422-365", pattern=r"^[0-9-]{3,20}$")
    short_code: str = Field(default="106573012365", pattern=r"^[0-9]{3,21}$")
    report_number: str = Field(default="12315", pattern=r"^[0-9-]{3,20}$", description="where fakes are reported")
    timezone: Literal["Asia/Shanghai"] = Field(default="Asia/Shanghai", description='"today" for all rules of dates')
    lift_digits: int = Field(default=6, ge=5, le=6, description="digits of a lift's local number")

    @property
    def values(self) -> dict[str, Plain]:
        """Return what every template may say."""
        return {"hotline": self.hotline, "report_number": self.report_number, "short_code": self.short_code}


class _Overlay(_Section):
    """A folder of the operator's own, laid over a shipped one."""

    shipped: ClassVar[str]

    dir: Path | None = Field(default=None, description="laid over what is shipped, file by file")

    @field_validator("dir")
    @classmethod
    def _there(cls, dir_: Path | None) -> Path | None:
        if dir_ is not None and not dir_.is_dir():
            raise ValueError(f"{dir_}: no such folder")
        return dir_

    @property
    def folders(self) -> tuple[Path, ...]:
        """Return where its files stand, the operator's own last."""
        return (shipped(self.shipped), *([self.dir] if self.dir else []))


class TemplateSettings(_Overlay):
    """`[templates]`: the operator's own words."""

    shipped = "sms_templates"


class IvrSettings(_Overlay):
    """`[ivr]`: the operator's own flows of the hotline."""

    shipped = "ivr_flows"


class HttpSettings(_Section):
    """`[http]`: the pages behind labels, the interface, health and metrics."""

    listen: str = Field(default="127.0.0.1:8080", description="host:port")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+$",
        description="as citizens reach it, for labels: https://host; default: http:// and listen",
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="addresses or networks whose X-Forwarded-For is believed"
    )

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        place(listen)
        return listen

    @property
    def url(self) -> str:
        """Return where citizens reach it, without a slash at the end."""
        return self.public_url or f"http://{self.listen}"

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        return place(self.listen)


class ConsoleSettings(_Section):
    """`[console]`: the operators' pages, below /console."""

    listen: str | None = Field(default=None, description="host:port; default: shares [http]")
    idle_minutes: int = Field(default=120, ge=5, le=1440, description="after which somebody is signed out")
    session_hours: int = Field(default=12, ge=1, le=168, description="after which he is, whatever he does")
    one_time_hours: int = Field(default=72, ge=1, le=720, description="within which a one-time password is used")

    @property
    def one_time(self) -> timedelta:
        """Return how long a one-time password lasts."""
        return timedelta(hours=self.one_time_hours)

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str | None) -> str | None:
        if listen is not None:
            place(listen)
        return listen


class RetentionSettings(_Section):
    """`[retention]`: days after which texts and numbers of questions and replies are dropped."""

    messages: int = Field(default=184, ge=LEAST_RETENTION_DAYS, description="days; the law wants five months at least")
    recordings: int = Field(default=30, ge=1, le=366, description="days that a complaint by telephone can be heard")


class LogSettings(_Section):
    """`[log]`: one event a line."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "text"] = "json"


class Settings(BaseSettings):
    """All settings, checked."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="GATEWAY_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    database: DatabaseSettings
    redis: RedisSettings = RedisSettings()
    keys: KeySettings = KeySettings()
    service: ServiceSettings = ServiceSettings()
    templates: TemplateSettings = TemplateSettings()
    ivr: IvrSettings = IvrSettings()
    http: HttpSettings = HttpSettings()
    limits: LimitSettings = LimitSettings()
    console: ConsoleSettings = ConsoleSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    alerts: AlertSettings = AlertSettings()
    reminders: ReminderSettings = ReminderSettings()
    webhook: tuple[WebhookSettings, ...] = ()
    asterisk: AsteriskSettings | None = None
    modem: tuple[ModemSettings, ...] = ()
    loopback: tuple[LoopbackSettings, ...] = ()
    voice: VoiceSettings = VoiceSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library passes all of them by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file."""
        assert settings_cls is cls  # noqa: S101 - pydantic-settings' contract
        return env_settings, init_settings

    @model_validator(mode="after")
    def _lines_are_distinct(self) -> "Settings":
        ports = [str(modem.port) for modem in self.modem]
        for what, values in (("name", [line.name for line in self.lines()]), ("port", ports)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"two lines have the {what} {', '.join(twice)}; each needs its own")
        return self

    def lines(self) -> tuple[ModemSettings | LoopbackSettings, ...]:
        """Return the settings of every line."""
        return (*self.modem, *self.loopback)

    @property
    def key_folder(self) -> Path:
        """Return where the keys are. Raises `BadSettings` when nobody said so and it cannot be told."""
        if self.keys.dir:
            return self.keys.dir
        url = make_url(self.database.url)
        if url.get_backend_name() != "sqlite" or not url.database:
            raise BadSettings(
                "[keys] dir: say where the key files are; with PostgreSQL they are not made by themselves"
            )
        return Path(url.database).parent / "keys"


_IN_CHECKOUT = {"asterisk": Path("docker/asterisk/etc")}


def shipped(name: str) -> Path:
    """Return the folder of shipped defaults: `sms_templates`, `config`, `ivr_flows` or `asterisk`.

    The checkout's own where the package runs from one, else the copy inside the wheel.
    """
    checkout = Path(__file__).resolve().parent.parent
    here = checkout / _IN_CHECKOUT.get(name, name)
    if (checkout / "pyproject.toml").is_file() and here.is_dir():
        return here
    return Path(str(resources.files("gateway"))) / "_defaults" / name


def settings_file(given: Path | None) -> Path:
    """Return the file to read: as given, else `config/gateway.toml` here, else the packaged one."""
    if given:
        return given
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else shipped("config") / "gateway.toml"


def load(path: Path) -> Settings:
    """Read and check the settings. Raises `BadSettings` naming file, key and reason of every fault."""
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as err:
        raise BadSettings(f"{path}: no such file; give one with -c") from err
    except OSError as err:
        raise BadSettings(f"{path}: cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise BadSettings(f"{path}: not UTF-8 at octet {err.start}; save it as UTF-8") from err
    except tomllib.TOMLDecodeError as err:
        raise BadSettings(f"{path}: not TOML: {err}") from err
    try:
        return Settings(**written)
    except ValidationError as err:
        raise BadSettings("\n".join(_faults(path, err))) from err
    except SettingsError as err:  # a table or list from the environment is written as JSON
        raise BadSettings(f"environment, GATEWAY_…: {err}; write it as JSON") from err


def _faults(path: Path, err: ValidationError) -> list[str]:
    return [f"{path}: {_key(fault['loc'])}{_reason(fault)}" for fault in err.errors(include_url=False)]


def _key(loc: tuple[int | str, ...]) -> str:
    """Write the place `modem, 0, port` as an operator counts: `modem[1].port: `; nothing where it is no single key."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).lstrip(".") + ": " if parts else ""


def _reason(fault: ErrorDetails) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return "no such key"
        case "missing":
            return "is missing"
        case "model_type" | "model_attributes_type":
            return f"is a table: write [{fault['loc'][-1]}], and its keys below"
        case "tuple_type":
            return f"is a list of tables: write [[{fault['loc'][-1]}]] before each"
        case "string_pattern_mismatch":
            return f"{fault['input']!r} is not of the form {fault['ctx']['pattern']}"
        case _:
            return str(fault["msg"]).removeprefix("Value error, ")
