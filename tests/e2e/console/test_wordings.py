"""What operators change is what the next citizen reads; what they must not change stays."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.peers.console import Desk, look_at, sign_in, tab_to
from tests.peers.handset import Handset
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

FIRST, SECOND, REGULATOR = "王丽", "陈建国", "高云"
LIVE = 5.0  # seconds, for the two that it takes where nothing else runs
SOON = 15_000  # milliseconds, for what takes two seconds at most on a machine that has nothing else to do


def write(page: Page, text: str) -> None:
    """Put a text into the editor; wait until it is kept."""
    with page.expect_response(re.compile(r"/save$")):
        page.get_by_label("短信模板正文").fill(text)


def try_it(page: Page) -> None:
    page.locator("[data-part=gate]").get_by_role("button", name="试算").click()
    expect(page.locator("[data-part=running]")).to_have_text("", timeout=SOON)


def toast(page: Page, words: str) -> None:
    expect(page.locator(".toast")).to_contain_text(words)


def until_said(handset: Handset, question: str, words: str) -> None:
    """Ask until the answer says it: published words are there within two seconds."""
    began = time.monotonic()
    while words not in (said := handset.text(question)):
        assert time.monotonic() - began < LIVE, said


def told_in(desk: Desk, words: str) -> None:
    """See that the last answer names the words it was told in."""
    with Desk(desk.browser, desk.address).signed_in(REGULATOR) as page:
        page.goto("/console/inquiries")
        page.locator("main tbody a").first.click()
        why = page.get_by_role("region", name="为何这样判")
        expect(why).to_contain_text(words)
        look_at(page, "inquiry-words")
        why.get_by_role("link").last.click()
        expect(page.locator("#history li:target")).to_have_count(1)


def test_edit_preview_publish_roll_back_and_the_next_text_says_so(desk: Desk, handset: Handset) -> None:
    assert "编码有误" in handset.text("CX 1234567890123")
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/malformed")
        look_at(page, "wording-untouched")
        write(page, "这个编码不对（应为16位数字），\n请核对后重发，例：CX 1688012345678904。")
        expect(page.locator(".bub")).to_contain_text("这个编码不对", timeout=SOON)
        expect(page.locator("[data-part=gate]")).to_contain_text("还没有试算")
        try_it(page)
        expect(page.locator("[data-part=trial]")).to_contain_text("每千次条数")
        look_at(page, "wording-ready")
        page.get_by_label("改了什么").fill("说得平和些")
        page.get_by_role("button", name="发布", exact=True).click()
        toast(page, "第 1 版已上线")
        until_said(handset, "CX 1234567890123", "这个编码不对")
        told_in(desk, "公共 · 编码有误 第 1 版")
        expect(page.locator("#history")).to_contain_text("说得平和些")
        page.locator(".toast").get_by_role("button", name="退回第 0 版").click()
        toast(page, "第 0 版已在线上")
        until_said(handset, "CX 1234567890123", "编码有误")
        told_in(desk, "公共 · 编码有误 第 0 版")
        # What was taken back stays as a draft.
        assert "这个编码不对" in page.get_by_label("短信模板正文").input_value()
        look_at(page, "wording-history")
        page.get_by_role("button", name="放弃草稿").click()
        toast(page, "草稿已放弃")
        page.locator(".toast").get_by_role("button", name="撤销").click()
        assert "这个编码不对" in page.get_by_label("短信模板正文").input_value()


def test_words_are_tried_on_any_code_and_record(desk: Desk, city: Site) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/liquor/genuine_first")
        bubble, chosen = page.locator(".bub"), page.locator("[data-sample][aria-current]")
        for wanted in (city.bottle(9), "A0312", "liquor/A0312"):
            page.get_by_label("编码或档案号").fill(wanted)
            page.get_by_role("button", name="试这一条").click()
            expect(chosen).to_have_text("指定")
            expect(chosen).to_have_attribute("title", "liquor/A0312")
            expect(bubble).to_contain_text("A0312")
        look_at(page, "wording-tried-on")
        write(page, page.get_by_label("短信模板正文").input_value().replace("批号", "批次"))
        expect(bubble).to_contain_text("批次A0312", timeout=SOON)  # still on that one
        for unknown in ("lift/012345", "没有的", "1688012345678904"):
            page.get_by_label("编码或档案号").fill(unknown)
            page.get_by_role("button", name="试这一条").click()
            expect(page.get_by_text("没有这一条，或它不用这条用语")).to_be_visible()
        page.get_by_role("button", name="放弃草稿").click()


def test_a_safety_wording_takes_a_second_person(desk: Desk, handset: Handset) -> None:
    address = "/console/wordings/lift/elev_ok"
    assert "末次维保" in handset.text("电梯012345")
    with desk.signed_in(FIRST) as page, Desk(desk.browser, desk.address).signed_in(SECOND) as other:
        page.goto(address)
        old = page.get_by_label("短信模板正文").input_value()
        write(page, old.replace("末次维保", "最近维保"))
        try_it(page)
        gate = page.locator("[data-part=gate]")
        expect(gate).to_contain_text("陈建国（在线）")  # never he who wrote it
        expect(gate).not_to_contain_text("王丽")
        page.get_by_label("给复核人的一句话").fill("话更顺")
        page.get_by_role("button", name="提交复核").click()
        toast(page, "已提交，等另一人复核")
        look_at(page, "wording-waiting")
        # Its author is no second person, whatever he sends.
        other.goto("/console/wordings/reviews")
        look_at(other, "reviews")
        other.get_by_role("link", name=re.compile("电梯 · 正常")).click()
        review = other.url
        hashed = other.locator("input[name=hash]").first.get_attribute("value") or ""
        page.goto(review)
        expect(page.get_by_text("您改过这份草稿，要另一人复核")).to_be_visible()
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        assert page.request.post(f"{review}/approve", form={"csrf": csrf, "hash": hashed}).status == 403
        # Sent back with a sentence; without one it is not.
        other.get_by_role("button", name="退回", exact=True).click()
        expect(other.get_by_text("写一句为什么退回")).to_be_visible()
        look_at(other, "review")
        other.get_by_label("退回的话").fill("还是“末次”清楚")
        other.get_by_role("button", name="退回", exact=True).click()
        page.goto(address)
        expect(page.get_by_role("alert").filter(has_text="被退回")).to_contain_text("还是“末次”清楚")
        page.get_by_role("button", name="提交复核").click()
        other.goto(review)
        # An edit after that withdraws the request: the reviewer does not publish what he has not seen.
        write(page, old.replace("末次维保", "上次维保"))
        hashed = other.locator("input[name=hash]").first.get_attribute("value") or ""
        other.get_by_role("button", name="同意上线").click()
        expect(other.get_by_role("heading", name="没有要复核的：已经发布、退回或撤回了")).to_be_visible()
        assert "末次维保" in handset.text("电梯012345")
        page.goto(address)
        try_it(page)
        page.get_by_role("button", name="提交复核").click()
        toast(page, "已提交")
        other.goto(review)
        other.get_by_role("button", name="同意上线").click()
        toast(other, "第 1 版已上线")
        until_said(handset, "电梯012345", "上次维保")
        expect(other.locator("#history")).to_contain_text("陈建国复核")
        # Back and forth again without a new review: two people have passed both.
        other.get_by_role("button", name="退回此版").click()
        until_said(handset, "电梯012345", "末次维保")
        other.get_by_role("button", name="退回此版").click()
        until_said(handset, "电梯012345", "上次维保")


def test_a_stale_edit_is_shown_and_overwrites_nothing(desk: Desk) -> None:
    address = "/console/wordings/common/rate_limited"
    with desk.signed_in(FIRST) as page, Desk(desk.browser, desk.address).signed_in(SECOND) as other:
        page.goto(address)
        other.goto(address)
        write(page, "今天问得太多了，请明天再试或拨打{{ hotline }}。")
        with other.expect_response(re.compile(r"/save$")) as answered:
            other.get_by_label("短信模板正文").fill("您查得太勤，请稍后再试或拨打{{ hotline }}。")
        assert answered.value.status == 409
        expect(other.locator("[data-conflict]")).to_contain_text("王丽刚改过这份草稿")
        look_at(other, "wording-conflict")
        try_it(page)
        page.get_by_role("button", name="发布", exact=True).click()
        toast(page, "第 1 版已上线")
        # A draft made before that, on another base.
        write(page, "今天问得太多了，请过一会儿再试或拨打{{ hotline }}。")
        page.goto(address)
        page.get_by_role("button", name="退回此版").click()
        expect(page.get_by_role("alert").filter(has_text="您改的是第 1 版")).to_be_visible()
        look_at(page, "wording-stale")
        expect(page.locator("[data-part=gate]")).to_contain_text("您改的是另一版")
        page.get_by_role("button", name="保留我的").click()
        expect(page.get_by_role("button", name="保留我的")).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("警告：瓶号{{ cylindr_no }}超期未检，请勿使用。", "第 1 行：没有叫 cylindr_no 的值，是不是 cylinder_no？"),
        ("一\n二{% optional 1 %}三\n四", "第 2 行：可省部分没有结束，补上 {% endoptional %}"),
        ("一\n二 {{ owner }", "第 2 行：这里要成对写 {{ }}"),
        ("{% for x in owner %}{{ x }}{% endfor %}", "第 1 行：不能用循环"),
        ("{% for x in range(10**9) %}{{ x }}{% endfor %}", "第 1 行：不能"),
        ("{{ owner * 1000000000 }}", "第 1 行：不能用乘法"),
        ("{{ ''.__class__.__mro__ }}", "第 1 行：值后面不能再取下级"),
        ("【放心100】警告", "第 1 行：不用写签名"),
        ("{% optional 1 %}{% optional 2 %}x{% endoptional %}{% endoptional %}", "可省部分里不能再套可省部分"),
    ],
)
def test_what_is_wrong_stands_at_its_line_and_cannot_be_published(desk: Desk, text: str, told: str) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/lpg/cyl_overdue")
        page.get_by_label("短信模板正文").fill(text)
        expect(page.locator("#lint-sms")).to_contain_text(told, timeout=SOON)
        expect(page.get_by_role("button", name="提交复核")).to_be_disabled()
        expect(page.get_by_text("写法有错，这是线上的样子")).to_be_visible()


def test_the_warning_cannot_be_taken_out_and_what_must_be_said_must_fit(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/lpg/seal_broken")
        gate = page.locator("[data-part=gate]")
        write(page, "瓶号{{ cylinder_no }}封签有异常，联系{{ owner_phone }}。")
        expect(gate).to_contain_text("必留部分缺安全用语", timeout=SOON)
        write(page, "瓶号{{ cylinder_no }}封签有异常{% optional 1 %}，请勿使用{% endoptional %}。")
        expect(gate).to_contain_text("必留部分缺安全用语", timeout=SOON)
        write(page, "警告：瓶号{{ cylinder_no }}是假货，请勿使用。")
        expect(gate).to_contain_text("不能说“假货”", timeout=SOON)
        write(page, "警告：瓶号{{ cylinder_no }}封签破损，请勿使用，" + "千万小心" * 12 + "。")
        expect(gate).to_contain_text("超出一条", timeout=SOON)
        assert page.locator(".sheet70").count() == 2
        look_at(page, "wording-too-long")
        page.get_by_role("button", name="放弃草稿").click()


def test_markup_in_a_wording_is_text_wherever_it_is_shown(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/contact")
        write(page, "<script>alert(1)</script><b onclick=x>人工</b>服务请拨{{ hotline }}。")
        expect(page.locator(".bub")).to_contain_text("<script>alert(1)</script><b onclick=x>人工</b>", timeout=SOON)
        for where in ("/console/wordings/common/contact", "/console/wordings?state=draft"):
            page.goto(where)
            assert page.locator("main script, main b[onclick]").count() == 0
        page.goto("/console/wordings/common/contact")
        page.get_by_role("button", name="放弃草稿").click()


def test_more_than_a_template_holds_is_refused(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/help")
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        form: dict[str, str | float | bool] = {"csrf": csrf, "sms": "长" * 2001, "voice": "", "base": "0", "was": ""}
        assert page.request.post("/console/wordings/common/help/preview", form=form).status == 422
        form["sms"] = "长" * 40_000
        assert page.request.post("/console/wordings/common/help/preview", form=form).status == 413
        assert page.request.get("/console/wordings/common/no_such_words").status == 404


def test_a_regulator_reads_and_changes_nothing_and_an_agent_sees_none_of_it(desk: Desk) -> None:
    with desk.signed_in("高云") as page:
        page.goto("/console/wordings/lpg/cyl_overdue")
        expect(page.get_by_label("短信模板正文")).to_have_attribute("readonly", "")
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        for act in ("save", "discard", "trial", "submit", "publish", "withdraw", "back", "rebase"):
            sent = page.request.post(f"/console/wordings/lpg/cyl_overdue/{act}", form={"csrf": csrf})
            assert sent.status == 404, act
    with desk.signed_in("苏和") as page:
        assert page.request.get("/console/wordings").status == 404


def test_the_list_is_found_through(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings")
        look_at(page, "wordings")
        page.get_by_label("正文里有").fill("请勿乘坐")
        page.keyboard.press("Enter")
        expect(page.locator(".group h2")).to_have_text([re.compile("电梯")])
        page.get_by_label("类型").select_option("meat")
        expect(page.get_by_text("没有符合的")).to_be_visible()
        look_at(page, "wordings-none")


def test_words_that_nobody_was_told_for_a_month_are_found(desk: Desk, handset: Handset) -> None:
    assert "正常" in handset.text("电梯012345")
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings?type=lift")
        page.get_by_label("状态").select_option(label="30 天没用到")
        expect(page.locator('td.what a[href$="/lift/elev_stopped"]')).to_have_count(1)
        expect(page.locator('td.what a[href$="/lift/elev_ok"]')).to_have_count(0)
        look_at(page, "wordings-unused")
        page.goto("/console/wordings?type=common&state=unused")
        expect(page.locator('td.what a[href$="/common/help"]')).to_have_count(
            0
        )  # of notices nobody keeps whether they were said
        expect(page.get_by_text("通知类没有记，不在内")).to_be_visible()


def test_drafts_and_what_waits_are_found_in_the_list(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/lift/elev_stopped")
        write(page, page.get_by_label("短信模板正文").input_value() + "请勿靠近。")
        page.goto("/console/wordings?type=lift")
        stopped = page.locator('tr:has(a[href$="/lift/elev_stopped"])')
        expect(stopped).to_contain_text("草稿")
        page.get_by_label("状态").select_option(label="有草稿")
        expect(page).to_have_url(re.compile("state=draft"))
        expect(stopped).to_have_count(1)
        expect(page.locator('td.what a[href$="/lift/elev_fault"]')).to_have_count(0)
        page.get_by_label("状态").select_option(label="待复核")
        expect(page.get_by_text("没有符合的")).to_be_visible()
        page.get_by_label("状态").select_option(label="超过 60 字")
        expect(page).to_have_url(re.compile("state=long"))
        expect(page.locator("td.what").first).to_be_visible()  # the address is the new one before the page is
        assert all(int(one) > 60 for one in page.locator("td[data-l=最长]").all_inner_texts())
        page.goto("/console/wordings?class=danger&type=lift")
        expect(page.locator("td.what").first).to_be_visible()
        expect(page.locator('td.what a[href$="/lift/elev_ok"]')).to_have_count(0)
        page.goto("/console/wordings/lift/elev_stopped")
        page.get_by_role("button", name="放弃草稿").click()


def test_it_all_goes_without_scripts(bare_desk: Desk, handset: Handset) -> None:
    with bare_desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/wrong_kind")
        text = page.get_by_label("短信模板正文")
        text.fill(text.input_value().replace("您输入的不是查询编码", "这不是查询编码"))
        page.get_by_role("button", name="存下并预览").click()
        expect(page.locator("[data-part=gate]")).to_contain_text("还没有试算")
        page.locator("[data-part=gate]").get_by_role("button", name="试算").click()
        publish = page.get_by_role("button", name="发布", exact=True)
        began = time.monotonic()
        while not publish.count():  # the trial runs behind; a person reloads
            assert time.monotonic() - began < SOON / 1000
            page.reload()
        publish.click()
        toast(page, "第 1 版已上线")
        page.locator(".toast").get_by_role("button", name="退回第 0 版").click()


def test_it_all_goes_without_a_mouse(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/resend")
        text = page.get_by_label("短信模板正文")
        tab_to(page, text, 120)
        page.keyboard.press("Control+End")
        page.keyboard.type("谢谢。")
        with page.expect_response(re.compile(r"/save$")):
            page.keyboard.press("Control+s")
        expect(page.locator(".bub")).to_contain_text("谢谢。", timeout=SOON)
        page.keyboard.press("Control+Enter")  # the one filled button
        expect(page.locator("[data-part=running]")).to_have_text("", timeout=SOON)
        expect(page.locator("[data-part=gate]").get_by_role("button", name="发布", exact=True)).to_be_enabled()
        page.get_by_role("button", name="放弃草稿").click()


def test_colours_follow_the_input_method_and_not_each_of_its_steps(desk: Desk) -> None:
    with desk.signed_in(FIRST) as page:
        page.goto("/console/wordings/common/example")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/preview") else None)
        text = page.get_by_label("短信模板正文")
        text.focus()
        cdp = page.context.new_cdp_session(page)
        cdp.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
        cdp.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
        expect(page.locator("[data-part=paint-sms]")).to_contain_text("nihao")
        assert asked == []
        with page.expect_response(re.compile(r"/preview$")):
            cdp.send("Input.insertText", {"text": "你好"})
        expect(page.locator(".bub")).to_contain_text("你好", timeout=SOON)
        with page.expect_response(re.compile(r"/save$")):
            page.keyboard.press("Control+s")
        page.goto("/console/wordings/common/example")
        page.get_by_role("button", name="放弃草稿").click()


def test_the_list_is_for_those_who_are_signed_in(desk: Desk) -> None:
    with desk.opened() as page:
        page.goto("/console/wordings")
        expect(page.get_by_role("heading", name="登录")).to_be_visible()
        sign_in(page, FIRST)
        page.goto("/console/wordings")
        expect(page.get_by_role("heading", name="用语")).to_be_visible()
