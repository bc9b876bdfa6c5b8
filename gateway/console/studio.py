"""What the wordings' pages show: every verdict's words on real records, and how far a draft is from being live."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.console.backstage import Backstage
from gateway.console.checks import checks
from gateway.console.paint import Sheets, painted
from gateway.console.trial import concerned
from gateway.console.view import Specimen, View, read
from gateway.console.voicing import Voiced, Voicing
from gateway.console.writing import noted
from gateway.domain import code as codes
from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.errors import TemplateFault
from gateway.domain.proof import Bench, Source, Workshop
from gateway.domain.reply import Clause
from gateway.domain.safety import TYPES, verdict_of
from gateway.domain.specimens import notice, on_record
from gateway.filing.books import Archive, Books
from gateway.filing.wordings import Row, hash_of, tidy
from gateway.ports import Lookup

_SAMPLE: Final = 40  # records of a type that words are tried on at once
_FRESH: Final = timedelta(seconds=60)
LABELS: Final = ("短", "一般", "最长")
WANTED: Final = noted("指定")


@dataclass(frozen=True, slots=True)
class Shelved:
    """One verdict's words as the list shows them."""

    source: Source
    sheets: Sheets | None
    spoken: Sequence[str]
    fixed: Sequence[str]  # the spoken lines that are the same in all answers
    longest: int
    text: str  # all that can be searched


class Studio:
    """Reads what there is, and tries words on it."""

    def __init__(self, archive: Archive, workshop: Workshop, backstage: Backstage, voicing: Voicing) -> None:
        self._archive, self._workshop, self._backstage, self._voicing = archive, workshop, backstage, voicing
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
            spoken, fixed = bench.spoken(usual) if usual else (), self._workshop.fixed(source)
            longest = max((bench.size(one.clause).units for one in specimens), default=0)
        except TemplateFault:
            sheets, spoken, fixed, longest = None, (), [], 0
        text = f"{sheets.text if sheets else source.sms}\n{''.join(spoken)}"
        return Shelved(source, sheets, spoken, fixed, longest, text)

    async def view(
        self,
        key: tuple[str, str],
        now: datetime,
        *,
        typed: tuple[str, str] | None = None,
        sample: int = 1,
        of: str = "",
    ) -> View | None:
        """Return one verdict's words with all that is known; None: no such words.

        `typed` stands in place of what is kept; `of` is a code, or a record's key or id, to try them on too.
        """
        shipped = self._workshop.shipped(*key)
        if shipped is None:
            return None
        view = await self._archive.look(lambda books: read(books, shipped, now))
        if typed is not None:
            view.source = Source(*key, *map(tidy, typed))
        view.hash = hash_of(tidy(view.source.sms), tidy(view.source.voice))
        view.specimens = await self.specimens(key, now)
        kinds = concerned(self._workshop, *key)
        row = await self._archive.look(lambda books: _asked_for(books, kinds, of)) if of else None
        if row is not None:
            clause, _ = on_record(row.record_type, key[1], row.record, row.key, row.source_at, now)
            view.wanted = Specimen(WANTED, f"{row.record_type}/{row.key}", clause)
        self._try(view, sample, now)
        if typed is None and view.sound and view.changed:  # all that is left is to speak it
            self._voicing.begin(view.hash, view.voiced, now)
        return view

    def _try(self, view: View, sample: int, now: datetime) -> None:
        known = {name for one in view.specimens for name in one.clause.values}
        values = frozenset(known | set(self._workshop.common)) if view.specimens else None
        view.faults = self._workshop.faults(view.source, values)
        bench = None if view.faults else self._workshop.bench(view.source)
        if view.shown:
            chosen = view.shown[min(max(sample, 0), len(view.shown) - 1)]
            try:
                # While a fault stands the last good text stays: here the one that is live.
                shown = bench or self._workshop.bench(view.live_source)
                view.sheets = Sheets(view.source.name, shown.proof(chosen.clause))
                view.spoken = shown.spoken(chosen.clause)
            except TemplateFault:
                view.sheets = None
        if bench and view.source.voice and view.changed:
            view.voiced = self._voiced(view, bench, now)
        view.checks = checks(view, bench, self._workshop)

    def _voiced(self, view: View, bench: Bench, now: datetime) -> Voiced:
        """Return how the draft's sounds stand, for what callers do not hear already."""
        fixed, live = self._workshop.fixed(view.source), self._workshop.bench(view.live_source)
        varying: dict[str, None] = {}
        for one in view.specimens:
            try:
                known = {*fixed, *live.spoken(one.clause)}
                varying |= dict.fromkeys(said for said in bench.spoken(one.clause) if said not in known)
            except TemplateFault:  # told by the checks
                continue
        return self._voicing.stand(view.hash, fixed, list(varying), now)

    def painted(self, source: Source) -> Mapping[str, list[tuple[str, str]]]:
        """Return both texts in colours."""
        return {"sms": painted(source.name, source.sms), "voice": painted(source.name, source.voice)}


def _rank(name: str) -> int:
    verdict = verdict_of(name)
    return list(VerdictClass).index(class_of(verdict)) if verdict else 9


def _asked_for(books: Books, kinds: Collection[str], of: str) -> Row | None:
    """Return the record of a code, of a key or of an id, where it is of one of these types."""
    ids = [of] if "/" in of else [f"{kind}/{of}" for kind in kinds]
    if codes.is_issued(of):
        kind, place = codes.record_type(of), books.codes.index_of(of)
        lookup = Lookup(of, kind, codes.klass(of), codes.version(of), place)
        ids += filter(None, [books.traces.find([lookup])[of].record_id])
    return next((row for row in books.wordings.rows(ids) if row.record_type in kinds), None)


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
