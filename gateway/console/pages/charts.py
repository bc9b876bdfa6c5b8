"""Pictures of questions, each with its table, each table for spreadsheets, each bar a link to what it counts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web
from markupsafe import Markup

from gateway.console import drawing, exporting
from gateway.console.dates import day_of
from gateway.console.drawing import Bar
from gateway.console.exporting import Cell, Grid
from gateway.console.page import PREFIX, get
from gateway.console.visit import Visit
from gateway.console.writing import CHANNELS, noted, number
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.domain.classes import VerdictClass, class_of, short_name
from gateway.domain.districts import district_name
from gateway.domain.errors import Refusal, Why
from gateway.domain.verdict import Verdict
from gateway.filing import reports
from gateway.filing.books import Books
from gateway.filing.pictures import HourCount, Lengths, Prefix, Repeats
from gateway.filing.reports import Figure, Measure, Period, Scope

_EVERYWHERE: Final = frozenset({Role.ADMIN, Role.REGULATOR})
_PARTIES: Final = frozenset({Role.FIRM, Role.COOPERATIVE, Role.STATION, Role.MAINTENANCE})
_MOST: Final = 20
_MEASURES: Final = {
    Measure.ANSWER_P50: noted("一半"),
    Measure.ANSWER_P90: noted("九成"),
    Measure.ANSWER_P99: noted("百分之九十九"),
}
_GRAVE: Final = (VerdictClass.WARNING, VerdictClass.DANGER)


@dataclass(frozen=True, slots=True)
class Picture:
    """One question that a picture answers."""

    id: str
    title: str
    says: str  # what is to be seen, for whoever hears it
    svg: Markup
    grid: Grid
    links: Sequence[Sequence[str]]  # of the table's cells; empty: it leads nowhere


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What pictures are drawn from."""

    figures: Sequence[Figure]
    hours: Sequence[HourCount]
    unknown: Sequence[Prefix]
    repeats: Sequence[Repeats]
    lengths: Sequence[Lengths]


def _read(books: Books, scope: Scope, period: Period) -> _Drawn:
    asked = books.reports.queries(scope, period)
    repeats = books.pictures.repeats(scope, period, _MOST)
    if scope.party is not None:
        return _Drawn(asked, (), (), repeats, ())
    pictures = books.pictures
    times = books.reports.answer_times(period)
    return _Drawn(
        [*asked, *times], pictures.hours(period), pictures.unknown(period, _MOST), repeats, pictures.lengths(period)
    )


class _Painter:
    """Makes the pictures of one visit."""

    def __init__(self, visit: Visit, period: Period, drawn: _Drawn) -> None:
        self._visit, self._drawn = visit, drawn
        self._days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        self._all = visit.user.role in _EVERYWHERE

    def _rows(self, **wanted: str) -> str:
        """Return where just those rows are that something counts; nowhere for those who may not look at them."""
        return f"{PREFIX}/inquiries?{urlencode({**self._days, **wanted, 'real': '1'})}" if self._all else ""

    def _channel(self, name: str) -> str:
        return self._visit._(CHANNELS.get(name, name))

    def _bars(
        self,
        id_: str,
        title: str,
        headings: Sequence[str],
        rows: Sequence[Bar],
        cells: Sequence[Sequence[Cell]],
        counted: int | None = None,
    ) -> Picture:
        """Return one of bars; `counted`: which column of its table they count, the last where it is not said."""
        say = self._visit._
        most = rows[0] if rows else None
        says = say("最多的是 {}，{}").format(most.label, most.shown) if most else say("没有")
        grid = Grid(title, headings, cells)
        at = len(headings) - 1 if counted is None else counted
        links = [[row.link if column == at else "" for column in range(len(headings))] for row in rows]
        return Picture(id_, title, says, drawing.bars(f"{title}：{says}", rows), grid, links)

    def pictures(self) -> list[Picture]:
        """Return all that have anything to show."""
        made = [
            self.hours(), self.verdicts(), self.districts(), self.repeats(), self.unknown(), self.answer_times(),
            self.lengths(),
        ]  # fmt: skip
        return [picture for picture in made if picture.grid.rows]

    def hours(self) -> Picture:
        say = self._visit._
        series: dict[str, dict[int, int]] = defaultdict(dict)
        names: dict[str, str] = {}
        for one in self._drawn.hours:
            names[self._channel(one.channel)] = one.channel
            series[self._channel(one.channel)][one.hour] = one.questions
        links = {
            shown: {hour: self._rows(channel=name, hour=str(hour)) for hour in series[shown]}
            for shown, name in names.items()
        }
        title = say("一天里几点问得多")
        rows: list[list[Cell]] = [
            [f"{hour}:00", *(counts.get(hour, 0) for counts in series.values())] for hour in range(24)
        ]
        busiest = max(self._drawn.hours, key=lambda one: one.questions, default=None)
        says = (
            say("{} 点{}最多，{} 次").format(busiest.hour, self._channel(busiest.channel), number(busiest.questions))
            if busiest
            else ""
        )
        grid = Grid(title, [say("钟点"), *series], rows if series else [])
        cells = [["", *(of.get(hour, "") for of in links.values())] for hour in range(24)]
        return Picture("hours", title, says, drawing.hours(f"{title}：{says}", series, links), grid, cells)

    def _asked(self) -> list[Figure]:
        return [figure for figure in self._drawn.figures if figure.measure is Measure.QUERIES]

    def verdicts(self) -> Picture:
        say = self._visit._
        counts: dict[Verdict, int] = defaultdict(int)
        for figure in self._asked():
            counts[Verdict(figure.verdict or Verdict.UNKNOWN)] += figure.value
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        rows = [
            Bar(say(short_name(v)), n, number(n), self._rows(verdict=v.value), class_of(v) in _GRAVE)
            for v, n in ordered
        ]
        grid: list[list[Cell]] = [[say(class_of(v).word), say(short_name(v)), n] for v, n in ordered]
        return self._bars("verdicts", say("查到什么结论"), [say("类别"), say("判定"), say("次数")], rows, grid)

    def districts(self) -> Picture:
        say = self._visit._
        counts: dict[str, int] = defaultdict(int)
        for figure in self._asked():
            counts[figure.district or ""] += figure.value
        nowhere = counts.pop("", 0)  # codes of no thing at all, most of them: they are no place's
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        rows = [Bar(district_name(code), n, number(n), self._rows(district=code)) for code, n in ordered]
        cells: list[list[Cell]] = [[code, district_name(code), n] for code, n in ordered]
        headings = [say("区划代码"), say("区划"), say("次数")]
        picture = self._bars("districts", say("哪里的东西被查得多"), headings, rows, cells)
        if not nowhere:
            return picture
        return replace(picture, says=say("{}；另有 {} 次没有地点").format(picture.says, number(nowhere)))

    def repeats(self) -> Picture:
        say = self._visit._
        found = self._drawn.repeats
        verdict = Verdict.REPEAT_WARN.value
        rows = [
            Bar(r.record_id, r.codes, number(r.codes), self._rows(verdict=verdict, record=r.record_id)) for r in found
        ]
        grid: list[list[Cell]] = [[r.record_id, r.codes] for r in found]
        picture = self._bars("repeats", say("哪一批重复警示多"), [say("批次"), say("次数")], rows, grid)
        to = [f"{PREFIX}/records/{quote(r.record_id)}" for r in found]
        return replace(picture, links=[[record, row.link] for record, row in zip(to, rows, strict=True)])

    def unknown(self) -> Picture:
        say = self._visit._
        found = self._drawn.unknown
        rows = [
            Bar(
                f"{p.prefix}…", p.codes,
                say("{} 突增，平常 {}").format(number(p.codes), f"{p.usual:.3g}") if p.spike else number(p.codes),
                self._rows(verdict=Verdict.UNKNOWN.value, prefix=p.prefix), p.spike,
            )
            for p in found
        ]  # fmt: skip
        grid: list[list[Cell]] = [[p.prefix, p.codes, p.usual, say("突增") if p.spike else ""] for p in found]
        headings = [say("开头"), say("次数"), say("平常"), ""]
        return self._bars("unknown", say("查无此码的都从哪些号开头"), headings, rows, grid, 1)

    def answer_times(self) -> Picture:
        say = self._visit._
        found = [figure for figure in self._drawn.figures if figure.measure in _MEASURES and figure.channel]
        rows = [
            Bar(f"{self._channel(f.channel or '')} {say(_MEASURES[f.measure])}", f.value, f"{number(f.value)} ms")
            for f in found
        ]
        grid: list[list[Cell]] = [[self._channel(f.channel or ""), say(_MEASURES[f.measure]), f.value] for f in found]
        headings = [say("渠道"), say("多少人"), say("毫秒以内")]
        picture = self._bars("answer-times", say("多久答出来"), headings, rows, grid)
        slowest = max(rows, key=lambda row: row.value, default=None)
        says = say("最慢的是 {}，{}").format(slowest.label, slowest.shown) if slowest else picture.says
        return replace(picture, says=says, svg=drawing.bars(f"{picture.title}：{says}", rows))

    def lengths(self) -> Picture:
        say = self._visit._
        found = self._drawn.lengths
        rows = [
            Bar(
                say("{} {} 条").format(self._channel(one.channel), one.segments), one.answers, number(one.answers),
                self._rows(channel=one.channel, segments=str(one.segments)), one.segments > 1,
            )
            for one in found
        ]  # fmt: skip
        grid: list[list[Cell]] = [[self._channel(one.channel), one.segments, one.answers] for one in found]
        return self._bars("lengths", say("一次答复几条短信"), [say("渠道"), say("条"), say("次数")], rows, grid)


def _period(visit: Visit) -> Period:
    query: Mapping[str, str] = visit.request.query
    try:
        days = [day_of(query.get(name, ""), today(visit.now)) for name in ("from", "to")]
    except ValueError as err:
        raise Refusal(Why.INVALID, "日期写得不对", "from") from err
    return reports.period(days[0], days[1], visit.now)


async def _painted(visit: Visit, period: Period) -> list[Picture]:
    scope = Scope() if visit.user.role in _EVERYWHERE else reports.scope_of(visit.actor)
    drawn = await visit.look(lambda books: _read(books, scope, period))
    return _Painter(visit, period, drawn).pictures()


async def show(visit: Visit) -> web.Response:
    """`GET /charts`: the last thirty days where the address names none."""
    period, fault = reports.period(None, None, visit.now), None
    try:
        period = _period(visit)
    except Refusal as refusal:
        fault = refusal
    return visit.render("charts.html", pictures=await _painted(visit, period), period=period, fault=fault)


async def table(visit: Visit) -> web.Response:
    """`GET /charts/{name}.{kind}`: one table as a file."""
    name, kind = visit.request.match_info["name"], visit.request.match_info["kind"]
    for picture in await _painted(visit, _period(visit)):
        if picture.id == name:
            return exporting.download(picture.grid, kind)
    raise Refusal(Why.UNKNOWN, "这段时间没有查询")


PAGES = (
    get("/charts", show, roles=_EVERYWHERE | _PARTIES, word=noted("图表"), entry=True),
    get("/charts/{name:[a-z-]+}.{kind:[a-z]+}", table, roles=_EVERYWHERE | _PARTIES, word=noted("图表")),
)
