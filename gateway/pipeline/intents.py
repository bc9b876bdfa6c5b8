"""What is done by intent: a report becomes a ticket, an opt-out is noted; codes are left to be judged."""

from datetime import datetime
from uuid import UUID

from gateway.domain import judgement, notices, pushes
from gateway.domain.access import PinFault
from gateway.domain.calendar import today
from gateway.domain.inquiry import InquiryState
from gateway.domain.question import Intent, Need
from gateway.domain.reply import Clause
from gateway.domain.ticket import DUE as TICKET_DUE
from gateway.domain.verdict import Decision, Verdict
from gateway.pipeline.draft import Draft
from gateway.ports import TicketDraft, Unit


def admit(draft: Draft, unit: Unit, told: dict[UUID, set[str]], now: datetime) -> None:
    """Decide by intent and limits what is to be done; leaves the codes to look up in the draft.

    `told`: of long texts, by their first question, the codes answered before in this batch.
    """
    inquiry, question, admission = draft.asked.inquiry, draft.asked.question, draft.asked.admission
    if not admission.allowed:
        draft.end(InquiryState.SUPPRESSED if admission.suppress else InquiryState.LIMITED, admission.reason)
        if admission.tell:
            draft.add(Decision(Verdict.RATE_LIMITED, admission.reason))
            draft.say(notices.rate_limited())
        return
    match question.intent:
        case Intent.QUERY:
            _query(draft, unit, told)
        case Intent.REPORT:
            _report(draft, unit, now)
        case Intent.OPTOUT:
            unit.inbox.opt_out(inquiry.querier, now)
            _once_a_day(draft, unit, "optout", notices.opted_out(), now)
        case Intent.MALFORMED if not question.cut:
            draft.fault(question.fault or Verdict.MALFORMED, "no code in it")
        case Intent.HELP | Intent.NONE | Intent.MALFORMED:
            _no_code(draft, unit, now)
        case Intent.ACK:
            _acknowledge(draft, unit, now)
        case Intent.DETAIL:
            _list(draft, unit, now)


def _acknowledge(draft: Draft, unit: Unit, now: datetime) -> None:
    inquiry, question = draft.asked.inquiry, draft.asked.question
    lifts = [token.key for token in question.tokens]
    known = unit.alerts.acknowledge(inquiry.querier, lifts, question.remark, now)
    if known:
        draft.clauses.append(pushes.alert_acknowledged(known))
    else:
        draft.end(InquiryState.SUPPRESSED, "nothing of ours to acknowledge")


def _list(draft: Draft, unit: Unit, now: datetime) -> None:
    told = unit.reminders.last_told(draft.asked.inquiry.querier)
    if told:
        items = [(judgement.shown(key, record_type), due) for record_type, key, due in told]
        draft.clauses.append(pushes.reminder_list(items, today(now)))
    else:
        draft.end(InquiryState.SUPPRESSED, "nothing of ours to list")


def _query(draft: Draft, unit: Unit, told: dict[UUID, set[str]]) -> None:
    """Leave out what a long text's earlier parts were answered: before, or just now in this batch (`told`)."""
    inquiry, question = draft.asked.inquiry, draft.asked.question
    if isinstance(draft.asked.badge, PinFault):
        locked = draft.asked.badge is PinFault.LOCKED
        draft.clauses.append(pushes.pin_locked() if locked else pushes.pin_wrong())
        return
    first = inquiry.continues or inquiry.id
    before = unit.inbox.codes_answered(first) if inquiry.continues else set()
    draft.tokens = tuple(token for token in question.tokens if token.key not in before | told[first])
    told[first].update(token.key for token in draft.tokens)
    if question.cut:
        draft.afterwards.append(notices.resend())
    elif not draft.tokens:
        draft.end(InquiryState.SUPPRESSED, "its codes were answered with its first parts")


def _report(draft: Draft, unit: Unit, now: datetime) -> None:
    inquiry, question = draft.asked.inquiry, draft.asked.question
    if inquiry.continues and unit.tickets.is_open(inquiry.continues):
        draft.end(InquiryState.SUPPRESSED, "the report was taken with its first parts")
        return
    due = now + TICKET_DUE
    keys = tuple(token.key for token in question.tokens)
    report = TicketDraft(
        inquiry.id, inquiry.sender, keys, question.remark, question.place, now, due, draft.asked.recording
    )
    number = unit.tickets.open(report)
    draft.clauses.append(notices.report_received(number, today(due)))


def _no_code(draft: Draft, unit: Unit, now: datetime) -> None:
    if draft.asked.question.cut:
        draft.clauses.append(notices.resend())
    elif draft.asked.inquiry.continues:
        draft.end(InquiryState.SUPPRESSED, "the rest of a text that was answered")
    elif draft.danger:
        return  # how to ask does not matter now
    elif draft.asked.question.need is Need.PERSON:
        _once_a_day(draft, unit, "contact", notices.contact(), now)
    else:
        _once_a_day(draft, unit, "help", notices.usage(), now)


def _once_a_day(draft: Draft, unit: Unit, kind: str, clause: Clause, now: datetime) -> None:
    if unit.inbox.first_today(draft.asked.inquiry.querier, kind, today(now)):
        draft.clauses.append(clause)
    else:
        draft.end(InquiryState.SUPPRESSED, f"{kind}: told once today already")
