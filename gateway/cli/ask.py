"""`gateway ask`: the very path of an inbound message, printed in place of sent."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args

import typer

from gateway import settings as config
from gateway.app import Parts, SystemClock, follower, parts
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.calendar import local
from gateway.domain.code import is_digits
from gateway.domain.errors import BadSettings, StoreDown, Unmigrated
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.question import Intent, Question
from gateway.pipeline.draft import Asked, Replied
from gateway.pipeline.questions import unanswerable
from gateway.pipeline.reading import keyed
from gateway.ports import Admission, Ended, Unit
from gateway.store import keyring, schema
from gateway.store.phones import SqlBadges
from gateway.store.vault import Keys

T = TypeVar("T")

Channel: TypeAlias = Literal["sms", "voice"]

ACCOUNT = "ask"


@dataclass(frozen=True, slots=True)
class Asking:
    """One question from the command line."""

    text: str
    sender: str
    to: str | None = None
    channel: Channel = "sms"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a question came to, and what a caller hears of it; a text's sender hears nothing."""

    question: Question
    replied: Replied
    spoken: str | None = None


class _RolledBack(Exception):
    def __init__(self, heard: Heard) -> None:
        self.heard = heard


def ask(file: Path | None, asking: Asking, *, dry: bool, as_json: bool) -> None:
    """Ask once and print the answer."""
    run(_ask_all(file, [asking], _tell_json if as_json else _tell, dry=dry))


def ask_file(file: Path | None, questions: Path, *, dry: bool) -> None:
    """Ask one question a line, in order; print one JSON object a line."""
    asked = [_parsed(questions, number, line) for number, line in enumerate(_lines(questions), 1) if line.strip()]
    run(_ask_all(file, asked, _tell_json, dry=dry))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError as err:
        raise BadSettings(f"{path}: cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise BadSettings(f"{path}: not UTF-8 at octet {err.start}; save it as UTF-8") from err


def _parsed(path: Path, number: int, line: str) -> Asking:
    try:
        fields = json.loads(line)
        text, sender = fields.pop("text"), fields.pop("from")
        to, channel = fields.pop("to", None), fields.pop("channel", "sms")
    except (ValueError, KeyError, AttributeError, TypeError) as err:
        raise BadSettings(f'{path}:{number}: not a question; write {{"text": "CX…", "from": "138…"}}') from err
    strings = isinstance(text, str) and isinstance(sender, str) and isinstance(to, str | None)
    if fields or channel not in get_args(Channel) or not strings:
        raise BadSettings(f"{path}:{number}: takes text, from, to and channel (sms or voice), each a string")
    return Asking(text, sender, to, channel)


async def _ask_all(file: Path | None, asked: list[Asking], tell: Callable[[Heard], None], *, dry: bool) -> None:
    built = parts(config.load(config.settings_file(file)))
    try:
        await _take_live_words(built)
        for asking in asked:
            tell(await _ask_one(built, asking, dry=dry))
    finally:
        await built.ledger.database.close()


async def _take_live_words(built: Parts) -> None:
    """Speak as operators have published; where the database cannot tell, each question is told why."""
    with suppress(StoreDown, Unmigrated):
        await schema.check(built.ledger.database)
        await follower(built, SystemClock(), named=False).look()


async def _ask_one(built: Parts, asking: Asking, *, dry: bool) -> Heard:
    now = datetime.now(UTC)
    inquiry = _inquiry(built, asking, now)
    question = _understood(built, asking)
    refusal = unanswerable(inquiry) if asking.channel == "sms" else None
    admission, badge = refusal or Admission(allowed=True), None

    def heard(replied: Replied) -> Heard:
        spoken = "".join(built.voice.spoken(replied.clauses)) if asking.channel == "voice" else ""
        return Heard(question, replied, spoken or None)

    def work(unit: Unit) -> Heard:
        [replied] = built.desk.answer_new(unit, [Asked(inquiry, question, admission, badge)], now)
        if replied.state is InquiryState.REPLYING:  # printed is delivered, or heard
            unit.inbox.end([Ended(inquiry.id, InquiryState.ANSWERED, replied.intent)], now)
        if dry:
            raise _RolledBack(heard(replied))
        return heard(replied)

    try:
        await schema.check(built.ledger.database)
        await keyring.check(built.ledger.database, Keys(built.settings.key_folder))
        if question.pin and not refusal:
            badge = await SqlBadges(built.ledger.database).check(inquiry.querier, question.pin, now, dry=dry)
        return await built.ledger.run(work)
    except _RolledBack as rolled_back:
        return rolled_back.heard
    except StoreDown as err:
        typer.echo(f"gateway: {err}", err=True)
        return heard(built.desk.unavailable(Asked(inquiry, question, admission)))


def _understood(built: Parts, asking: Asking) -> Question:
    if asking.channel == "sms":
        return built.intake.read(asking.text)
    keys = "".join(filter(is_digits, asking.text))  # there are no letters on a telephone
    return keyed(keys, built.settings.service.lift_digits)


def _inquiry(built: Parts, asking: Asking, now: datetime) -> Inquiry:
    sender, service = Address.parse(asking.sender), built.settings.service
    ours = service.short_code if asking.channel == "sms" else service.hotline
    return Inquiry(
        id=built.intake.mint(),
        channel=asking.channel,
        account=ACCOUNT,
        sender=sender,
        destination=Address.parse(asking.to or ours),
        querier=built.vault.querier(sender),
        text=asking.text,
        received_at=now,
    )


def shown(heard: Heard) -> dict[str, Any]:
    """Return the answer as the JSON of `ask --json`."""
    question, replied = heard.question, heard.replied
    codes = [answer.code for answer in replied.answers if answer.code]
    if replied.intent is Intent.REPORT:
        codes = [token.key for token in question.tokens]
    reply = None if heard.spoken else replied.reply
    return {
        "inquiry": str(replied.inquiry.id),
        "intent": replied.intent.value,
        "codes": codes,
        "answers": [
            {
                "code": answer.code,
                "record_type": answer.record_type,
                "verdict": answer.decision.verdict.value,
                "reasons": list(answer.decision.reasons),
                "query_count": answer.standing.count,
                "first_queried_at": local(answer.standing.first_at).isoformat() if answer.standing.first_at else None,
            }
            for answer in replied.answers
        ],
        "replies": [{"text": reply.text, "encoding": reply.encoding.value, "segments": len(reply.segments)}]
        if reply
        else [],
        "spoken": heard.spoken,
    }


def _tell_json(heard: Heard) -> None:
    typer.echo(json.dumps(shown(heard), ensure_ascii=False))


def _tell(heard: Heard) -> None:
    """Print the reply and what it rests on, or why there is none."""
    replied = heard.replied
    if replied.reply is None:
        typer.echo(f"（不回复：{replied.reason}）")
        return
    typer.echo(heard.spoken or replied.reply.text)
    for answer in replied.answers:
        count = f"  第{answer.standing.count}次" if answer.standing.count else ""
        typer.echo(f"  {answer.code or '-'}  {answer.decision.verdict.value}{count}")
