"""`filing.books.Books` on SQL: one transaction's view of everything that is kept."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection

from gateway.domain.code import CodeBook
from gateway.domain.inputs import Inputs
from gateway.domain.outgoing import Message
from gateway.ports import News
from gateway.store import inputs
from gateway.store.alerts import SqlAlerts
from gateway.store.audit import SqlAudit
from gateway.store.board import SqlBoard
from gateway.store.cases import SqlCases
from gateway.store.chronicle import SqlChronicle
from gateway.store.denials import SqlDenials
from gateway.store.engine import Database
from gateway.store.events import SqlEvents
from gateway.store.flows import SqlFlows
from gateway.store.hooks import SqlHooks
from gateway.store.labels import SqlLabels
from gateway.store.outbox import SqlOutbox
from gateway.store.parties import SqlParties
from gateway.store.phones import SqlPhones
from gateway.store.pictures import SqlPictures
from gateway.store.prospects import SqlProspects
from gateway.store.records import SqlRecords
from gateway.store.reminders import SqlReminders
from gateway.store.replays import REPLAY_LIFE, SqlReplays
from gateway.store.reports import SqlReports
from gateway.store.search import SqlQuestions
from gateway.store.tickets import SqlTickets
from gateway.store.traces import SqlTraces
from gateway.store.undelivered import reached
from gateway.store.uploads import SqlUploads
from gateway.store.users import SqlUsers
from gateway.store.vault import Vault
from gateway.store.wordings import SqlWordings

T = TypeVar("T")


class SqlPost:
    """`filing.books.Post`: messages that no process has claimed yet."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._outbox = SqlOutbox(connection, vault, None)
        self._connection = connection

    def send(self, messages: Sequence[Message]) -> None:
        """Put them into the outbox in this transaction; the service takes them up within seconds.

        A message with a question is its answer, and settles it: nobody heard it in his call.
        """
        self._outbox.add(messages)
        for message in messages:
            if message.inquiry:
                reached(self._connection, [message.inquiry], None)


class SqlBooks:
    """One transaction on all of it."""

    def __init__(self, connection: Connection, vault: Vault, codes: CodeBook) -> None:
        self.connection = connection
        self.codes = codes
        self.announced: set[News] = set()
        self._vault = vault

    def announce(self, news: News) -> None:
        """Wake whoever waits for this, in all processes, once the transaction is committed."""
        self.announced.add(news)

    def inputs(self, shipped: Inputs) -> Inputs:
        """Return the farm inputs known: those shipped with the gateway, and over them those imported (R70)."""
        return inputs.load(self.connection, shipped)

    @cached_property
    def records(self) -> SqlRecords:
        """Records with their versions, aliases, parties and sealed parts."""
        return SqlRecords(self.connection, self._vault)

    @cached_property
    def labels(self) -> SqlLabels:
        """The ledger of labels."""
        return SqlLabels(self.connection, self._vault, self.codes)

    @cached_property
    def parties(self) -> SqlParties:
        """Firms and offices."""
        return SqlParties(self.connection, self._vault)

    @cached_property
    def events(self) -> SqlEvents:
        """What happened."""
        return SqlEvents(self.connection, self._vault)

    @cached_property
    def audit(self) -> SqlAudit:
        """The append-only log."""
        return SqlAudit(self.connection)

    @cached_property
    def phones(self) -> SqlPhones:
        """Registered phones."""
        return SqlPhones(self.connection, self._vault)

    @cached_property
    def alerts(self) -> SqlAlerts:
        """Lifts in trouble."""
        return SqlAlerts(self.connection)

    @cached_property
    def reminders(self) -> SqlReminders:
        """What was told once."""
        return SqlReminders(self.connection)

    @cached_property
    def flows(self) -> SqlFlows:
        """Counts of the hotline's steps."""
        return SqlFlows(self.connection)

    @cached_property
    def hooks(self) -> SqlHooks:
        """Events on their way to the city's platforms."""
        return SqlHooks(self.connection)

    @cached_property
    def post(self) -> SqlPost:
        """Texts that the gateway sends on its own."""
        return SqlPost(self.connection, self._vault)

    @cached_property
    def replays(self) -> SqlReplays:
        """First answers to requests that may come again."""
        return SqlReplays(self.connection, REPLAY_LIFE)

    @cached_property
    def denials(self) -> SqlDenials:
        """What a station that is cut off must not fill."""
        return SqlDenials(self.connection)

    @cached_property
    def tickets(self) -> SqlTickets:
        """Complaints and reports."""
        return SqlTickets(self.connection, self._vault)

    @cached_property
    def cases(self) -> SqlCases:
        """What is known around one code, record or ticket."""
        return SqlCases(self.connection, self._vault)

    @cached_property
    def reports(self) -> SqlReports:
        """Figures and problems."""
        return SqlReports(self.connection)

    @cached_property
    def chronicle(self) -> SqlChronicle:
        """EPCIS events."""
        return SqlChronicle(self.connection)

    @cached_property
    def prospects(self) -> SqlProspects:
        """What callers may ask for next."""
        return SqlProspects(self.connection)

    @cached_property
    def traces(self) -> SqlTraces:
        """Labels, and what is known behind them."""
        return SqlTraces(self.connection, self._vault)

    @cached_property
    def users(self) -> SqlUsers:
        """Operators and their sessions."""
        return SqlUsers(self.connection)

    @cached_property
    def wordings(self) -> SqlWordings:
        """Operators' words."""
        return SqlWordings(self.connection)

    @cached_property
    def board(self) -> SqlBoard:
        """The service as it stands now."""
        return SqlBoard(self.connection)

    @cached_property
    def questions(self) -> SqlQuestions:
        """Questions for those who explain them."""
        return SqlQuestions(self.connection, self._vault)

    @cached_property
    def pictures(self) -> SqlPictures:
        """Sums for pictures."""
        return SqlPictures(self.connection)

    @cached_property
    def uploads(self) -> SqlUploads:
        """Files that people sent in, and what takes two of them."""
        return SqlUploads(self.connection)

    def attempt(self, work: Callable[[], T]) -> T:
        """Run `work` as a part of the transaction that an exception undoes by itself."""
        with self.connection.begin_nested():
            return work()


class SqlArchive:
    """Opens the books: one act, one transaction."""

    def __init__(
        self, database: Database, vault: Vault, codes: CodeBook, ring: Callable[[News], None] | None = None
    ) -> None:
        """`ring`: wakes whoever waits for what an act announces; without it they find it by themselves."""
        self.database = database
        self._vault = vault
        self._codes = codes
        self._ring = ring

    async def act(self, work: Callable[[SqlBooks], T]) -> T:
        """Run `work` in one transaction and commit it; an exception leaves nothing behind. Raises `StoreDown`."""
        announced: set[News] = set()

        def on_books(connection: Connection) -> T:
            books = SqlBooks(connection, self._vault, self._codes)
            done = work(books)
            announced.update(books.announced)
            return done

        done = await self.database.transact(on_books)
        if self._ring:
            for news in announced:
                self._ring(news)
        return done

    async def look(self, work: Callable[[SqlBooks], T]) -> T:
        """Run `work` that only reads, on one state of the books; no act waits for it. Raises `StoreDown`."""
        return await self.database.read(lambda connection: work(SqlBooks(connection, self._vault, self._codes)))
