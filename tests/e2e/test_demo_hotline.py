"""The demo's hotline: rung from a second terminal, or not there."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.emulators.caller.recording import read
from tests.peers import correlation
from tests.peers.commands import gateway, lines_until, running
from tests.peers.programs import require_asterisk
from tests.peers.town import clip

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True)
class Demo:
    folder: Path
    printed: str

    def code(self, record_type: str, verdict: str) -> str:
        codes = json.loads((self.folder / "sample.json").read_text("utf-8"))["codes"]
        return next(str(one["code"]) for one in codes if (one["record_type"], one["verdict"]) == (record_type, verdict))

    def call(self, code: str, *more: str | Path) -> subprocess.CompletedProcess[str]:
        return gateway("sim", "call", code, "--state", self.folder, *more)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    require_asterisk()
    folder = tmp_path_factory.mktemp("demo")
    state = folder / "状态 文件夹"
    with running("demo", "--port", "0", "--state", state, errors=folder / "errors") as process:
        printed = lines_until(process.stdout, "Ctrl-C 结束。")
        yield Demo(state, "\n".join(printed))
        process.terminate()
        process.wait(20)
    told = (folder / "errors").read_text().splitlines()
    assert all("somebody is trapped" in line for line in told), told


def test_it_says_how_to_ring(demo: Demo) -> None:
    assert re.search(r"sip:hotline@127\.0\.0\.1:\d+", demo.printed)
    assert re.search(r"gateway sim call \d{16} --wav call.wav", demo.printed)


def test_a_call_is_told_step_by_step_and_kept(demo: Demo, tmp_path: Path) -> None:
    wav = tmp_path / "call.wav"
    done = demo.call(demo.code("liquor", "GENUINE_FIRST"), "--wav", wav, "--then", "1")
    assert (done.returncode, done.stderr) == (0, "")
    steps = [line.partition("秒  ")[2] for line in done.stdout.splitlines()]
    verdict = "首次查询，是正品。"
    assert steps[0].startswith("您好，这里是放心一百查询热线。")
    assert steps.count(verdict) == 2, "once more, after 1"
    assert "  [按 1]" in steps[steps.index(verdict) :]
    assert "人工服务请按零。" in steps
    assert any(step.startswith("河套王") for step in steps), "what no clip says whole is put together"
    assert re.search(r"第一个声音：\d+ 毫秒", done.stdout)
    assert len(correlation.times(read(wav), clip(verdict))) == 2


def test_a_lift_and_its_emergency_phone(demo: Demo) -> None:
    done = demo.call("012374", "--then", "9")
    assert (done.returncode, done.stderr) == (0, "")
    assert "电梯有人被困，请勿乘坐。" in done.stdout
    assert "您好，这里是电梯应急救援，请讲。" in done.stdout


def test_an_operator_answers(demo: Demo) -> None:
    done = demo.call("012345", "--then", "0", "--from", "13900000003")
    assert "您好，这里是人工座席，请讲。" in done.stdout


@pytest.mark.parametrize("code", ["蒙A12345", "", "12 34", "１２３４５６"])
def test_what_no_telephone_can_key(demo: Demo, code: str) -> None:
    done = demo.call(code)
    assert done.returncode == 1
    assert "digits only" in done.stderr


def test_without_asterisk_it_says_so_and_texts_are_answered(tmp_path: Path) -> None:
    bare = {"ASTERISK_ROOT": str(tmp_path / "nowhere"), "PATH": str(tmp_path)}
    state = tmp_path / "state"
    with running("demo", "--port", "0", "--state", state, errors=tmp_path / "errors", env=bare) as process:
        try:
            printed = "\n".join(lines_until(process.stdout, "Ctrl-C 结束。"))
        except EOFError as early:
            raise AssertionError((tmp_path / "errors").read_text()) from early
        if "sip:" in printed:
            pytest.skip("this machine has Asterisk in its system folders")
        assert "没有找到 Asterisk" in printed
        assert gateway("sim", "text", "电梯012345", "--from", "13900000002", "--state", state).returncode == 0
        done = gateway("sim", "call", "012345", "--state", state)
        assert done.returncode == 1
        assert "this demo has no hotline" in done.stderr
