"""Which jobs there are, and how often each runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import aiohttp

from gateway.domain.address import Address
from gateway.filing.books import Archive
from gateway.jobs.alerts import Alarm
from gateway.jobs.denials import DailyJudging
from gateway.jobs.hooks import Deliveries, Hook
from gateway.jobs.post import Letters
from gateway.jobs.reminders import Reminding
from gateway.jobs.runner import Job
from gateway.jobs.settings import AlertSettings, ReminderSettings, WebhookSettings

# Seconds. A person may be trapped; the rest has time.
_ALERTS, _HOOKS, _DENIALS, _SUMS, _REMINDERS = 0.5, 5.0, 60.0, 60.0, 300.0


def standing(
    archive: Archive,
    letters: Letters,
    alerts: AlertSettings,
    reminders: ReminderSettings,
    posted: Callable[[], None],
) -> list[Job]:
    """Return the jobs that every service does; `posted` has new texts taken up at once."""
    alarm = Alarm(
        letters,
        [timedelta(minutes=minutes) for minutes in alerts.escalate_minutes],
        [Address.parse(number) for number in alerts.regulators],
    )
    reminding = Reminding(archive, letters, reminders.from_hour, reminders.to_hour)
    return [
        Job("alerts", _ALERTS, partial(_sound, archive, alarm, posted)),
        Job("reminders", _REMINDERS, reminding.remind),
        Job("warnings", _REMINDERS, reminding.warn),
        Job("sums", _SUMS, partial(_sum_up, archive)),
        Job("deny list", _DENIALS, DailyJudging(archive).round),
    ]


async def _sound(archive: Archive, alarm: Alarm, posted: Callable[[], None], now: datetime) -> int:
    """Tell of each alert that is due; return how many texts that made."""
    texts = await archive.act(lambda books: alarm.sound(books, now))
    if texts:
        posted()
    return texts


async def _sum_up(archive: Archive, now: datetime) -> int:
    """Count the questions of all hours that are over, each in a transaction of its own."""
    hours = 0
    while await archive.act(lambda books: books.reports.sum_up(now)):
        hours += 1
    while await archive.act(lambda books: books.pictures.sum_up(now)):
        hours += 1
    return hours


def hooks(
    archive: Archive, webhooks: tuple[WebhookSettings, ...], http: aiohttp.ClientSession, now: datetime
) -> list[Job]:
    """Return a job a platform. Raises `BadSettings` for a secret that cannot be read."""
    platforms = [Hook(one.name, str(one.url), one.events, one.secret()) for one in webhooks]
    return [Job(f"webhook {h.name}", _HOOKS, partial(Deliveries(archive, h, now).round, http)) for h in platforms]
