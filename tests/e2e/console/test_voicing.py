"""Spoken words: what must be heard, and that their sounds are made before they go live; with a speech engine."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.peers.console import Desk, look_at
from tests.peers.ports import free_port
from tests.peers.site import Site
from tests.peers.speech import SpeechService, speech_service
from tests.peers.web import served

pytestmark = pytest.mark.timeout(300)

FIRST, SECOND, ADMIN = "王丽", "陈建国", "娜仁"
SOON = 30_000  # milliseconds; behind what is spoken ahead of all callers
FLOW = """about: 试听
start: hello
steps:
  hello:
    say: 您好，这是一句新写的话。
    then: bye
  bye:
    hangup: 再见。
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[SpeechService]:
    with speech_service() as running:
        yield running


@pytest.fixture(scope="module")
def flows(city: Site) -> Path:
    """A folder of the operator's own flows beside the shipped ones."""
    folder = city.file.parent / "flows"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def address(city: Site, engine: SpeechService, flows: Path) -> Iterator[str]:
    folder = city.file.parent
    (folder / "ami.secret").write_text("secret", "ascii")
    switch = {
        "agi_listen": f"127.0.0.1:{free_port()}",
        "ami_port": free_port(),
        "ami_secret_file": str(folder / "ami.secret"),
        "sounds_dir": str(folder / "sounds"),
    }
    voice = {"engine": "http", "workers": 1, "http": {"url": engine.url, "timeout": 60}}
    with served(city, asterisk=switch, voice=voice, ivr={"dir": str(flows)}) as found:
        yield found


@pytest.fixture
def holding(engine: SpeechService) -> Iterator[SpeechService]:
    """The engine says nothing until it is let go."""
    engine.hold()
    yield engine
    engine.release()


def say(page: Page, text: str) -> None:
    """Put a text into the editor of speech; wait until it is kept."""
    with page.expect_response(re.compile(r"/save$")):
        page.get_by_label("语音模板正文").fill(text)


def try_it(page: Page) -> None:
    page.locator("[data-part=gate]").get_by_role("button", name="试算").click()


def test_sounds_are_made_before_words_go_live_and_it_gets_on_by_itself(desk: Desk, holding: SpeechService) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/resend")
        say(page, "这个编码不完整呢，\n劳驾您再输入一遍。")
        try_it(page)
        gate = page.locator("[data-part=gate]")
        expect(gate).to_contain_text("合成中", timeout=SOON)
        expect(gate).to_contain_text(re.compile(r"语音还差 2 句，约 \d+ 秒"))
        expect(gate).to_contain_text("正在合成 0 / 2")
        publish = page.get_by_role("button", name="发布", exact=True)
        expect(publish).to_be_disabled()
        look_at(page, "wording-making")
        page.get_by_label("语音模板正文").evaluate("area => area.dataset.same = '1'")  # no reload puts it away
        holding.release()
        expect(publish).to_be_enabled(timeout=SOON)
        expect(gate).to_contain_text("语音都有录音")
        expect(page.locator("textarea[data-same]")).to_have_count(1)
        expect(page.locator("[data-part=said] .cl.new")).to_have_count(0)
        publish.click()
        expect(page.locator(".toast")).to_contain_text("第 1 版已上线")


def test_without_a_script_it_gets_on_by_a_reload(bare_desk: Desk, engine: SpeechService) -> None:
    engine.hold()
    with bare_desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/contact")
        page.get_by_label("语音模板正文").fill("找人工的话就按零吧。")
        page.get_by_role("button", name="存下并预览").click()
        try_it(page)
        gate, publish = page.locator("[data-part=gate]"), page.get_by_role("button", name="发布", exact=True)
        expect(gate).to_contain_text("合成中", timeout=SOON)  # the page looks again by itself
        expect(publish).to_be_disabled()
        engine.release()
        expect(publish).to_be_enabled(timeout=SOON)
        publish.click()
        expect(page.locator(".toast")).to_contain_text("第 1 版已上线")


def _reloaded_until(page: Page, holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < SOON / 1000
        page.reload()


def test_a_verdict_must_be_heard_and_heard_first(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/lpg/seal_broken")
        gate, old = page.locator("[data-part=gate]"), page.get_by_label("语音模板正文").input_value()
        say(page, old.replace("，请勿使用此瓶", "，多加小心"))
        expect(gate).to_contain_text("语音必说部分缺安全用语“请勿”或“禁止”", timeout=SOON)
        expect(page.get_by_role("button", name="提交复核")).to_be_disabled()
        look_at(page, "wording-voice-unsafe")
        say(page, "您好，您查的是液化气瓶。\n" + old)
        expect(gate).to_contain_text("语音要先说判定", timeout=SOON)
        expect(page.get_by_role("button", name="提交复核")).to_be_disabled()
        say(page, old + "\n注意安全。")
        expect(gate).not_to_contain_text("语音要先说判定", timeout=SOON)
        page.get_by_role("button", name="放弃草稿").click()


def test_who_passes_words_waits_for_their_sounds_too(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page, Desk(desk.browser, desk.address).signed_in(SECOND) as other:
        page.goto("/console/wordings/lift/elev_ok")
        old = page.get_by_label("语音模板正文").input_value()
        say(page, old.replace("电梯状况正常。", "这部电梯状况正常着呢。"))
        try_it(page)
        submit = page.get_by_role("button", name="提交复核")
        expect(submit).to_be_enabled(timeout=SOON)
        submit.click()
        other.goto("/console/wordings/reviews")
        other.get_by_role("link", name=re.compile("电梯 · 正常")).click()
        expect(other.get_by_role("region", name="您的决定")).to_contain_text("语音都有录音")
        look_at(other, "review-voice")
        other.get_by_role("button", name="同意上线").click()
        expect(other.locator(".toast")).to_contain_text("第 1 版已上线")


def test_what_a_flow_lacks_is_made_from_its_page(desk: Desk, flows: Path, holding: SpeechService) -> None:
    (flows / "news.yaml").write_text(FLOW, "utf-8")
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/flows")
        _reloaded_until(page, lambda: page.get_by_role("link", name="试听").count() == 1)
        row = page.get_by_role("row").filter(has_text="试听")
        expect(row).to_contain_text("录音缺")
        look_at(page, "flows-lacking")
        row.get_by_role("button", name="合成").click()
        expect(page.locator(".toast")).to_contain_text("正在合成")
        expect(page.locator("[data-part=lacks]")).to_contain_text("录音缺")
        look_at(page, "flow-lacking")
        holding.release()
        expect(page.locator("[data-part=lacks]")).to_have_text("", timeout=SOON)
    with desk.signed_in("高云") as page:  # reads, and has nothing made
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        assert page.request.post("/console/flows/news/make", form={"csrf": csrf}).status == 404
