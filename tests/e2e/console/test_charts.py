"""Pictures, their tables, and what leaves for spreadsheets; a firm sees its own."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, insert, select

from gateway.store.tables import answers, inquiries
from tests.builders.figures import asked
from tests.peers.console import Desk, beside, look_at
from tests.peers.handset import Handset
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

REGULATOR, FIRM = "高云", "河套酒业"
# Pictures whose bars count rows; those of times measure.
COUNTING = ("hours", "verdicts", "districts", "repeats", "unknown", "lengths")


def test_each_picture_has_its_table_its_rows_and_its_files(desk: Desk, city: Site) -> None:
    now = datetime.now(UTC) - timedelta(minutes=10)

    def ask(connection: Connection) -> None:
        asked(connection, "GENUINE_FIRST", "1688012345678904", times=5, at=now, record="liquor/A0312", channel="modem")
        asked(connection, "REPEAT_WARN", "1688012345678904", times=3, at=now, record="liquor/A0312")
        asked(connection, "CYL_OK", "6112345678904444", times=2, at=now, took=timedelta(milliseconds=310))
        asked(connection, "UNKNOWN", "1777000000000004", times=12, at=now, channel="modem", took=timedelta(seconds=2))

    beside(lambda: city.transact(ask))
    with desk.signed_in(REGULATOR) as page:
        page.goto("/console/charts")
        for title in ("一天里几点问得多", "查到什么结论", "哪一批重复警示多", "查无此码的都从哪些号开头", "多久答出来"):
            expect(page.get_by_role("heading", name=title)).to_be_visible()
        expect(page.locator("#unknown svg")).to_contain_text("12 突增，平常 0")
        expect(page.locator("#districts svg")).to_contain_text("杭锦后旗")
        expect(page.locator("#districts header")).to_contain_text("另有 14 次没有地点")
        look_at(page, "charts")
        page.locator("#verdicts summary").click()
        page.locator("#verdicts td a").first.click()
        expect(page.locator("tbody tr")).to_have_count(12)
        workbook = page.request.get("/console/charts/unknown.xlsx").body()
        rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
        assert rows[1][:2] == ["177700", 12]
        assert page.request.get("/console/charts/unknown.csv").body().startswith("\ufeff开头".encode())
        for path in ("unknown.exe", "nothing.csv", "unknown.csv?from=x", "unknown.csv?from=9999-12-31"):
            assert page.request.get(f"/console/charts/{path}").status in (404, 422)
        assert page.request.get("/console/charts?from=2026-13-99").status == 200
    with desk.signed_in(FIRM) as page:
        page.goto("/console/charts")
        expect(page.locator("#repeats svg")).to_contain_text("liquor/A0312")
        assert page.locator("#unknown, #hours, #answer-times").count() == 0
        expect(page.locator("#verdicts")).not_to_contain_text("查无此码")
    with desk.signed_in("苏和") as page:
        assert page.request.get("/console/charts").status == 404


def test_each_bar_leads_to_just_as_many_rows_as_it_counts(desk: Desk, city: Site, handset: Handset) -> None:
    now = datetime.now(UTC) - timedelta(minutes=10)

    def ask(connection: Connection) -> None:
        for verdict, code, record in (
            ("GENUINE_FIRST", "1688012345678904", "liquor/A0312"), ("REPEAT_WARN", "1688012345678904", "liquor/A0312"),
            ("UNKNOWN", "1777000000000004", None), ("UNKNOWN", "1888000000000004", None),
        ):  # fmt: skip
            for hours, channel in ((0, "modem"), (3, "voice"), (30, "modem")):
                at = now - timedelta(hours=hours)
                asked(connection, verdict, code, times=2, at=at, record=record, channel=channel)
                asked(connection, verdict, code, at=at, record=record, channel=channel, test=True)
        asked(connection, "UNKNOWN", "9777000000000004", at=now, channel="modem")  # a test label
        first = connection.execute(select(inquiries.c.id).where(inquiries.c.test.is_(False)).limit(1)).scalar_one()
        more = {"inquiry_id": first, "position": 2, "code": "2", "verdict": "CYL_OK", "rule": "x", "query_count": 1}
        connection.execute(insert(answers).values(**more, reasons=[]))

    beside(lambda: city.transact(ask))
    assert "正品" in handset.text(f"CX{city.bottle(7)}")
    with desk.signed_in(REGULATOR) as page:
        page.goto("/console/charts")
        bars = [
            (name, cell.get_attribute("href") or "", int(cell.inner_text()))
            for name in COUNTING
            for cell in _opened(page, name).locator("td.num a").all()
        ]
        assert {name for name, _, _ in bars} == set(COUNTING)
        for name in COUNTING:
            drawn = {bar.get_attribute("href") for bar in page.locator(f"#{name} svg a").all()}
            assert drawn == {link for picture, link, _ in bars if picture == name}
        assert page.locator("#answer-times a:not(footer a)").count() == 0
        for name, link, count in bars:
            page.goto(link)
            rows = page.locator("tbody tr").count()
            assert (page.locator("#count").inner_text(), rows) == (str(count), min(count, 50)), (name, link)
        look_at(page, "inquiries-of-a-bar")


def _opened(page: Page, name: str) -> Locator:
    if page.locator(f"#{name}").count():
        page.locator(f"#{name} summary").click()
    return page.locator(f"#{name}")
