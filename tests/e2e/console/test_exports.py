"""Whatever stands in a table leaves as CSV and as XLSX: the same rows, and it is written down."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection

from tests.builders.figures import asked
from tests.peers.console import Desk, beside, look_at
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

ADMIN, FIRM = "娜仁", "河套酒业"
CODE = "1688012345678904"
# Tables of a picture have their files below it.
TABLES = "main section:has(table)"


def taken(page: Page, address: str) -> list[list[str]]:
    """Return the rows of a CSV with its headings, and see that the XLSX beside it has as many."""
    text = page.request.get(address).body().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    workbook = page.request.get(address.replace("as=csv", "as=xlsx").replace(".csv", ".xlsx")).body()
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()) == len(rows)
    return rows


def test_every_table_leaves_with_the_rows_it_shows(desk: Desk, city: Site) -> None:
    now = datetime.now(UTC) - timedelta(minutes=5)

    def ask(connection: Connection) -> None:
        asked(connection, "REPEAT_WARN", CODE, times=3, at=now, record="liquor/A0312", channel="modem")

    beside(lambda: city.transact(ask))
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/imports")
        page.get_by_label("哪种登记表").select_option(index=1)
        page.locator("input[type=file]").set_input_files(
            {"name": "空.csv", "mimeType": "text/csv", "buffer": b"x,y\n1,2\n"}
        )
        page.get_by_role("button", name="试导").click()
        for path in (
            "/live", "/inquiries", f"/inquiries?q={CODE}", f"/labels/{CODE}", "/charts", "/tickets", "/imports",
            "/admin/users", "/admin/audit?action=signed in", "/me", "/flows",
        ):  # fmt: skip
            page.goto(f"/console{path}")
            for section in page.locator(TABLES).all():
                links = section.get_by_role("link", name=re.compile("^(导出这张表：)?CSV$"))
                assert links.count() == 1, (path, section.get_attribute("aria-labelledby"))
                rows = taken(page, links.get_attribute("href") or "")
                assert len(rows) - 1 == section.locator("tbody tr").count(), (path, rows[0])
        page.goto("/console/wordings?type=lift")
        [group] = page.locator(".group").all()
        rows = taken(page, group.get_by_role("link", name="CSV").get_attribute("href") or "")
        assert len(rows) - 1 == page.locator(".words-list tbody tr").count()
        rows = taken(page, f"/console/inquiries.csv?q={CODE}")
        assert [row[5] for row in rows[1:]] == ["1688********8904"] * 3
        assert rows[1][7] == "他人重复"
        people = taken(page, "/console/admin/users?as=csv&table=h-people")
        assert people[0] == ["用户名", "角色", "单位", "状态", "建立"]
        for path in ("/me?as=exe&table=h-sess", "/me?as=csv&table=nothing", "/inquiries.exe", "/inquiries.csv?from=x"):
            assert page.request.get(f"/console{path}").status in (404, 422)
        page.goto("/console/admin/audit?action=导出表格")
        look_at(page, "audit-exports")
        shown = page.locator("tbody").inner_text()
        assert "table/inquiries" in shown
        assert "table/labels/{code}#h-asked" in shown
        assert CODE not in shown
    with desk.signed_in(FIRM) as page:
        assert page.request.get("/console/inquiries.csv").status == 404
        assert page.request.get("/console/admin/users?as=csv&table=h-people").status == 404
        assert "139****" not in page.request.get(f"/console/labels/{CODE}?as=csv&table=h-asked").text()
