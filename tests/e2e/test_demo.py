"""The demo as a newcomer meets it, from two terminals."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import PartyKind
from gateway.emulators.modem.client import Heard, control_client
from tests.peers.commands import gateway, lines_until, running

NO_LIMITS = {
    "GATEWAY_LIMITS__REPLIES_PER_MINUTE": "1000",
    "GATEWAY_LIMITS__REPLIES_PER_10_MINUTES": "1000",
    "GATEWAY_LIMITS__REPLIES_PER_DAY": "1000",
}
NOT_OURS = 1688012345678904  # passes its check; no key of ours ever issues it but by a chance of one in thousands
ENDING = 15.0  # seconds from Ctrl-C to the end, on a loaded machine
SILENCE = 2.0  # seconds without a reply, where replies come in hundredths

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its folder and what it printed."""

    folder: Path
    process: subprocess.Popen[str]
    printed: str

    @property
    def control(self) -> Path:
        return Path(json.loads((self.folder / "demo.json").read_text())["control"])

    @property
    def sample(self) -> dict[str, list[dict[str, Any]]]:
        return dict(json.loads((self.folder / "sample.json").read_text("utf-8")))

    def code(self, record_type: str, verdict: str) -> str:
        return next(
            str(each["code"])
            for each in self.sample["codes"]
            if (each["record_type"], each["verdict"]) == (record_type, verdict)
        )

    def sim(self, text: str, sender: str) -> subprocess.CompletedProcess[str]:
        return gateway("sim", "text", text, "--from", sender, "--state", self.folder)

    async def text(self, sender: str, text: str, limit: float = 60.0) -> Heard:
        async with control_client(self.control) as client:
            return await client.text(sender, text, limit=limit)

    def ends(self, shown: str) -> list[tuple[str, str | None]]:
        """Return state and reason of every question of a sender, in order."""
        with closing(sqlite3.connect(self.folder / "gateway.db")) as database:
            query = "SELECT state, reason FROM inquiries WHERE sender_shown = ? ORDER BY id"
            return database.execute(query, (shown,)).fetchall()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does; return its exit code. Raises `TimeoutExpired` when it does not end."""
        self.process.send_signal(number)
        return self.process.wait(ENDING)


@contextmanager
def demo(folder: Path, errors: Path, env: Mapping[str, str] | None = None) -> Iterator[Demo]:
    with running("demo", "--port", "0", "--state", folder, errors=errors, env=env) as process:
        try:
            printed = lines_until(process.stdout, "Ctrl-C 结束。")
        except EOFError as early:
            raise AssertionError(f"{early}\n{errors.read_text()}") from early
        yield Demo(folder, process, "\n".join(printed))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with demo(folder / "状态 文件夹", folder / "errors") as running_demo:
        yield running_demo


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that answers as often as it is asked, so that the other limits show."""
    folder = tmp_path_factory.mktemp("generous")
    with demo(folder / "state", folder / "errors", NO_LIMITS) as running_demo:
        yield running_demo


def test_it_asks_a_question_and_shows_its_answer(city: Demo) -> None:
    question, _, rest = city.printed.partition("\n")
    assert question.startswith("问  13800000001 → +86138")
    assert "首次查询，是正品" in rest.replace("│\n│ ", "").replace(" ", "")
    assert "1 条短信" in rest
    assert f"gateway sim text '{question.rpartition('：')[2]}'" in city.printed, "what it proposes must be worth asking"


def test_a_text_from_a_second_terminal_is_answered(city: Demo) -> None:
    heard = city.sim("电梯012345", "13900000002")
    assert (heard.returncode, heard.stderr) == (0, "")
    assert "【放心100】电梯012345" in heard.stdout
    assert "1 条短信" in heard.stdout
    assert "毫秒" in heard.stdout


def test_the_newest_demo_is_found_without_being_named(city: Demo, tmp_path: Path) -> None:
    (tmp_path / f"fangxin-demo-newest-{os.getuid()}").write_text(f"{city.folder}\n", "utf-8")
    heard = gateway("sim", "text", "电梯012345", "--from", "13900000003", env={"TMPDIR": str(tmp_path)})
    assert heard.returncode == 0, heard.stderr


def test_every_example_hears_what_it_promises(generous: Demo, tmp_path: Path) -> None:
    """The table of sample.json, asked through the very path of a message."""
    examples = generous.sample["codes"]
    questions = tmp_path / "questions.jsonl"
    lines = [
        json.dumps({"text": f"{'DT' if one['record_type'] == 'lift' else 'CX'}{one['code']}", "from": f"1370000{n:04}"})
        for n, one in enumerate(examples)
    ]
    questions.write_text("\n".join(lines))
    asked = gateway("ask", "--jsonl", questions, "-c", generous.folder / "gateway.toml", "--dry")
    assert asked.returncode == 0, asked.stderr
    heard = [json.loads(line)["answers"] for line in asked.stdout.splitlines()]
    assert [
        [(answer["code"], answer["record_type"], answer["verdict"]) for answer in answers] for answers in heard
    ] == [[(one["code"], one["record_type"], one["verdict"])] for one in examples]


def test_the_sample_has_every_type_and_every_kind_of_party(city: Demo) -> None:
    assert {one["record_type"] for one in city.sample["codes"]} == set(REGISTRY)
    assert len({one["code"] for one in city.sample["codes"]}) == len(city.sample["codes"])
    assert {party["kind"] for party in city.sample["parties"]} == set(PartyKind)
    assert all(phone["pin"] for phone in city.sample["phones"] if phone["role"] == "office")


async def test_a_loop_is_answered_three_times_told_once_and_then_met_with_silence(city: Demo) -> None:
    sender, shown = "13911110001", "139****0001"
    heard = [await city.text(sender, f"CX{one['code']}") for one in city.sample["codes"][:4]]
    assert all(one.replies for one in heard)
    assert "上限" in heard[3].replies[0].text
    silent = city.sim(f"CX{city.sample['codes'][5]['code']}", sender)
    assert (silent.returncode, silent.stdout) == (1, "")
    assert "没有回复" in silent.stderr
    assert "limited, more than 3 in 60 s" in silent.stderr
    limited = ("limited", "more than 3 in 60 s")
    assert city.ends(shown) == [("answered", None)] * 3 + [limited, limited]


async def test_the_same_text_is_answered_three_times_an_hour(generous: Demo) -> None:
    sender, shown, text = "13911110102", "139****0102", f"CX{generous.code('liquor', 'RECALLED')}"
    heard: list[Heard] = []
    for _ in range(4):
        last = datetime.now(UTC).second
        heard.append(await generous.text(sender, text, 60.0 if len(heard) < 3 else SILENCE))
        while datetime.now(UTC).second == last:  # in one second it would be the same message, brought again
            time.sleep(0.05)  # noqa: ASYNC251 - nothing else runs in this loop
    assert [len(one.replies) for one in heard] == [1, 1, 1, 0]
    assert generous.ends(shown) == [("answered", None)] * 3 + [("suppressed", "the same text again and again")]


async def test_whoever_guesses_codes_is_met_with_silence(generous: Demo) -> None:
    sender, shown = "13911110103", "139****0103"
    for guess in range(5):
        assert (await generous.text(sender, f"CX{NOT_OURS + guess}")).replies
    silent = generous.sim(f"CX{generous.code('melon', 'TRACE_OK')}", sender)
    assert silent.returncode == 1
    assert "too many unknown codes in a row" in silent.stderr
    assert generous.ends(shown)[5:] == [("limited", "too many unknown codes in a row")]


async def test_help_is_told_once_a_day(generous: Demo) -> None:
    sender, shown = "13911110104", "139****0104"
    assert (await generous.text(sender, "你好")).replies
    assert not (await generous.text(sender, "在吗", SILENCE)).replies
    assert generous.ends(shown) == [("answered", None), ("suppressed", "help: told once today already")]


@pytest.mark.parametrize("sender", ["10086", "1065812345", "95588", "04738123456", "12110", "FXBANK"])
async def test_nothing_but_a_mobile_is_ever_answered(generous: Demo, sender: str) -> None:
    assert not (await generous.text(sender, "电梯012345", SILENCE)).replies


def test_why_a_service_number_hears_nothing_is_said_at_once(generous: Demo) -> None:
    began = time.monotonic()
    silent = generous.sim("电梯012345", "10010")
    assert silent.returncode == 1
    assert "suppressed, not a mobile number" in silent.stderr
    assert time.monotonic() - began < 30, "it waited for a reply that the gateway knows will not come"


@pytest.mark.parametrize(
    ("person", "text"),
    list(enumerate(["", "\0\x1b\x1a", "{{7*7}}{% for x in y %}", "😀", "x" * 10_000, "1" * 10_000])),
    ids=["empty", "controls", "template", "emoji", "long", "digits"],
)
async def test_odd_texts_get_help_and_nothing_breaks(generous: Demo, person: int, text: str) -> None:
    heard = await generous.text(f"1391112000{person}", text)
    assert "发送CX加编码查真伪" in heard.replies[0].text


@pytest.mark.parametrize("sender", ["abc", "+86abc", "", "+"])
def test_a_sender_that_is_no_number_is_refused(city: Demo, sender: str) -> None:
    refused = city.sim("CX", sender)
    assert refused.returncode == 1
    assert f"--from {sender}: not a number; write digits, as 13900000002" in refused.stderr


def test_a_second_demo_in_the_folder_is_refused_and_the_first_goes_on(city: Demo) -> None:
    refused = gateway("demo", "--port", "0", "--state", city.folder)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{city.folder}: another demo is running in this folder; stop it" in refused.stderr
    assert city.sim("电梯012345", "13900000004").returncode == 0


def test_what_a_stranger_may_read_of_it(city: Demo) -> None:
    assert stat.S_IMODE(city.control.stat().st_mode) == 0o600
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in (city.folder / "keys").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_and_leaves_its_data_alone(tmp_path: Path, number: signal.Signals) -> None:
    with demo(tmp_path / "state", tmp_path / "errors") as one:
        assert one.stop(number) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(one.process.pid, 0)
    left = {path.name for path in (tmp_path / "state").iterdir()} - {"asterisk"}  # where this machine has one
    assert left == {"gateway.db", "gateway.toml", "keys", "sample.json", "demo.json", "demo.lock"}
    assert (tmp_path / "errors").read_text() == ""


def test_killed_it_starts_again_and_knows_what_was_asked(tmp_path: Path) -> None:
    with demo(tmp_path / "state", tmp_path / "errors") as one:
        asked, codes = one.printed.partition("\n")[0].rpartition("：")[2], one.sample
        one.stop(signal.SIGKILL)
    with demo(tmp_path / "state", tmp_path / "errors") as again:
        assert asked in again.printed, "the keys stay, and with them the codes"
        assert again.sample == codes
        assert "您已于" in again.printed.replace(" ", "")
        heard = again.sim(asked, "13900000005")
        assert "查询" in heard.stdout
        assert "正品。" not in heard.stdout, "somebody else asked first"


def test_a_folder_too_deep_for_a_socket_will_do(tmp_path: Path) -> None:
    folder = tmp_path / ("深" * 30) / ("d" * 60)
    with demo(folder, tmp_path / "errors") as one:
        control = one.control
        assert len(os.fsencode(folder / "control.sock")) > 107
        assert one.sim("电梯012345", "13900000002").returncode == 0
        one.stop()
    assert not control.parent.exists(), "the folder made for the socket goes with it"


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = gateway("demo", "--port", str(taken.getsockname()[1]), "--state", tmp_path / "state")
    assert refused.returncode == 1
    assert "gateway: cannot start: " in refused.stderr
    assert "address already in use" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_never_writes_its_city_into_another_database(tmp_path: Path) -> None:
    elsewhere = tmp_path / "real.db"
    refused = gateway(
        "demo", "--port", "0", "--state", tmp_path / "state", env={"GATEWAY_DATABASE__URL": f"sqlite:///{elsewhere}"}
    )
    assert refused.returncode == 1
    assert "unset GATEWAY_DATABASE__URL" in refused.stderr
    assert not elsewhere.exists()


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = gateway("demo", "--port", "0", "--state", tmp_path / "file")
    assert refused.returncode == 1
    assert "cannot be written to: File exists; take another folder" in refused.stderr
    refused = gateway("demo", "--port", "0", "--state", tmp_path / "what?")
    assert refused.returncode == 1
    assert "cannot have a ? in it" in refused.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_without_a_demo_a_text_says_what_to_start(tmp_path: Path) -> None:
    nowhere = gateway("sim", "text", "CX", "--from", "13900000002", env={"TMPDIR": str(tmp_path)})
    assert nowhere.returncode == 1
    assert "no demo is known; start one with `gateway demo`, or say which with --state DIR" in nowhere.stderr
    mistyped = gateway("sim", "text", "CX", "--from", "13900000002", "--state", tmp_path / "citty")
    assert mistyped.returncode == 1
    assert "there is no such folder" in mistyped.stderr
