"""What a page shows in a table is what a file of it holds."""

from gateway.console.tabling import grid_of

PAGE = """<h1 id="other">x</h1>
<section aria-labelledby="h-a"><header><h2 id="h-a">甲 &amp; 乙</h2><span>3</span></header>
<table><thead><tr><th>名</th><th class="num">次</th><th>时间</th><th></th></tr></thead><tbody>
<tr><td><a href="/x"><svg><use href="#i"/></svg>王丽</a><br>二</td><td>3,406</td>
<td><time datetime="2026-05-01T10:42:03+08:00" title="2026-05-01 10:42:03">10:42:03</time></td>
<td><form><button>停用</button></form></td></tr>
<tr><td>=1+1</td><td>–</td><td>0</td><td></td></tr><tr><td>0471</td><td>0</td><td>1.5%</td><td></td></tr></tbody></table>
<table><tr><th>另一张</th></tr></table></section>
<section aria-labelledby="h-b"><h2 id="h-b">空</h2></section>"""


def test_a_table_is_read_as_it_is_seen() -> None:
    grid = grid_of(PAGE, "h-a")
    assert grid is not None
    assert (grid.name, list(grid.headings)) == ("甲 & 乙", ["名", "次", "时间"])
    assert [list(row) for row in grid.rows] == [
        ["王丽 二", 3406, "2026-05-01 10:42:03"], ["=1+1", None, 0], ["0471", 0, "1.5%"],
    ]  # fmt: skip


def test_there_is_no_table_where_there_is_none() -> None:
    assert grid_of(PAGE, "h-b") is None
    assert grid_of(PAGE, "nothing") is None
    assert grid_of("", "h-a") is None
