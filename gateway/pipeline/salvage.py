"""A batch that failed, part by part: one bad row hurts nobody else."""

import logging
from collections.abc import Callable
from datetime import datetime

from gateway.domain.errors import GatewayError, StoreDown
from gateway.domain.message import Part, Undecodable
from gateway.pipeline.cycle import Batch, Cycle, Done
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.draft import Asked
from gateway.pipeline.intake import Arrival
from gateway.pipeline.join import JUDGE_AFTER
from gateway.pipeline.questions import Questions, is_hopeless
from gateway.ports import Ledger, Meter

log = logging.getLogger(__name__)


class Salvage:
    """Finds what cannot be stored: each part of a failed batch in a transaction of its own."""

    def __init__(
        self,
        ledger: Ledger,
        cycle: Cycle,
        questions: Questions,
        dispatch: Dispatch,
        meter: Meter,
        apply: Callable[[Batch, Done], None],
    ) -> None:
        self._ledger, self._cycle, self._questions, self._dispatch = ledger, cycle, questions, dispatch
        self._meter = meter
        self._apply = apply

    async def run(self, batch: Batch) -> None:
        """Do each part of a batch alone; what cannot be done even so is kept for later, or for a person to look at.

        Raises `StoreDown` when the database goes away meanwhile; arrivals not acknowledged by then were not stored.
        """
        if not await self._are_stored(batch):
            for arrival in batch.arrivals:
                await self._alone(Batch(batch.now, arrivals=[arrival], careful=True), arrival)
        for asked in batch.asked:
            await self._alone(Batch(batch.now, asked=[asked]), asked)
        if batch.changed or batch.ended:
            await self._alone(Batch(batch.now, changed=batch.changed, ended=batch.ended), None)
        if batch.joins:
            await self._joins_alone(batch.now)

    async def _are_stored(self, batch: Batch) -> bool:
        """Store all arrivals and answer none: most often it is an answer that fails."""
        careful = Batch(batch.now, arrivals=batch.arrivals, careful=True)
        try:
            done = await self._ledger.run(lambda unit: self._cycle.transact(unit, careful))
        except StoreDown:
            raise
        except Exception:  # now they are tried one by one, and then the one at fault is told of
            return False
        self._apply(careful, done)
        return True

    async def _alone(self, batch: Batch, poison: Arrival | Asked | None) -> None:
        try:
            done = await self._ledger.run(lambda unit: self._cycle.transact(unit, batch))
        except StoreDown:
            raise
        except Exception as err:  # whatever is wrong with this one, the others go on
            match poison:
                case Asked():
                    log.exception("a question cannot be answered", extra={"inquiry": str(poison.inquiry.id)})
                    await self._later_or_never(poison, batch.now)
                case None:
                    raise
                case _:
                    await self._bury(poison, err, batch.now)
        else:
            self._apply(batch, done)

    async def _joins_alone(self, now: datetime) -> None:
        try:
            done = await self._ledger.run(lambda unit: self._cycle.transact(unit, Batch(now, joins=True)))
        except StoreDown:
            raise
        except Exception:  # it must not stop the questions behind it
            log.exception("a long text cannot be judged; tried again later")
        else:
            self._apply(Batch(now, joins=True), done)
            return
        nothing = Done.nothing(next_join_at=now + JUDGE_AFTER)
        self._apply(Batch(now, joins=True), nothing)

    async def _later_or_never(self, asked: Asked, now: datetime) -> None:
        if not is_hopeless(asked, now):
            self._questions.try_later(asked, now)
            return
        try:
            message = await self._ledger.run(lambda unit: self._cycle.give_up(unit, asked, now))
        except GatewayError as err:
            log.warning("cannot say that there is no answer", extra={"reason": str(err)})
            self._questions.try_later(asked, now)
            if isinstance(err, StoreDown):
                raise
            return
        self._questions.forget(asked.inquiry.id)
        if message:
            self._dispatch.add(message)

    async def _bury(self, arrival: Arrival, err: Exception, now: datetime) -> None:
        """Keep an arrival that cannot be stored as it is among the dead letters, and acknowledge it."""
        item = arrival.item
        log.error("an arrival cannot be stored", exc_info=err, extra={"account": item.account})
        raw = repr(item.text) if isinstance(item, Part) else repr(item)
        kind = item.channel if isinstance(item, Part | Undecodable) else self._dispatch.lines[item.account].channel.kind
        dead = Undecodable(kind, item.account, b"", raw, f"cannot be stored: {type(err).__name__}", now)
        await self._ledger.run(lambda unit: unit.inbox.bury([dead]))
        self._meter.count("dead_letters")
        arrival.acknowledge()
