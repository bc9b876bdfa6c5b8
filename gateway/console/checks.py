"""What must be so before words go live."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.console.view import Check, View
from gateway.console.voicing import Voiced
from gateway.console.writing import noted
from gateway.domain.errors import TemplateFault
from gateway.domain.proof import LONGEST_SPOKEN, Bench, Proof, Saying, Utterance, Workshop
from gateway.domain.safety import comes_late, forbidden, missing, sentences_before, verdict_of

_ALONE: Final = 70  # characters of a text in one segment
_NO_ENGINE: Final = {
    "none": noted("没有装合成引擎"),
    "away": noted("合成引擎现在没有起来"),
    "ready": noted("合成引擎没有合成出来"),
}


def checks(view: View, bench: Bench | None, workshop: Workshop) -> list[Check]:
    """Return all conditions for publishing, what wants a hand first; `bench` None: the draft does not compile."""
    found = [_ok(noted("写法"))] if not view.faults else [_bad(noted("写法有 {} 处要改"), len(view.faults))]
    if bench:
        found += _said(view, bench, workshop)
    found += _trial(view)
    found += _replay(view)
    if view.stale:
        found.append(_bad(noted("有人发布了第 {} 版，您改的是另一版"), view.live_version))
    return sorted(found, key=lambda one: not one.wide)


def _ok(text: str, *values: object) -> Check:
    return Check("ok", text, values)


def _bad(text: str, *values: object) -> Check:
    return Check("bad", text, values, wide=True)


def _todo(text: str) -> Check:
    return Check("todo", text, wide=True)


def _note(text: str, *values: object) -> Check:
    return Check("note", text, values, wide=True)


@dataclass(slots=True)
class _Seen:
    """What was found on the specimens."""

    lacking: set[tuple[str, ...]] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    must: int = 0
    segments: int = 1
    allowed: int = 1
    unspoken: set[tuple[str, ...]] = field(default_factory=set)
    late: set[tuple[str, ...]] = field(default_factory=set)
    sounds: int = 0
    sounds_allowed: int = LONGEST_SPOKEN
    dates: int = 0
    dates_allowed: int = 1
    unordered: bool = False

    def read(self, name: str, proof: Proof, allowed: int) -> None:
        """Add a text; so many segments may its mandatory part take."""
        self.allowed = max(self.allowed, allowed)
        self.lacking |= set(missing(name, proof.must))
        self.wrong |= set(forbidden(name, proof.text))
        self.must, self.segments = max(self.must, proof.size.must), max(self.segments, proof.size.must_segments)

    def heard(self, name: str, said: Utterance, live: Utterance) -> None:
        """Add what a caller hears, beside what he hears now."""
        self.unspoken |= set(missing(name, "".join(said.must)))
        self.wrong |= set(forbidden(name, "".join(said.clauses)))
        if late := comes_late(name, said.clauses):
            self.late.add(late)
        self.sounds, self.sounds_allowed = max(self.sounds, said.sounds), max(self.sounds_allowed, live.sounds)
        self.dates, self.dates_allowed = max(self.dates, said.dates), max(self.dates_allowed, live.dates)
        self.unordered |= _thing_late(said.values) and not _thing_late(live.values)


def _thing_late(values: Sequence[Saying]) -> bool:
    """Return whether a date is said before it is told of which thing."""
    if Saying.DATE not in values or Saying.THING not in values:
        return False
    return values.index(Saying.DATE) < values.index(Saying.THING)


def _said(view: View, bench: Bench, workshop: Workshop) -> list[Check]:
    """Look at what must be said, on the specimens."""
    name, seen = view.source.name, _Seen()
    live = workshop.bench(view.live_source)
    for one in view.specimens:
        try:
            seen.read(name, bench.proof(one.clause), live.size(one.clause).must_segments)
            if view.source.voice:
                seen.heard(name, bench.utterance(one.clause), live.utterance(one.clause))
        except TemplateFault:
            return [_bad(noted("{} 算不出：有的值缺，要放进可省部分"), one.id)]
    return [*_safe(seen), *_fits(view, seen), *_heard(view, seen)]


def _safe(seen: _Seen) -> list[Check]:
    found = []
    if seen.lacking:
        found.append(_bad(noted("必留部分缺安全用语“{}”"), _words(seen.lacking)))
    if seen.unspoken:
        found.append(_bad(noted("语音必说部分缺安全用语“{}”"), _words(seen.unspoken)))
    if seen.wrong:
        found.append(_bad(noted("不能说“{}”"), "”“".join(sorted(seen.wrong))))
    return found or [_ok(noted("安全用语齐全"))]


def _words(groups: set[tuple[str, ...]]) -> str:
    return "”和“".join("”或“".join(group) for group in sorted(groups))


def _fits(view: View, seen: _Seen) -> list[Check]:
    if seen.segments > seen.allowed:
        return [_bad(noted("必留部分 {} 字，超出一条 {} 字"), seen.must, seen.must - _ALONE)]
    return [_ok(noted("必留最长 {} 字"), seen.must)] if view.specimens else []


def _heard(view: View, seen: _Seen) -> list[Check]:
    """Look at what is said aloud: its order, its length, its sounds."""
    if not view.source.voice:
        return []
    found = []
    if seen.late and not seen.unspoken:
        found.append(_bad(noted("语音要先说判定：“{}”要在第一句"), _words(seen.late)))
    if seen.sounds > seen.sounds_allowed:
        found.append(_bad(noted("语音必说部分 {} 字，超出 20 秒 {} 字"), seen.sounds, seen.sounds - LONGEST_SPOKEN))
    if seen.unordered:
        found.append(_note(noted("语音先说是哪一件，再说日期")))
    if seen.dates > seen.dates_allowed:
        found.append(_note(noted("语音说了 {} 个日期，听的人只记得住一个"), seen.dates))
    verdict = verdict_of(view.source.name)
    first = tuple(view.spoken[: sentences_before(verdict) + 1]) if verdict else ()
    sounds = _voiced(view.voiced, first) if view.changed else []
    return [*(found or [_ok(noted("语音次序"))]), *sounds]


def _voiced(voiced: Voiced, first: Sequence[str]) -> list[Check]:
    """Tell how the sounds stand; without the `first` sentences nobody is told the verdict by telephone."""
    if voiced.engine == "no hotline":
        return [_ok(noted("没有接热线，语音不用合成"))]
    if voiced.wanted:
        return [Check("wait", noted("语音还差 {} 句，约 {} 秒"), (len(voiced.wanted), voiced.seconds), wide=True)]
    found, why = [], _NO_ENGINE[voiced.engine]
    if voiced.pieced:
        found.append(Check("note", noted("语音有 {} 句用现成录音拼读："), (voiced.pieced,), why=why, wide=True))
    for sentence in voiced.silent:
        text = noted("现成录音拼不出“{}”，手机来电改发短信，其他人听不到这句：")
        if sentence in first:
            text = noted("现成录音拼不出判定“{}”，手机来电改发短信，其他人转人工：")
        found.append(Check("note", text, (sentence.rstrip("，。；"),), why=why, wide=True))
    return found or [_ok(noted("语音都有录音"))]


def _trial(view: View) -> list[Check]:
    trial = view.trial
    if trial is None or trial.hash != view.hash:
        text = noted("还没有试算") if trial is None else noted("试算是改之前的，要重算")
        return [_todo(text)] if view.changed else []
    if trial.state == "running":
        return [_todo(noted("正在试算"))]
    result = trial.result or {}
    if trial.state == "failed":
        return [_bad(noted("试算没有做成"))]
    found = []
    if result["failed"]:
        found.append(_bad(noted("{} 条档案算不出，见试算"), result["failed"]))
    for words, count in result["unsafe"].items():
        found.append(_bad(noted("{} 条档案里{}"), count, words))
    if result["must_segments"] > max(1, result["live_must_segments"]):
        found.append(_bad(noted("有的档案必留部分超出一条")))
    if result.get("must_sounds", 0) > max(LONGEST_SPOKEN, result.get("live_must_sounds", 0)):
        found.append(_bad(noted("有的档案语音必说部分超出 20 秒")))
    return found or [_ok(noted("{} 条都能算出"), f"{result['rows']:,}")]


def _replay(view: View) -> list[Check]:
    replay = view.replay
    if replay is None or replay.hash != view.hash:
        return [_todo(noted("还没有重答最近的提问"))] if view.changed else []
    if replay.state == "running":
        return [_todo(noted("正在重答"))]
    if replay.state == "failed":
        return [_bad(noted("重答没有做成"))]
    result = replay.result or {}
    if result["verdicts"]:
        return [_bad(noted("{} 次判定变了"), result["verdicts"])]
    return [_ok(noted("重答 {} 次，判定没变"), f"{result['used']:,}")]
