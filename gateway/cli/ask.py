"""`gateway ask`: the very path of an inbound message, printed in place of sent."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import typer

from gateway import settings as config
from gateway.app import Parts, parts
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.calendar import local
from gateway.domain.errors import BadSettings, StoreDown
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.question import Intent, Question
from gateway.pipeline.answer import Asked, Replied
from gateway.pipeline.questions import unanswerable
from gateway.ports import Admission, Ended, Unit
from gateway.store import schema

T = TypeVar("T")

ACCOUNT = "ask"


@dataclass(frozen=True, slots=True)
class Asking:
    """One question from the command line."""

    text: str
    sender: str
    to: str | None = None
    channel: str = "sms"


class _RolledBack(Exception):
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer


def ask(file: Path | None, asking: Asking, *, dry: bool, as_json: bool) -> None:
    """Ask once and print the answer."""
    [answer] = run(_ask_all(file, [asking], dry=dry))
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else _readable(answer))


def ask_file(file: Path | None, questions: Path, *, dry: bool) -> None:
    """Ask one question a line, in order; print one JSON object a line."""
    asked = [_parsed(questions, number, line) for number, line in enumerate(_lines(questions), 1) if line.strip()]
    run(_ask_all(file, asked, dry=dry, tell=True))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise BadSettings(f"{path}: {err}") from err


def _parsed(path: Path, number: int, line: str) -> Asking:
    try:
        fields = json.loads(line)
        text, sender = fields.pop("text"), fields.pop("from")
        asking = Asking(text, sender, fields.pop("to", None), fields.pop("channel", "sms"))
    except (ValueError, KeyError, AttributeError, TypeError) as err:
        raise BadSettings(f'{path}:{number}: not a question ({err!r}); write {{"text": "…", "from": "138…"}}') from err
    if fields or asking.channel != "sms" or not isinstance(text, str) or not isinstance(sender, str):
        raise BadSettings(f"{path}:{number}: takes text, from, to and channel (sms), each a string")
    return asking


async def _ask_all(file: Path | None, asked: list[Asking], *, dry: bool, tell: bool = False) -> list[dict[str, Any]]:
    settings = config.load(config.settings_file(file))
    built = parts(settings)
    answers = []
    try:
        for asking in asked:
            answer = await _ask_one(built, asking, dry=dry)
            if tell:
                typer.echo(json.dumps(answer, ensure_ascii=False))
            else:
                answers.append(answer)
    finally:
        await built.ledger.database.close()
    return answers


async def _ask_one(built: Parts, asking: Asking, *, dry: bool) -> dict[str, Any]:
    now = datetime.now(UTC)
    inquiry = _inquiry(built, asking, now)
    question = built.intake.read(inquiry.text)
    asked = Asked(inquiry, question, unanswerable(inquiry) or Admission(allowed=True))

    def work(unit: Unit) -> dict[str, Any]:
        unit.inbox.add([inquiry])
        [replied] = built.desk.answer(unit, [asked], now)
        if replied.state is InquiryState.REPLYING:  # printed is delivered
            unit.inbox.end([Ended(inquiry.id, InquiryState.ANSWERED, replied.intent)], now)
        answer = shown(replied, question)
        if dry:
            raise _RolledBack(answer)
        return answer

    try:
        await schema.check(built.ledger.database)
        return await built.ledger.run(work)
    except _RolledBack as rolled_back:
        return rolled_back.answer
    except StoreDown as err:
        typer.echo(f"gateway: {err}", err=True)
        return shown(built.desk.unavailable(asked), question)


def _inquiry(built: Parts, asking: Asking, now: datetime) -> Inquiry:
    sender = Address.parse(asking.sender)
    return Inquiry(
        id=built.intake.mint(),
        channel=asking.channel,
        account=ACCOUNT,
        sender=sender,
        destination=Address.parse(asking.to or built.settings.service.short_code),
        querier=built.vault.querier(sender),
        text=asking.text,
        received_at=now,
    )


def shown(replied: Replied, question: Question) -> dict[str, Any]:
    """Return the answer as the JSON of `ask --json`."""
    codes = [answer.code for answer in replied.answers if answer.code]
    if replied.intent is Intent.REPORT:
        codes = [token.key for token in question.tokens]
    reply = replied.reply
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
        "spoken": None,
    }


def _readable(answer: dict[str, Any]) -> str:
    if not answer["replies"]:
        return f"（不回复：{answer['intent']}）"
    lines = [reply["text"] for reply in answer["replies"]]
    for one in answer["answers"]:
        count = f"  第{one['query_count']}次" if one["query_count"] else ""
        lines.append(f"  {one['code'] or '-'}  {one['verdict']}{count}")
    return "\n".join(lines)
