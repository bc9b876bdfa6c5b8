"""Pictures, their tables, and what leaves for spreadsheets; a firm sees its own."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection

from tests.builders.figures import asked
from tests.peers.console import Desk, beside, look_at
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

REGULATOR, FIRM = "高云", "河套酒业"


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
