"""Runs what the gateway does without being asked, each in its own rhythm, for as long as the service lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.errors import GatewayError, StoreDown
from gateway.ports import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something done every so many seconds; `work` returns how much there was to do."""

    name: str
    every: float
    work: Callable[[datetime], Awaitable[int]]


async def run(jobs: Sequence[Job], clock: Clock) -> None:
    """Run all until cancelled. A round that fails is told and tried again; one job never stops another."""
    async with asyncio.TaskGroup() as tasks:
        for job in jobs:
            tasks.create_task(_repeat(job, clock), name=f"job {job.name}")


async def _repeat(job: Job, clock: Clock) -> None:
    while True:
        try:
            done = await job.work(clock.now())
        except StoreDown as err:
            log.debug("a job waits for the database", extra={"job": job.name, "reason": str(err)})
        except GatewayError as err:
            log.warning("a job failed", extra={"job": job.name, "reason": str(err)})
        except Exception:  # the next round may succeed, and the other jobs must go on
            log.exception("a job failed", extra={"job": job.name})
        else:
            if done:
                log.info("job done", extra={"job": job.name, "count": done})
        await asyncio.sleep(job.every)
