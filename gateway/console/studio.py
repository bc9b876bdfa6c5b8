"""What the wordings' pages show: every verdict's words on real records, and how far a draft is from being live."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.console.paint import Sheets, painted
from gateway.console.trial import Backstage, concerned
from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.errors import TemplateFault
from gateway.domain.proof import Bench, Source, WordingFault, Workshop
from gateway.domain.reply import Clause
from gateway.domain.safety import TYPES, forbidden, missing, needs_two, verdict_of
from gateway.domain.specimens import notice, on_record
from gateway.filing.books import Archive, Books
from gateway.filing.wordings import DECLINED, LIVE, SUBMITTED, Trial, Wording, hash_of, tidy

_SAMPLE: Final = 40  # records of a type that words are tried on at once
_FRESH: Final = timedelta(seconds=60)
SILENT: Final = timedelta(seconds=30)  # a process that said nothing for so long does not count
_STUCK: Final = timedelta(minutes=2)  # a trial that says nothing for so long has died with its process
LABELS: Final = ("短", "一般", "最长")


@dataclass(frozen=True, slots=True)
class Specimen:
    """A clause to try words on, and what it was made from."""

    label: str
    id: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class Shelved:
    """One verdict's words as the list shows them."""

    source: Source
    sheets: Sheets | None
    spoken: str
    longest: int
    text: str  # all that can be searched


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for publishing: `state` ok, bad (to be mended), todo (to be done) or note."""

    state: str
    text: str
    wide: bool = False


@dataclass(slots=True)
class View:
    """One verdict's words, as its page shows them."""

    source: Source
    live: Wording | None
    shipped: Source
    draft: Wording | None
    history: list[Wording]
    hash: str
    faults: list[WordingFault]
    specimens: list[Specimen]
    sheets: Sheets | None = None
    spoken: Sequence[str] = ()
    trial: Trial | None = None
    replay: Trial | None = None
    checks: list[Check] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    counter: int = 0

    @property
    def live_source(self) -> Source:
        """Return what is said now."""
        return self.live.source if self.live else self.shipped

    @property
    def live_version(self) -> int:
        """Return its version."""
        return self.live.version or 0 if self.live else 0

    @property
    def changed(self) -> bool:
        """Return whether the text differs from what is live."""
        return self.hash != hash_of(tidy(self.live_source.sms), tidy(self.live_source.voice))

    @property
    def stale(self) -> bool:
        """Return whether another version was published since the draft was begun."""
        return self.draft is not None and self.draft.base != self.live_version

    @property
    def two(self) -> bool:
        """Return whether a second person is needed."""
        return needs_two(self.source.name)

    @property
    def passed(self) -> bool:
        """Return whether nothing is to be mended or done."""
        return self.changed and not any(check.state in ("bad", "todo") for check in self.checks)

    @property
    def state(self) -> str:
        """Return where the draft stands: same, mend, again, ready, waiting, declined."""
        if self.draft is not None and self.draft.state == SUBMITTED and self.draft.hash == self.hash:
            return "waiting"
        if not self.changed:
            return "same"
        if any(check.state == "bad" for check in self.checks):
            return "mend"
        if any(check.state == "todo" for check in self.checks):
            return "again"
        return "ready"

    @property
    def declined(self) -> str | None:
        """Return with which sentence it was sent back."""
        return self.draft.answer if self.draft and self.draft.state in (DECLINED, "draft") else None

    @property
    def behind(self) -> int:
        """Return how many processes do not speak what is live yet."""
        return sum(node["counter"] != self.counter for node in self.nodes)

    @property
    def running(self) -> bool:
        """Return whether something is being worked out."""
        return any(one is not None and one.state == "running" for one in (self.trial, self.replay))


class Studio:
    """Reads what there is, and tries words on it."""

    def __init__(self, archive: Archive, workshop: Workshop, backstage: Backstage) -> None:
        self._archive, self._workshop, self._backstage = archive, workshop, backstage
        self._specimens: dict[tuple[str, str], tuple[datetime, list[Specimen]]] = {}
        self._shelf: tuple[datetime, int, list[Shelved]] | None = None
        self._tried: dict[Source, tuple[list[Specimen], Shelved]] = {}
        self._making = asyncio.Lock()

    def keys(self) -> list[tuple[str, str]]:
        """Return all words there are, in the order of the list."""
        order = {name: at for at, name in enumerate(TYPES)}
        return sorted(self._workshop.keys(), key=lambda key: (order.get(key[0], 99), _rank(key[1]), key[1]))

    async def specimens(self, key: tuple[str, str], now: datetime) -> list[Specimen]:
        """Return a short, a usual and the longest of the real records for these words."""
        known = self._specimens.get(key)
        if known and timedelta(0) <= now - known[0] < _FRESH:
            return known[1]
        shipped = self._workshop.shipped(*key)
        special = notice(key[1], now)
        if shipped is None:
            return []
        if special:
            found = [Specimen(f"例 {at}", f"例{at}", clause) for at, clause in enumerate(special[:5], 1)]
        else:
            kinds = concerned(self._workshop, *key)
            found = await self._archive.look(lambda books: _chosen(books, self._workshop, shipped, kinds, now))
        self._specimens[key] = now, found
        return found

    async def shelf(self, now: datetime) -> list[Shelved]:
        """Return every verdict's words as they are said now, on records that are looked up again each minute."""
        counter = await self._archive.look(lambda books: books.wordings.counter())
        shelf = self._shelf
        if shelf is None or shelf[1] != counter:
            return await self._made(counter, now)
        if now - shelf[0] >= _FRESH and not self._making.locked():
            self._backstage.start(lambda: self.warm(now))
        return shelf[2]

    async def warm(self, now: datetime) -> None:
        """Look the records up again, so that nobody has to wait for it."""
        await self._made(await self._archive.look(lambda books: books.wordings.counter()), now)

    async def _made(self, counter: int, now: datetime) -> list[Shelved]:
        async with self._making:
            if self._shelf and self._shelf[1] == counter and now - self._shelf[0] < _FRESH:
                return self._shelf[2]
            live = {one.key: one for one in await self._archive.look(lambda books: books.wordings.live())}
            made = []
            for key in self.keys():
                shipped = self._workshop.shipped(*key)
                source = live[key].source if key in live else shipped
                if source:
                    specimens = await self.specimens(key, now)
                    tried = self._tried.get(source)
                    if tried is None or tried[0] is not specimens:
                        shelved = await asyncio.to_thread(self._shelved, source, specimens)
                        tried = self._tried[source] = specimens, shelved
                    made.append(tried[1])
            sources = {one.source for one in made}
            self._tried = {source: tried for source, tried in self._tried.items() if source in sources}
            self._shelf = now, counter, made
            return made

    def _shelved(self, source: Source, specimens: Sequence[Specimen]) -> Shelved:
        try:
            bench = self._workshop.bench(source)
            usual = specimens[len(specimens) // 2].clause if specimens else None
            sheets = Sheets(source.name, bench.proof(usual)) if usual else None
            spoken = "".join(bench.spoken(usual)) if usual else ""
            longest = max((bench.size(one.clause).units for one in specimens), default=0)
        except TemplateFault:
            sheets, spoken, longest = None, "", 0
        return Shelved(source, sheets, spoken, longest, f"{sheets.text if sheets else source.sms}\n{spoken}")

    async def view(
        self, key: tuple[str, str], now: datetime, *, typed: tuple[str, str] | None = None, sample: int = 1
    ) -> View | None:
        """Return one verdict's words with all that is known; `typed` in place of what is kept. None: no such words."""
        shipped = self._workshop.shipped(*key)
        if shipped is None:
            return None
        view = await self._archive.look(lambda books: _read(books, shipped, now))
        if typed is not None:
            view.source = Source(*key, *map(tidy, typed))
        view.hash = hash_of(tidy(view.source.sms), tidy(view.source.voice))
        view.specimens = await self.specimens(key, now)
        self._try(view, sample)
        return view

    def _try(self, view: View, sample: int) -> None:
        known = {name for one in view.specimens for name in one.clause.values}
        values = frozenset(known | set(self._workshop.common)) if view.specimens else None
        view.faults = self._workshop.faults(view.source, values)
        bench = None if view.faults else self._workshop.bench(view.source)
        if view.specimens:
            chosen = view.specimens[min(max(sample, 0), len(view.specimens) - 1)]
            try:
                # While a fault stands the last good text stays: here the one that is live.
                shown = bench or self._workshop.bench(view.live_source)
                view.sheets = Sheets(view.source.name, shown.proof(chosen.clause))
                view.spoken = shown.spoken(chosen.clause)
            except TemplateFault:
                view.sheets = None
        view.checks = _checks(view, bench, self._workshop)

    def painted(self, source: Source) -> Mapping[str, list[tuple[str, str]]]:
        """Return both texts in colours."""
        return {"sms": painted(source.name, source.sms), "voice": painted(source.name, source.voice)}


def _rank(name: str) -> int:
    verdict = verdict_of(name)
    return list(VerdictClass).index(class_of(verdict)) if verdict else 9


def _chosen(books: Books, workshop: Workshop, shipped: Source, kinds: Sequence[str], now: datetime) -> list[Specimen]:
    """Return three records of different lengths, of those that come to this verdict if any do."""
    trial = books.wordings.trial(*shipped.key, "trial")
    longest = [one["id"] for one in (trial.result or {}).get("longest", ())] if trial else []
    ids = list(dict.fromkeys([*longest, *books.wordings.some(kinds, _SAMPLE)]))
    rows = [(row.record_type, row) for row in books.wordings.rows(ids)]
    bench = workshop.bench(shipped)
    sized: list[tuple[bool, int, str, Clause]] = []
    for record_type, row in rows:
        clause, meets = on_record(record_type, shipped.name, row.record, row.key, row.source_at, now)
        try:
            sized.append((meets, bench.size(clause).whole, f"{record_type}/{row.key}", clause))
        except TemplateFault:
            continue  # as it never comes to this verdict, something is missing in it
    usable = sorted((one for one in sized if one[0] == any(one[0] for one in sized)), key=lambda one: one[1:3])
    if not usable:
        return []
    places = [0, len(usable) // 2, len(usable) - 1] if len(usable) > 2 else list(range(len(usable)))
    labels = {1: ("仅此一条",), 2: ("短", "长"), 3: LABELS}[len(places)]
    return [Specimen(label, usable[at][2], usable[at][3]) for label, at in zip(labels, places, strict=True)]


def _read(books: Books, shipped: Source, now: datetime) -> View:
    key = shipped.key
    history = books.wordings.history(*key)
    live = next((one for one in history if one.state == LIVE), None)
    draft = next((one for one in books.wordings.drafts() if one.key == key), None)
    source = draft.source if draft else live.source if live else shipped
    trial, replay = (books.wordings.trial(*key, kind) for kind in ("trial", "replay"))
    return View(
        source=source, live=live, shipped=shipped, draft=draft, history=history, hash="", faults=[], specimens=[],
        trial=_alive(trial, now), replay=_alive(replay, now), nodes=books.wordings.nodes(now - SILENT),
        counter=books.wordings.counter(),
    )  # fmt: skip


def _alive(trial: Trial | None, now: datetime) -> Trial | None:
    """Return a trial, unless it died with the process that ran it."""
    return None if trial and trial.state == "running" and now - trial.seen_at > _STUCK else trial


def _checks(view: View, bench: Bench | None, workshop: Workshop) -> list[Check]:
    checks = [Check("ok", "写法") if not view.faults else Check("bad", f"写法有 {len(view.faults)} 处要改", wide=True)]
    if bench:
        checks += _said(view, bench, workshop)
    checks += _trial(view)
    checks += _replay(view)
    if view.stale:
        checks.append(Check("bad", f"有人发布了第 {view.live_version} 版，您改的是另一版", wide=True))
    return checks


def _said(view: View, bench: Bench, workshop: Workshop) -> list[Check]:
    """Look at what must be said, on the specimens."""
    name, lacking, wrong, must, segments = view.source.name, set(), set(), 0, 1
    allowed = 1
    live = workshop.bench(view.live_source)
    for one in view.specimens:
        try:
            proof = bench.proof(one.clause)
            allowed = max(allowed, live.size(one.clause).must_segments)
        except TemplateFault:
            return [Check("bad", f"{one.id} 算不出：有的值缺，要放进可省部分", wide=True)]
        lacking |= set(missing(name, proof.must))
        wrong |= set(forbidden(name, proof.text))
        must, segments = max(must, proof.size.must), max(segments, proof.size.must_segments)
    checks = []
    if lacking:
        words = "、".join("”或“".join(group) for group in sorted(lacking))
        checks.append(Check("bad", f"必留部分缺安全用语“{words}”", wide=True))
    if wrong:
        checks.append(Check("bad", f"不能说“{'”“'.join(sorted(wrong))}”", wide=True))
    if not lacking and not wrong:
        checks.append(Check("ok", "安全用语齐全"))
    if segments > allowed:
        checks.append(Check("bad", f"必留部分 {must} 字，超出一条 {must - 70} 字", wide=True))
    elif view.specimens:
        checks.append(Check("ok", f"必留最长 {must} 字"))
    return checks


def _trial(view: View) -> list[Check]:
    trial = view.trial
    if trial is None or trial.hash != view.hash:
        text = "还没有试算" if trial is None else "试算是改之前的，要重算"
        return [Check("todo", text, wide=True)] if view.changed else []
    if trial.state == "running":
        return [Check("todo", "正在试算", wide=True)]
    result = trial.result or {}
    if trial.state == "failed":
        return [Check("bad", "试算没有做成", wide=True)]
    found = []
    if result["failed"]:
        found.append(Check("bad", f"{result['failed']} 条档案算不出，见试算", wide=True))
    for words, count in result["unsafe"].items():
        found.append(Check("bad", f"{count} 条档案里{words}", wide=True))
    if result["must_segments"] > max(1, result["live_must_segments"]):
        found.append(Check("bad", "有的档案必留部分超出一条", wide=True))
    return found or [Check("ok", f"{result['rows']:,} 条都能算出")]


def _replay(view: View) -> list[Check]:
    replay = view.replay
    if replay is None or replay.hash != view.hash:
        return [Check("todo", "还没有重答最近的提问", wide=True)] if view.changed else []
    if replay.state == "running":
        return [Check("todo", "正在重答", wide=True)]
    if replay.state == "failed":
        return [Check("bad", "重答没有做成", wide=True)]
    result = replay.result or {}
    if result["verdicts"]:
        return [Check("bad", f"{result['verdicts']} 次判定变了", wide=True)]
    return [Check("ok", f"重答 {result['used']:,} 次，判定没变")]
