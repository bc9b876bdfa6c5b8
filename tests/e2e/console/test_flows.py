"""Flows with what calls did in them, calls in progress, and what is heard."""

import io
import re
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from gateway.domain.address import Address
from gateway.domain.calendar import today
from gateway.filing.flows import Left
from gateway.ports import TicketDraft
from gateway.store.books import SqlBooks
from tests.builders.tones import tones, write
from tests.peers.console import Desk, beside, look_at
from tests.peers.handcall import a_call
from tests.peers.ports import free_port
from tests.peers.site import Site
from tests.peers.web import served

pytestmark = pytest.mark.timeout(300)

AGI, AMI = free_port(), free_port()
ADMIN, WORDING, REGULATOR, AGENT, FIRM = "娜仁", "王丽", "高云", "苏和", "河套酒业"
YESTERDAY = today(datetime.now(UTC)) - timedelta(1)


@pytest.fixture(scope="module")
def address(city: Site) -> Iterator[str]:
    """A gateway with a hotline; nobody has installed a switch, nor an engine."""
    folder = city.file.parent
    (folder / "ami.secret").write_text("secret", "ascii")
    switch = {
        "agi_listen": f"127.0.0.1:{AGI}",
        "ami_port": AMI,
        "ami_secret_file": str(folder / "ami.secret"),
        "sounds_dir": str(folder / "sounds"),
    }
    before = {
        Left("hotline", "welcome", "then"): 412, Left("hotline", "welcome", "hangup"): 9,
        Left("hotline", "main", "1"): 290, Left("hotline", "main", "2"): 51, Left("hotline", "main", "3"): 22,
        Left("hotline", "main", "silence"): 40, Left("hotline", "main", "hangup"): 18,
        Left("hotline", "code", "then"): 231, Left("hotline", "code", "hangup"): 47,
        Left("hotline", "code_answer", "then"): 228, Left("hotline", "code_answer", "limited"): 3,
        Left("hotline", "after_code", "done"): 201, Left("hotline", "after_code", "3"): 27,
    }  # fmt: skip

    def work(books: SqlBooks) -> None:
        books.flows.add(YESTERDAY, before)

    city.file_in(work)
    with served(city, asterisk=switch, voice={"engine": "none"}) as found:
        yield found


def test_a_flow_shows_where_callers_give_up(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        page.get_by_role("navigation", name="主导航").get_by_role("link", name="流程").click()
        page.goto(f"/console/flows?day={YESTERDAY}")
        look_at(page, "flows")
        page.get_by_role("link", name="放心一百查询热线").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("放心一百查询热线")
        picture = page.get_by_role("group", name="放心一百查询热线 的图")
        expect(picture.locator(".leak")).to_have_count(1)
        expect(picture.get_by_role("link").filter(has_text="输入 code")).to_contain_text("来 278　放弃 47")
        picture.get_by_role("link").filter(has_text="输入 code").click()
        step = page.locator("#step-code")
        expect(step).to_contain_text("放弃 47")
        expect(step.get_by_role("listitem").filter(has_text="code_answer")).to_contain_text("231")
        look_at(page, "flow")


def test_counts_come_from_calls_and_are_seen_at_once(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/flows/hotline")
        was = _calls(page)
        with a_call(AGI, "13900000001", "e2e.1") as call:
            call.waiting()
            call.press("1")
            call.waiting()
            page.goto("/console/live")
            panel = page.get_by_role("region", name="通话")
            expect(panel).to_contain_text("139****0001")
            expect(panel.get_by_role("link", name="hotline · code")).to_be_visible()
            look_at(page, "live-calls")
        expect(panel).to_contain_text("现在没有人在通话", timeout=15_000)
        page.goto("/console/flows/hotline")
        expect(page.locator(".sums b").first).to_have_text(str(was + 1), timeout=15_000)
        expect(page.locator("#step-code .at")).to_contain_text("放弃 1")


def _calls(page: Page) -> int:
    return int(page.locator(".sums b").first.inner_text())


def test_prompts_can_be_heard_without_a_script(bare_desk: Desk) -> None:
    with bare_desk.signed_in(REGULATOR) as page:
        page.goto("/console/flows/hotline")
        link = page.locator("#step-main").get_by_role("link", name="被困电梯，请按九。")
        heard = page.request.get(str(link.get_attribute("href")))
        assert heard.headers["content-type"] == "audio/wav"
        assert _seconds(heard.body()) > 0.5


def _seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as wav:
        return float(wav.getnframes() / wav.getframerate())


def test_without_an_engine_it_is_told_what_nobody_hears_and_nobody_waits(desk: Desk) -> None:
    with desk.signed_in(WORDING) as page:
        page.goto("/console/wordings/common/resend")
        with page.expect_response(re.compile(r"/save$")):
            page.get_by_label("语音模板正文").fill("编码不完整，\n请重新输入，\n劳驾劳驾。")
        gate = page.locator("[data-part=gate]")
        gate.get_by_role("button", name="试算").click()
        publish = page.get_by_role("button", name="发布", exact=True)
        expect(publish).to_be_enabled(timeout=15_000)
        expect(gate).to_contain_text("语音有 1 句用现成录音拼读：没有装合成引擎")
        expect(gate).to_contain_text("现成录音拼不出“劳驾劳驾”，手机来电改发短信，其他人听不到这句：没有装合成引擎")
        look_at(page, "wording-no-engine")
        publish.click()
        expect(page.locator(".toast")).to_contain_text("第 1 版已上线")
        page.goto("/console/wordings?state=silent")
        row = page.get_by_role("row").filter(has_text="请重发")
        expect(row).to_contain_text("语音缺 1 句")
        look_at(page, "wordings-silent")
        page.goto("/console/wordings/common/resend")
        page.get_by_role("button", name="退回此版").click()


def test_a_draft_is_heard_in_the_editor(desk: Desk) -> None:
    with desk.signed_in(WORDING) as page:
        page.goto("/console/wordings/liquor/genuine_first")
        region = page.get_by_role("region", name="语音")
        with page.expect_response(lambda response: response.url.endswith("/listen")):
            region.get_by_role("button", name="试听").click()
        player = region.locator("audio")
        expect(player).to_be_visible()
        heard = page.request.get(str(player.get_attribute("src")))
        assert _seconds(heard.body()) > 2
        region.locator(".voice a.cl").first.click()
        look_at(page, "wording-heard")


def test_a_dialled_answer_is_heard_without_a_script(bare_desk: Desk, city: Site) -> None:
    with bare_desk.signed_in(AGENT) as page:
        page.goto("/console/try")
        page.get_by_text("打电话").click()
        page.get_by_label("短信内容或按键").fill(city.bottle(31))
        page.get_by_role("button", name="发送").click()
        page.get_by_role("button", name="试听").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("试听")
        assert page.request.get(str(page.locator("audio").get_attribute("src"))).ok


def complained(city: Site) -> str:
    """File a complaint by telephone, with what was said; return its number."""
    numbers: list[str] = []
    now = datetime.now(UTC)

    def work(books: SqlBooks) -> None:
        draft = TicketDraft(
            uuid4(),
            Address.parse("13900000021"),
            (),
            "来电举报，见录音",
            None,
            now,
            now + timedelta(3),
            "complaint-e2e-1",
        )
        numbers.append(books.tickets.open(draft))

    city.file_in(work)
    folder = city.file.parent / "sounds/recordings"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "complaint-e2e-1.wav", tones("complaint", 2.0))
    return numbers[0]


def test_who_listens_to_a_complaint_stands_in_the_audit(desk: Desk, city: Site) -> None:
    number: list[str] = []
    beside(lambda: number.append(complained(city)))
    sound = f"/console/tickets/{number[0]}/recording.wav"
    with desk.signed_in(AGENT) as page:
        page.goto(f"/console/tickets/{number[0]}")
        page.locator("audio").evaluate("player => { player.muted = true; return player.play(); }")
        page.locator("audio").evaluate("player => { player.currentTime = 1; }")
        # As a browser asks, and as somebody might who would rather not be seen.
        for part in ("bytes=0-", "bytes=44-"):
            assert page.request.get(sound, headers={"Range": part}).status == 206
    with desk.signed_in(REGULATOR) as page:
        page.goto("/console/admin/audit?action=recording")
        expect(page.get_by_role("row").filter(has_text=f"ticket/{number[0]}")).to_have_count(1)
    with desk.signed_in(WORDING) as page:
        assert page.request.get(sound).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "flows/..%2F..%2Fetc",
        "flows/%3Cscript%3E",
        "flows/hotline.exe",
        "clips/..%2F..%2Fgateway.db.wav",
        "clips/beep.wav",
        f"clips/{'a' * 32}.wav",
        "clips/joined.wav?of=../../gateway.db",
        f"clips/joined.wav?of={'.'.join(['a' * 32] * 41)}",
    ],
)
def test_names_that_are_none_of_ours(desk: Desk, path: str) -> None:
    with desk.signed_in(ADMIN) as page:
        assert page.request.get(f"/console/{path}").status == 404


def test_days_that_are_none(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        for day in ("x", "9999-12-31", "0001-01-01", "2026-02-30", "%01"):
            assert page.request.get(f"/console/flows/hotline?day={day}").ok


def test_what_is_too_much_to_hear(desk: Desk) -> None:
    with desk.signed_in(WORDING) as page:
        page.goto("/console/wordings/liquor/genuine_first")
        token = page.locator("input[name=csrf]").first.input_value()
        for clauses in ([], ["好"] * 41, ["好" * 201]):
            body = "&".join([f"csrf={token}", *(f"clause={one}" for one in clauses)])
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            assert page.request.post("/console/listen", data=body, headers=form).status == 422


def test_others_do_not_see_flows(desk: Desk) -> None:
    with desk.signed_in(FIRM) as page:
        for path in ("flows", "flows/hotline", f"clips/{'a' * 32}.wav"):
            assert page.request.get(f"/console/{path}").status == 404


def test_flows_on_a_phone_are_a_list(phone: Desk) -> None:
    with phone.signed_in(REGULATOR) as page:
        page.goto(f"/console/flows/hotline?day={YESTERDAY}")
        expect(page.locator("svg.flow")).to_be_hidden()
        expect(page.locator("#step-code")).to_contain_text("放弃 47")


def test_files_of_a_flow(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        table = page.request.get(f"/console/flows/hotline.csv?day={YESTERDAY}").text()
        assert "code,输入,挂断，没听到要的,,47,278" in table.splitlines()
        assert page.request.get(f"/console/flows/hotline.xlsx?day={YESTERDAY}").ok
