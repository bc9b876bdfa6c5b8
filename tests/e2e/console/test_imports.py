"""Files: looked through, faults by kind, loaded; recall and void by two."""

import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.builders import cylinder_file
from tests.peers.console import Desk, look_at
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

ADMIN, REGULATOR, FIRM = "娜仁", "高云", "河套酒业"
BEHIND = 30_000.0  # milliseconds, on a loaded machine


def sent(page: Page, file: Path, kind: str) -> None:
    page.goto("/console/imports")
    page.get_by_label("哪种登记表").select_option(kind)
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="试导").click()
    expect(page.locator(".title .v")).not_to_contain_text("正在", timeout=BEHIND)


def a_form(page: Page, kind: str) -> list[str]:
    """Return the headings of a form."""
    body = page.request.get(f"/console/imports/forms/{kind}.xlsx").body()
    return [str(cell) for cell in CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()[1]]


def test_a_broken_file_is_told_by_kinds_of_faults_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    with desk.signed_in(ADMIN) as page:
        headings = a_form(page, "party")
        row = ["=1+1<script>"] + ["x"] * (len(headings) - 1)
        file = tmp_path / "单位.csv"
        file.write_text("\n".join(",".join(line) for line in [headings, row, row]), "utf-8-sig")
        sent(page, file, "party")
        expect(page.locator("#faults")).to_contain_text("错误")
        expect(page.locator("body")).to_contain_text("没有写入任何数据")
        look_at(page, "import-faults")
        with page.expect_download() as got:
            page.get_by_role("link", name="下载错行").click()
        rows = CalamineWorkbook.from_path(got.value.path()).get_sheet_by_index(0).to_python()
        assert rows[0] == ["行", "列", "内容", "类别", "原因"]
        assert not any(str(cell).startswith("=") for line in rows for cell in line)
        page.goto("/console/imports")
        expect(page.locator("tbody")).to_contain_text("单位.csv")
        look_at(page, "imports")
        noise = tmp_path / "noise.xlsx"
        noise.write_bytes(b"PK\x03\x04 not a workbook")
        sent(page, noise, "party")
        expect(page.locator(".fault")).to_be_visible()
        big = tmp_path / "big.csv"
        big.write_bytes(b"x" * (5 * 2**20 + 1))
        page.goto("/console/imports")
        page.get_by_label("哪种登记表").select_option("party")
        page.get_by_label("文件", exact=True).set_input_files(big)
        page.get_by_role("button", name="试导").click()
        expect(page.get_by_text("文件超过 5 MB")).to_be_visible()


def test_a_firm_sees_its_own_files_and_lists_only(desk: Desk) -> None:
    with desk.signed_in(FIRM) as page:
        page.goto("/console/imports")
        expect(page.get_by_text("单位.csv")).to_have_count(0)
        for kind, status in (("liquor", 200), ("party", 404), ("station", 404), ("lpg", 404)):
            assert page.request.get(f"/console/imports/forms/{kind}.xlsx").status == status
        assert page.request.get("/console/imports/0196f000-0000-7000-8000-000000000000").status == 404
    with desk.signed_in("苏和") as page:
        assert page.request.get("/console/imports").status == 404


def test_a_recall_takes_a_second_person(desk: Desk, city: Site) -> None:
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/imports")
        recall = page.locator("form", has=page.get_by_role("heading", name="召回一批"))
        recall.get_by_label("档案").fill("liquor/NONE")
        recall.get_by_label("为什么召回").fill("甲醇超标")
        recall.get_by_label("召回范围").fill("全部")
        recall.get_by_label("联系电话").fill("0478-1234567")
        recall.get_by_role("button", name="提出召回").click()
        expect(page.get_by_text("没有这个批次").first).to_be_visible()
        recall.get_by_label("档案").fill("liquor/A0312")
        recall.get_by_role("button", name="提出召回").click()
        expect(page.locator("#proposals tbody tr").first).to_contain_text("等另一人")
        assert page.locator("#proposals").get_by_role("button", name="同意").count() == 0
        path = page.locator("#proposals form.one").first.get_attribute("action") or ""
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        own = page.request.post(path.replace("decline", "agree"), form={"csrf": csrf})
        assert own.status == 403
        look_at(page, "imports-proposed")
    with desk.signed_in(REGULATOR) as page:
        page.goto("/console/imports")
        page.locator("#proposals").get_by_role("button", name="同意").click()
        expect(page.locator(".toast")).to_contain_text("批次 A0312 已召回")
        page.goto("/console/records/liquor/A0312")
        expect(page.locator("body")).to_contain_text("甲醇超标")


def test_what_is_good_of_a_file_is_loaded_once_where_somebody_says_so(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "cylinders.csv"
    broken = cylinder_file.write(file, 1_500, 3)
    with desk.signed_in(ADMIN) as page:
        sent(page, file, "lpg")
        expect(page.locator(".facts")).to_contain_text(str(len(broken)))
        page.get_by_label("只导入合格的").check()
        page.get_by_role("button", name="导入").click()
        expect(page.locator(".title .v")).to_have_text("已导入", timeout=BEHIND)
        expect(page.locator(".facts")).to_contain_text(f"{1_500 - len(broken):,}")
        assert page.get_by_role("button", name="导入").count() == 0
        look_at(page, "import-loaded")
        page.goto("/console/admin/audit?action=file imported")
        expect(page.locator("tbody")).to_contain_text("lpg")
