"""The rows of a file against the trace database: what they contradict there, and how they go in, set by set."""

from collections.abc import Collection, Iterable, Iterator
from types import ModuleType
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Select,
    String,
    Subquery,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from gateway.domain.errors import Refusal, Why
from gateway.filing.staging import Batch, Clash, Merged, Rule
from gateway.store import aside
from gateway.store.aside import Laid, out, staged, staged_names, staged_parties
from gateway.store.records import heard
from gateway.store.statements import MOST_VALUES
from gateway.store.tables import (
    parties,
    record_aliases,
    record_parties,
    record_secrets,
    record_versions,
    records,
)

Dialect: TypeAlias = ModuleType  # of SQLAlchemy, with its own `insert`
# A rule, the rows it is about, what of the database or the file they contradict, where to look, and when they do.
_Contradiction: TypeAlias = tuple[Rule, FromClause, ColumnElement[Any], FromClause, ColumnElement[bool]]

_s, _r, _secret = staged.c, records.c, record_secrets.c
_MEANWHILE: Final = "导入期间，有记录被别人改动；没有导入任何数据，请重新导入"
_HERE: Final = staged.join(records, _r.id == _s.record_id)


def _dialect(connection: Connection) -> Dialect:
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def corrects(connection: Connection) -> bool:
    """Return whether any of the records is there already: most files bring in new ones only."""
    return connection.execute(select(_r.id).select_from(_HERE).limit(1)).first() is not None


def repeats(connection: Connection, laid: Laid) -> list[Clash]:
    """Find the rows that contradict one another. The first clash of a row."""
    return list(_clashes(connection, _rules_of_file(connection, laid), set()))


def clashes(connection: Connection, batch: Batch, laid: Laid, found: Iterable[Clash], *, corrects: bool) -> list[Clash]:
    """Add to what was `found` the rows that contradict the records of others, or days that were known."""
    told = {clash.number for clash in found}
    return [*found, *_clashes(connection, _rules(batch, laid, corrects=corrects), told)]


def _clashes(connection: Connection, rules: Iterable[_Contradiction], told: set[int]) -> Iterator[Clash]:
    for rule, rows, what, tables, where in rules:
        row = rows.c
        found = select(row.number, row.record_id, what).select_from(tables).where(where).order_by(row.number)
        for number, id_, contradicted in connection.execute(found):
            if number in told:
                continue
            told.add(number)
            yield Clash(number, id_.partition("/")[2], rule, str(contradicted).partition("/")[2] or str(contradicted))


def _rules_of_file(connection: Connection, laid: Laid) -> Iterator[_Contradiction]:
    again = _again(staged, _s.record_id, _repeated(connection, _s.record_id) if laid.strays is None else laid.strays)
    yield Rule.TWICE, again, again.c.first, again, true()
    if laid.named is None:
        alias = staged_names.c.alias
        again = _again(staged_names, alias, _repeated(connection, alias))
        yield Rule.NAME_TAKEN, again, again.c.what, again, true()


def _rules(batch: Batch, laid: Laid, *, corrects: bool) -> Iterator[_Contradiction]:
    if corrects:
        yield from _rules_of_corrections(batch)
    named, known = aside.names(laid.named, batch.type), record_aliases.c
    others = and_(known.alias == named.c.alias, known.record_id != named.c.record_id)
    yield Rule.NAME_TAKEN, named, named.c.alias, named.join(record_aliases, others), true()
    linked, registered = staged_parties.c, select(parties.c.id)
    if laid.owned:
        unknown = and_(_s.owner.is_not(None), _s.owner.not_in(registered))
        yield Rule.NO_PARTY, staged, _s.owner, staged, unknown
    linked_before = exists().where(
        record_parties.c.record_id == linked.record_id, record_parties.c.party == linked.party
    )
    unknown = and_(linked.party.not_in(registered), ~linked_before)
    yield Rule.NO_PARTY, staged_parties, linked.party, staged_parties, unknown


def _rules_of_corrections(batch: Batch) -> Iterator[_Contradiction]:
    if not batch.actor.everywhere:
        yield Rule.FOREIGN, staged, _r.id, _HERE, _r.owner.is_distinct_from(batch.actor.party)
        if batch.dated:
            yield Rule.DUE_EARLIER, staged, _r.due_on, _HERE, _s.due_on < _r.due_on
            yield Rule.SERVED_EARLIER, staged, _r.served_on, _HERE, _s.served_on < _r.served_on
    yield Rule.CHANGED, staged, _r.id, _HERE, _s.version != _r.version


def _repeated(connection: Connection, what: Column[str]) -> list[str] | None:
    """Return what stands in several rows; None where that is too much to be listed."""
    several = select(what).group_by(what).having(func.count() > 1).limit(MOST_VALUES + 1)
    found = list(connection.execute(several).scalars())
    return found if len(found) <= MOST_VALUES else None


def _again(rows: Table, what: Column[str], among: list[str] | None) -> Subquery:
    """Return the rows in which stands what stood in an earlier one, and the first of those.

    `among`: what may stand in several; None: anything.
    """
    row = rows.c
    earliest = func.first_value(row.number).over(partition_by=what, order_by=row.number)
    numbered = select(row.number, row.record_id, what.label("what"), earliest.label("first"))
    each = numbered.where(true() if among is None else what.in_(among)).subquery()
    return select(each).where(each.c.number > each.c.first).subquery()


def leave_out(connection: Connection, laid: Laid, numbers: Collection[int], *, corrects: bool) -> None:
    """Keep these rows out: where all others are new they are passed over (`let_in`), else taken away."""
    laid.out = len(numbers)
    if numbers:
        connection.execute(insert(out), [{"number": number} for number in numbers])
        for table in (staged, staged_names, staged_parties) if corrects else ():
            connection.execute(delete(table).where(table.c.number.in_(select(out.c.number))))


def let_in(rows: Select[Any], given: FromClause, laid: Laid) -> Select[Any]:
    """Return a statement on laid rows without those that stay out."""
    return rows.where(given.c.number.not_in(select(out.c.number))) if laid.out else rows


def merge(connection: Connection, batch: Batch, laid: Laid, *, corrects: bool) -> Merged:
    """Put the rows into the database; a record that is changed keeps its old body as a version (DOMAIN 4.4).

    Raises `Refusal` (conflict) where somebody else wrote one of the records, or gave away one of the names, meanwhile.
    """
    dialect = _dialect(connection)
    if laid.sealed:
        _seal(connection, batch, laid, dialect)
    same = changed = 0
    if corrects:
        if dialect is postgresql:  # in the order of their keys: two imports would lock each other out
            held = select(_r.id).where(_r.id.in_(select(_s.record_id))).order_by(_r.id).with_for_update().subquery()
            connection.execute(select(func.count()).select_from(held))
        same = connection.execute(delete(staged).where(_is_same(batch))).rowcount
        changed = connection.execute(_keep_versions(batch)).rowcount
    if batch.source is not None:
        heard(connection, batch.source, batch.at)
    try:
        put = connection.execute(_put(batch, laid, dialect, corrects=corrects)).rowcount
        _link(connection, batch, laid, same, changed)
    except IntegrityError as err:
        raise Refusal(Why.CONFLICT, _MEANWHILE) from err
    let_in = laid.rows - laid.out - same
    if put < let_in:
        raise Refusal(Why.CONFLICT, _MEANWHILE)
    return Merged(done=True, added=let_in - changed, changed=changed, same=same)


def _seal(connection: Connection, batch: Batch, laid: Laid, dialect: Dialect) -> None:
    given = select(_s.record_id, _s.sealed, literal(batch.at, _secret.updated_at.type)).where(_s.sealed.is_not(None))
    rows = let_in(given, staged, laid)
    adding = dialect.insert(record_secrets).from_select(["record_id", "sealed", "updated_at"], rows)
    changed = {"sealed": adding.excluded.sealed, "updated_at": adding.excluded.updated_at}
    connection.execute(adding.on_conflict_do_update(index_elements=["record_id"], set_=changed))


def _is_same(batch: Batch) -> ColumnElement[bool]:
    """Tell the rows that would change nothing."""
    unchanged = [_r.id == _s.record_id, _r.body == _s.body, or_(_s.owner.is_(None), _s.owner == _r.owner)]
    if batch.source is not None:
        unchanged.append(_r.source == batch.source)
    return exists().where(*unchanged)


def _keep_versions(batch: Batch) -> Insert:
    before = select(
        _r.id,
        _r.version,
        _r.body,
        _r.owner,
        _r.import_id,
        literal(batch.actor.name, String),
        literal(batch.at, _r.updated_at.type),
    ).select_from(_HERE)
    names = ["record_id", "version", "body", "owner", "import_id", "actor", "replaced_at"]
    return insert(record_versions).from_select(names, before.order_by(_r.id))


def _put(batch: Batch, laid: Laid, dialect: Dialect, *, corrects: bool) -> Insert:
    given = {
        "id": _s.record_id,
        "type": literal(batch.type, String),
        "owner": _s.owner,
        "source": literal(batch.source, String),
        "body": _s.body,
        "version": _s.version + 1,
        **{name: _s[name] for name in ("status", "district", "category", "due_on", "served_on")},
        "import_id": literal(batch.id, _r.import_id.type),
        **dict.fromkeys(("entered_at", "updated_at"), literal(batch.at, _r.updated_at.type)),
    }
    # SQLite takes ON CONFLICT after a SELECT for a join's ON unless there is a WHERE (sqlite.org/lang_UPSERT.html).
    rows = let_in(select(*given.values()).where(true()), staged, laid)
    if laid.strays is None:  # an index, which in SQLite the table is itself, grows at its end in half the time
        rows = rows.order_by(_s.record_id)
    if not corrects:
        return insert(records).from_select(list(given), rows)
    adding = dialect.insert(records).from_select(list(given), rows)
    new = adding.excluded
    # A unit that has to do with a record may correct it, but does not come to own it.
    owner = (new.owner, _r.owner) if batch.actor.everywhere else (_r.owner, new.owner)
    changed = {name: new[name] for name in given if name not in {"id", "type", "entered_at"}} | {
        "owner": func.coalesce(*owner),
        "source": func.coalesce(new.source, _r.source),
    }
    as_compared = new.version == _r.version + 1
    putting: Insert = adding.on_conflict_do_update(index_elements=["id"], set_=changed, where=as_compared)
    return putting


def _link(connection: Connection, batch: Batch, laid: Laid, same: int, changed: int) -> None:
    """Write the other names and the parties of what was put in."""
    if same:  # of these the links stand
        for table in (staged_names, staged_parties):
            connection.execute(delete(table).where(table.c.number.not_in(select(_s.number))))
    named_in_order = laid.strays is not None and laid.named is not None
    links = (
        (aside.names(laid.named, batch.type), record_aliases, ["alias", "record_id"], named_in_order),
        (staged_parties, record_parties, ["party", "record_id", "role"], False),
    )
    for given, linked, names, in_order in links:
        if changed:
            connection.execute(delete(linked).where(linked.c.record_id.in_(select(_s.record_id))))
        rows = let_in(select(*(given.c[name] for name in names)), given, laid)
        if not in_order:
            rows = rows.order_by(*rows.selected_columns)
        connection.execute(insert(linked).from_select(names, rows))
