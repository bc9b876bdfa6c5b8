"""The sample city as traces: what a look-up of each of its things finds at a given time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.domain.calendar import today
from gateway.domain.judgement import clause, counts, decide
from gateway.domain.reply import Clause
from gateway.domain.trace import Standing, Trace
from gateway.domain.verdict import Verdict
from gateway.interchange.sample import City, load
from gateway.render.sms import SmsRenderer
from gateway.render.voice import VoiceRenderer

ROOT = Path(__file__).parents[2]
COMMON = {"hotline": "400-6422-365", "report_number": "12315", "short_code": "1065730-12365"}


_LABEL = {Verdict.UNKNOWN, Verdict.LABEL_VOID, Verdict.NOT_ACTIVATED}
_REPEATS = {Verdict.GENUINE_FIRST, Verdict.SELF_REPEAT, Verdict.REPEAT_WARN}
_TRACED = _LABEL | _REPEATS | {Verdict.RECALLED, Verdict.TRACE_OK, Verdict.TRACE_INCOMPLETE}
# What each type can come to (DOMAIN 2.6 to 2.10).
VERDICTS = {
    **dict.fromkeys(("liquor", "flour", "tomato", "meat"), _TRACED | {Verdict.EXPIRED}),
    "melon": _TRACED,
    "lpg": _LABEL
    | {Verdict.SEAL_USED, Verdict.SEAL_BROKEN, Verdict.FILL_UNLICENSED, Verdict.NO_FILL_RECORD}
    | {v for v in Verdict if v.startswith("CYL_")},
    "vehicle": _LABEL | {Verdict.FILL_ALLOWED, Verdict.FILL_DENIED, Verdict.CYL_UNCONFIRMED},
    "station": _LABEL | {Verdict.STATION_OK, Verdict.LICENCE_EXPIRED, Verdict.SUSPENDED, Verdict.TRACE_INCOMPLETE},
    "lift": {Verdict.UNKNOWN} | {v for v in Verdict if v.startswith("ELEV_")},
}


def the_city(now: datetime) -> City:
    return load(ROOT / "config" / "sample", today(now))


def shipped_renderer() -> SmsRenderer:
    return SmsRenderer([ROOT / "sms_templates"], "【放心100】", COMMON)


def shipped_voice() -> VoiceRenderer:
    return VoiceRenderer([ROOT / "sms_templates"], COMMON)


@dataclass(frozen=True, slots=True)
class Found:
    """One of the city's things, and the verdict its file promises to a first question."""

    trace: Trace
    promised: Verdict


def found_in(city: City, now: datetime) -> Iterator[Found]:
    """Yield every example of the city; a labelled one under a made-up code, since keys are not the city's matter."""
    records = {(filed.record_type, filed.key): filed for filed in city.records}
    heard = {source.name: now - source.quiet_for for source in city.sources}
    labels = {(one.klass, one.version, one.first): one.label for one in city.ranges}
    labels |= {(one.klass, one.version, one.index): one.label for one in city.singles}
    for example in city.examples:
        filed = records.get((example.record_type, example.record_key or ""))
        label = labels[example.index] if example.index else None
        code = f"{example.index[0]}688012345678904" if example.index else example.record_key or ""
        source_at = heard[filed.source] if filed and filed.source else None
        trace = Trace(code, example.record_type, label, filed.record if filed else None, source_at)
        yield Found(trace, example.verdict)


def first_answer(trace: Trace, now: datetime) -> tuple[Verdict, Clause]:
    standing = Standing(1, now) if counts(trace) else Standing(0, None)
    return answer(trace, standing, now)


def answer(trace: Trace, standing: Standing, now: datetime) -> tuple[Verdict, Clause]:
    decision = decide(trace, standing, now)
    return decision.verdict, clause(trace, standing, decision, now)
