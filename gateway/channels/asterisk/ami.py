"""The switch's control plane: what it is doing, and calls we make. Never the dialogue.

`asterisk-ami` speaks the protocol, in threads of its own, and each of its habits that could hurt ends here:

* its reader dies after 3 s without a word, and does not come back: something is asked each second, and whatever fails,
  the client is thrown away and a new one made;
* it writes CR and LF of a value as they are, which begins a new header: such a value is refused;
* it loses its thread to an error in a callback, in a greeting, in a packet: callbacks only put into a queue, and a
  reader that ends says so;
* it may send half a command: all is sent, or the connection is given up;
* its futures wake their waiter by a deprecated call and leave the lock held when that is an error: they are not used.
"""

import contextlib
import logging
import queue
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from asterisk.ami import AMIClient
from asterisk.ami.action import Action
from pydantic import SecretStr

from gateway.channels.asterisk import versions
from gateway.domain.errors import GatewayError, LinkDown, ProtocolError

log = logging.getLogger(__name__)

EVERY: Final = 1.0  # seconds between two looks; the library gives up after 3 without a word
PATIENCE: Final = 2.5  # seconds for one answer
AGAIN: Final = 1.0  # seconds before another try
UNWELCOME_AGAIN: Final = 5.0  # the same where somebody has to mend something; or it is still starting
RARELY: Final = 10  # each so many looks also endpoints and registrations
_PHONE: Final = "PJSIP/"
MOST_EVENTS: Final = 5000  # in one answer


class Denied(GatewayError):
    """The switch answered Error: it may not, or cannot, do what was asked."""


class Unwelcome(Denied):
    """The switch does not know the account, or we do not trust its version; neither mends itself soon."""


@dataclass(frozen=True, slots=True)
class Queued:
    """An operators' queue: callers that wait, phones that are there, and of them those that are free."""

    waiting: int
    phones: int
    free: int


@dataclass(frozen=True, slots=True)
class SwitchState:
    """What is known of the switch; `error` says why nothing newer is."""

    up: bool = False
    error: str = "not asked yet"
    version: str = ""
    channels: int = 0
    queues: Mapping[str, Queued] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)  # name -> NOT_INUSE, INUSE, UNAVAILABLE, …
    registrations: Mapping[str, str] = field(default_factory=dict)  # name -> "Registered", "Rejected", …

    @property
    def plain(self) -> dict[str, Any]:
        """Return it as plain values, as `/readyz` and the console show it."""
        return {
            "ready": self.up,
            "error": self.error,
            "version": self.version,
            "channels": self.channels,
            "queues": {name: [one.waiting, one.phones, one.free] for name, one in self.queues.items()},
            "endpoints": dict(self.endpoints),
            "registrations": dict(self.registrations),
        }


@dataclass(frozen=True, slots=True)
class Account:
    """Where the manager listens, and who we are there."""

    host: str
    port: int
    user: str
    secret: SecretStr


class ControlPlane:
    """One thread that keeps a connection to the manager, whatever happens to it; `with` starts and ends it."""

    def __init__(self, account: Account, *, every: float = EVERY, again: float = AGAIN) -> None:
        self._account = account
        self._every = every
        self._again = again
        self._state = SwitchState()
        self._jobs: queue.Queue[tuple[dict[str, str], Future[None]]] = queue.Queue(maxsize=100)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="asterisk-ami", daemon=True)

    @property
    def state(self) -> SwitchState:
        """Return what was last seen; a frozen value, from any thread."""
        return self._state

    def __enter__(self) -> "ControlPlane":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE + AGAIN)

    def ring_back(self, number: str, line: str = "hotline") -> "Future[None]":
        """Have a number rung and, once it answers, led into a line. The future ends when the switch has taken it up.

        `number` is one that `may_be_dialled` let pass. It raises `LinkDown` or `Denied`; `asyncio.wrap_future` it.
        """
        done: Future[None] = Future()
        fields = {
            "Channel": f"Local/{number}@outbound/n",
            "Context": "callback",
            "Exten": line,
            "Priority": "1",
            "Timeout": "45000",
            "CallerID": f"<{number}>",  # on our leg: whom the dialogue is with; the outbound leg shows our own number
            "Async": "true",
        }
        try:
            _check(fields)
            if not self._state.up:
                raise LinkDown(f"the switch is not there: {self._state.error}")
            self._jobs.put_nowait((fields, done))
        except (GatewayError, ValueError) as err:
            done.set_exception(err)
        except queue.Full:
            done.set_exception(LinkDown("the switch is too slow for more calls"))
        return done

    def _work(self) -> None:
        said = ""
        while not self._stop.is_set():
            wait = self._again
            try:
                self._connected()
            except Unwelcome as err:
                why, wait = str(err), max(self._again, UNWELCOME_AGAIN)
            except Exception as err:
                why = str(err) or type(err).__name__
            else:
                continue
            finally:
                self._refuse_jobs()
            self._state = replace(self._state, up=False, error=why)
            (log.debug if why == said else log.warning)("the switch's manager is away", extra={"reason": why})
            said = why
            self._stop.wait(wait)

    def _connected(self) -> None:
        """Hold one connection; returns when we end."""
        with contextlib.closing(Session(self._account)) as session:
            version = session.ask("CoreSettings")[0].get("AsteriskVersion", "")
            if why := versions.refused(version):
                raise Unwelcome(why)
            if versions.untested(version):
                log.warning("an Asterisk that this was not tried on", extra={"version": version})
            log.info("the switch's manager is there", extra={"version": version})
            state = SwitchState(up=True, error="", version=version)
            for number in count():
                state = session.look(state, thorough=number % RARELY == 0)
                self._state = state
                self._do_jobs(session, time.monotonic() + self._every)
                if self._stop.is_set():
                    return

    def _do_jobs(self, session: "Session", until: float) -> None:
        while (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            with contextlib.suppress(queue.Empty):
                fields, done = self._jobs.get(timeout=min(left, 0.1))
                if not done.set_running_or_notify_cancel():
                    continue  # nobody waits for it any more
                try:
                    session.ask("Originate", **fields)
                except Denied as err:
                    done.set_exception(err)
                except BaseException:
                    done.set_exception(LinkDown("the switch went away; it may ring or not"))
                    raise
                else:
                    done.set_result(None)

    def _refuse_jobs(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                done = self._jobs.get_nowait()[1]
                if done.set_running_or_notify_cancel():
                    done.set_exception(LinkDown("the switch went away"))


class Session:
    """One life of a connection to the manager, logged in. Used by one thread.

    Raises `Unwelcome` for a wrong account, `LinkDown`, `ProtocolError`, `OSError`.
    """

    def __init__(self, account: Account) -> None:
        self._said: queue.Queue[tuple[str, Mapping[str, Any]] | None] = queue.Queue()
        self._numbers = count(1)
        self._client = _Client(self._said, account.host, account.port)
        try:
            self._client.connect()
            self._log_in(account)
        except BaseException:
            self.close()
            raise

    def _log_in(self, account: Account) -> None:
        try:
            self.ask("Login", Username=account.user, Secret=account.secret.get_secret_value(), Events="off")
        except Denied as err:
            raise Unwelcome(f"{err}; look at [asterisk] ami_user, ami_secret_file and the manager's permit") from err

    def ask(self, action: str, **fields: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """Return an action's answer and, for a list, its entries. Raises `Denied` when the switch says Error."""
        _check({"Action": action, **fields})
        number = str(next(self._numbers))
        self._client.send(Action(action, {**fields, "ActionID": number}))
        until = time.monotonic() + PATIENCE
        answer: Mapping[str, Any] | None = None
        entries: list[Mapping[str, Any]] = []
        while True:
            kind, keys = self._next(until)
            if keys.get("ActionID") != number:
                continue
            if kind == "error":
                raise Denied(f"the switch refused {action}: {keys.get('Message', '')}")
            listed = str(keys.get("EventList", "")).lower()
            if answer is None:
                answer = keys
                if listed != "start":
                    return answer, entries
            elif listed == "complete":
                return answer, entries
            elif len(entries) == MOST_EVENTS:
                raise ProtocolError(f"{action}: more than {MOST_EVENTS} entries")
            else:
                entries.append({"Event": kind, **keys})

    def look(self, before: SwitchState, *, thorough: bool) -> SwitchState:
        """Return what the switch is doing now; endpoints and registrations only when it is to be `thorough`."""
        status, _ = self.ask("CoreStatus")
        _, queues = self.ask("QueueSummary")
        state = replace(
            before,
            channels=_number(status, "CoreCurrentCalls"),
            queues={
                str(one.get("Queue", "")): Queued(
                    _number(one, "Callers"), _number(one, "LoggedIn"), _number(one, "Available")
                )
                for one in queues
            },
        )
        if not thorough:
            return state
        return replace(
            state,
            # PJSIPShowEndpoints would want an account that may also shut the switch down.
            endpoints={
                str(one.get("Device", "")).removeprefix(_PHONE): str(one.get("State", ""))
                for one in self._list("DeviceStateList")
                if str(one.get("Device", "")).startswith(_PHONE)
            },
            registrations={
                str(one.get("ObjectName", "")): str(one.get("Status", ""))
                for one in self._list("PJSIPShowRegistrationsOutbound")
            },
        )

    def close(self) -> None:
        """End it, whatever state it is in."""
        self._client.end()

    def _list(self, action: str) -> list[Mapping[str, Any]]:
        try:
            return self.ask(action)[1]
        except Denied:  # its word for "there are none"
            return []

    def _next(self, until: float) -> tuple[str, Mapping[str, Any]]:
        try:
            said = self._said.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise LinkDown("the switch's manager does not answer") from None
        if said is None:
            raise LinkDown("the switch's manager closed the connection")
        return said


class _Client(AMIClient):  # type: ignore[misc] # the library has no types
    """The library's client, that tells its end, sends all of a command and never raises in its own thread."""

    def __init__(self, said: "queue.Queue[tuple[str, Mapping[str, Any]] | None]", host: str, port: int) -> None:
        super().__init__(address=host, port=port, timeout=PATIENCE + EVERY, buffer_size=64 * 1024)
        self._said = said
        self.add_listener(
            on_response=lambda response, **_: said.put((response.status.lower(), response.keys)),
            on_event=lambda event, **_: said.put((event.name, event.keys)),
        )

    def listen(self) -> None:
        """Read until the connection ends; say that it has."""
        try:
            super().listen()
        except Exception as err:
            log.debug("the manager's reader ended", extra={"reason": repr(err)})
        finally:
            self._said.put(None)

    def send(self, pack: object) -> None:
        """Send all of it. Raises `LinkDown`."""
        try:
            self._socket.sendall(f"{pack}\r\n".encode())
        except OSError as err:  # the reader, which saw its end first, may have closed it
            raise LinkDown("the switch's manager closed the connection") from err

    def end(self) -> None:
        """Close the socket, so that the reader wakes, and wait for it."""
        if self._socket is None:
            return
        if self.finished is not None:
            self.finished.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._thread is not None:
            self._thread.join(PATIENCE)


def _check(fields: Mapping[str, str]) -> None:
    """Let no value end its line: what follows would be a header of its own (DOMAIN T9)."""
    for name, value in fields.items():
        if not value.isprintable():
            raise ValueError(f"{name}: control characters are not sent to the switch")


def _number(keys: Mapping[str, Any], name: str) -> int:
    value = str(keys.get(name, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
