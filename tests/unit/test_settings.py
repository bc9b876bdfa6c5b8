"""Every fault a person can make in the settings is told with its file, its place and what to write instead."""

import os
from pathlib import Path

import pytest

from gateway.domain.errors import BadSettings
from gateway.settings import LEAST_RETENTION_DAYS, load, settings_file, shipped

DATABASE = '[database]\nurl = "sqlite:////srv/gateway/gateway.db"\n'
MODEM = '[[modem]]\nname = "{name}"\nport = "{port}"\nnumber = "+8613800000100"\n'


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GATEWAY_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.toml"


def faults(file: Path, written: str | bytes) -> list[str]:
    """Load what cannot be loaded; return the faults without the file's name, which must stand before each."""
    file.write_bytes(written.encode() if isinstance(written, str) else written)
    with pytest.raises(BadSettings) as told:
        load(file)
    lines = str(told.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines), lines
    return [line.removeprefix(f"{file}: ") for line in lines]


def test_a_database_is_all_that_is_needed(file: Path) -> None:
    file.write_text(DATABASE)
    settings = load(file)
    assert settings.key_folder == Path("/srv/gateway/keys")
    assert settings.http.address == ("127.0.0.1", 8080)
    assert (settings.http.url, settings.http.trusted_proxies) == ("http://127.0.0.1:8080", ())
    assert settings.lines() == ()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "database: is missing"),
        ("[database]\n", "database.url: is missing"),
        ('database = "x"\n', "database: is a table: write [database], and its keys below"),
        ("[database]\nurl = 5\n", "database.url: Input should be a valid string"),
        (DATABASE + '[http]\nlistn = "x"\n', "http.listn: no such key"),
        (DATABASE + "[htpp]\n", "htpp: no such key"),
        (DATABASE + '[modem]\nname = "a"\n', "modem: is a list of tables: write [[modem]] before each"),
        (DATABASE + "[limits]\ncodes_per_hour = 0\n", "limits.codes_per_hour: Input should be greater than or equal"),
        (DATABASE + '[log]\nlevel = "LOUD"\n', "log.level: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        (DATABASE + '[service]\ntimezone = "UTC"\n', "service.timezone: Input should be 'Asia/Shanghai'"),
        (DATABASE + '[service]\nhotline = "call us"\n', "service.hotline: 'call us' is not of the form ^[0-9-]{3,20}$"),
        (
            DATABASE + '[http]\npublic_url = "fx100.example.cn"\n',
            "http.public_url: 'fx100.example.cn' is not of the form",
        ),
        (DATABASE + '[http]\npublic_url = "https://fx100.example.cn/"\n', "http.public_url: "),
        (DATABASE + '[http]\ntrusted_proxies = ["proxy.local"]\n', "http.trusted_proxies[1]: value is not a valid"),
        ("[database\n", "not TOML: "),
        (b"\xff\xfe[\x00", "not UTF-8 at octet 0; save it as UTF-8"),
    ],
)
def test_a_fault_is_told_with_its_place(file: Path, written: str | bytes, told: str) -> None:
    [fault] = faults(file, written)
    assert fault.startswith(told)


def test_all_faults_are_told_at_once(file: Path) -> None:
    written = DATABASE + '[retention]\nmessages = 10\n[http]\nlisten = "nowhere"\n[[modem]]\nname = "a"\n'
    places = {fault.partition(": ")[0] for fault in faults(file, written)}
    assert places == {"retention.messages", "http.listen", "modem[1].port", "modem[1].number"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///relative.db", "a SQLite path must be absolute: sqlite:////abs/path.db, with four slashes"),
        ("sqlite://", "a SQLite path must be absolute"),
        ("mysql://root@host/name", "mysql is not supported; use sqlite or postgresql"),
        ("/srv/gateway.db", "not a database URL; write sqlite:////abs/path.db"),
        ("postgresql://user@host:abc/name", "not a database URL; write"),
        ("postgresql+psycopg2://user@host/name", "leave the driver out: write postgresql://"),
    ],
)
def test_a_wrong_database_is_told_with_the_right_form(file: Path, url: str, told: str) -> None:
    [fault] = faults(file, f'[database]\nurl = "{url}"\n')
    assert fault.startswith(f"database.url: {told}")


@pytest.mark.parametrize("url", ["redis://h", "redis://:pw@h:6379/0", "rediss://u:pw@h/1", "unix:///run/r.sock?db=2"])
def test_a_redis_may_be_given(file: Path, url: str) -> None:
    file.write_text(f'{DATABASE}[redis]\nurl = "{url}"\n')
    assert load(file).redis.url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://:secret@h",
        "redis://:secret@",
        "redis://:secret@h:x",
        "redis://:secret@h:6379/x",
        "redis://:secret@h?socket_timeout=9",
        "redis://:secret@[h",
        "redis://:secret@h\u2100",
        "unix://",
        "h:6379",
    ],
)
def test_a_wrong_redis_is_refused_and_its_password_not_said(file: Path, url: str) -> None:
    [fault] = faults(file, f'{DATABASE}[redis]\nurl = "{url}"\n')
    assert fault.startswith("redis.url: ")
    assert "secret" not in fault


def test_an_empty_redis_is_none(file: Path) -> None:
    file.write_text(f'{DATABASE}[redis]\nurl = ""\n')
    assert load(file).redis.url is None


@pytest.mark.parametrize("listen", ["8080", ":8080", "127.0.0.1:", "127.0.0.1:65536", "a b:80", "127.0.0.1:８０８０"])
def test_an_impossible_place_to_listen_is_refused(file: Path, listen: str) -> None:
    [fault] = faults(file, DATABASE + f'[http]\nlisten = "{listen}"\n')
    assert fault.startswith(f"http.listen: {listen!r} is not host:port; write 127.0.0.1:8080")


def test_ipv6_is_listened_on_without_its_brackets(file: Path) -> None:
    file.write_text(DATABASE + '[http]\nlisten = "[::1]:65535"\n')
    assert load(file).http.address == ("::1", 65535)


def test_two_modems_of_one_name_are_refused(file: Path) -> None:
    written = DATABASE + MODEM.format(name="a", port="/dev/x") + MODEM.format(name="a", port="/dev/y")
    assert faults(file, written) == ["two lines have the name a; each needs its own"]


def test_two_modems_at_one_port_are_refused(file: Path) -> None:
    written = DATABASE + MODEM.format(name="a", port="/dev/x") + MODEM.format(name="b", port="/dev/x")
    assert faults(file, written) == ["two lines have the port /dev/x; each needs its own"]


def test_a_modem_and_another_line_of_one_name_are_refused(file: Path) -> None:
    written = DATABASE + MODEM.format(name="a", port="/dev/x") + '[[loopback]]\nname = "a"\n'
    assert faults(file, written) == ["two lines have the name a; each needs its own"]


def test_texts_are_kept_for_as_long_as_the_law_wants(file: Path) -> None:
    file.write_text(DATABASE + f"[retention]\nmessages = {LEAST_RETENTION_DAYS}\n")
    assert load(file).retention.messages == 153
    assert faults(file, DATABASE + f"[retention]\nmessages = {LEAST_RETENTION_DAYS - 1}\n")


def test_a_pin_is_shown_nowhere(file: Path) -> None:
    file.write_text(DATABASE + MODEM.format(name="a", port="/dev/x") + 'pin = "9753"\n')
    settings = load(file)
    assert "9753" not in f"{settings!r}{settings}{settings.model_dump(mode='json')}"
    [fault] = faults(file, DATABASE + MODEM.format(name="a", port="/dev/x") + 'pin = "9753;"\n')
    assert "9753" not in fault


def test_the_environment_overrides_the_file_key_by_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(DATABASE + '[service]\nhotline = "400-1"\nsignature = "一"\n')
    monkeypatch.setenv("GATEWAY_DATABASE__URL", "sqlite:////elsewhere/x.db")
    monkeypatch.setenv("GATEWAY_SERVICE__SIGNATURE", "二")
    settings = load(file)
    assert settings.database.url == "sqlite:////elsewhere/x.db"
    assert (settings.service.hotline, settings.service.signature) == ("400-1", "二")


def test_lines_may_come_from_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(DATABASE)
    monkeypatch.setenv("GATEWAY_MODEM", '[{"name": "a", "port": "/dev/x", "number": "10690", "pin": "1234"}]')
    [modem] = load(file).modem
    assert modem.pin is not None
    assert modem.pin.get_secret_value() == "1234"


def test_a_mistyped_variable_is_no_such_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE__ULR", "sqlite:////x.db")
    assert faults(file, DATABASE) == ["database.ulr: no such key"]


def test_a_variable_that_is_not_json_is_told_in_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(DATABASE)
    monkeypatch.setenv("GATEWAY_MODEM", "[{")
    with pytest.raises(BadSettings, match=r"environment, GATEWAY_….*modem.*write it as JSON"):
        load(file)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"none\.toml: no such file; give one with -c"):
        load(tmp_path / "none.toml")
    with pytest.raises(BadSettings, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_postgresql_does_not_guess_where_the_keys_are(file: Path) -> None:
    file.write_text('[database]\nurl = "postgresql://fangxin@127.0.0.1/fangxin"\n')
    settings = load(file)
    with pytest.raises(BadSettings, match=r"\[keys\] dir: say where the key files are"):
        _ = settings.key_folder


def test_the_file_in_this_folder_comes_before_the_packaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings_file(None) == shipped("config") / "gateway.toml"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gateway.toml").write_text(DATABASE)
    assert settings_file(None) == Path("config/gateway.toml")
    assert settings_file(tmp_path / "mine.toml") == tmp_path / "mine.toml"


def test_the_shipped_settings_hold() -> None:
    assert load(shipped("config") / "gateway.toml").database.url == "sqlite:////var/lib/fangxin/gateway.db"
