"""`gateway codes`: labels, from the order to the ledger."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from gateway import settings as config
from gateway.cli.archive import act, look, this_person
from gateway.cli.listing import print_rows
from gateway.domain.access import Actor, Role
from gateway.domain.code import LONG_VERSION, is_issued, klass, masked, version
from gateway.domain.errors import BadSettings, GatewayError, Refusal, StoreDown, Why
from gateway.domain.labels import ACT_WORDS, STATE_WORDS
from gateway.domain.trace import LabelState, RepeatPolicy
from gateway.filing import binding, labels
from gateway.filing.kept import Kept
from gateway.filing.labels import Ended, Ending, Minted
from gateway.filing.ledger import Line, Order
from gateway.interchange.printing import Draft, Plate, printed
from gateway.store.books import SqlBooks
from gateway.store.vault import Keys

_MOST_NAME = 64  # characters that the audit keeps
_SEPARATORS = re.compile(r"[\s-]+")
_COLUMNS = ("issue", "party", "custodian", "class", "version", "from", "to", "issued", "bound", "used", "void",
            "returned", "destroyed", "left")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issue:
    """What is ordered, as it was typed."""

    klass: int
    count: int
    party: str
    out: Path
    version: int | None
    custodian: str | None
    countersign: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """What labels are bound to, by the one name that is given."""

    batch: str | None = None
    cylinder: str | None = None
    vehicle: str | None = None
    station: str | None = None


def issue(file: Path | None, wanted: Issue, actor: str | None) -> None:
    """Write the codes; issue them only once they are written. Otherwise nothing is issued, and no file is there."""
    keys, who = _keys(file), _actor(actor)
    code_keys = keys.code_keys()
    number = wanted.version or max((v for v in code_keys if v != LONG_VERSION), default=1)
    if number not in code_keys:
        raise BadSettings(f"code key version {number}: no such key; make it with `gateway codes new-version`")
    plate = Plate(code_keys[number], keys.label_key() if wanted.countersign else None)
    order = Order(wanted.klass, number, wanted.count, wanted.party, wanted.custodian, wanted.countersign)
    with Draft(wanted.out) as draft:
        minted = act(file, lambda books: labels.mint(books, who, order, secrets.randbelow, _now()))
        try:
            _print(draft, plate, minted)
            act(file, lambda books: labels.issue(books, who, minted, _now()))
            draft.publish()
        except BaseException:
            _give_up(file, who, minted)
            raise
    typer.echo(f"{wanted.out}: {wanted.count} codes of class {wanted.klass}, version {number}, issue {minted.issue}")


def _print(draft: Draft, plate: Plate, minted: Minted) -> None:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("codes", total=minted.run.size)
        for size, lines in printed(plate, minted.run):
            draft.write(lines)
            progress.advance(bar, size)
    draft.keep()


def _give_up(file: Path | None, who: Actor, minted: Minted) -> None:
    """Say in the ledger that nobody has these codes; where it cannot be said, they are minted for ever, and void."""
    try:
        act(file, lambda books: labels.give_up(books, who, minted, _now()))
    except (StoreDown, Refusal) as err:
        typer.echo(f"gateway: issue {minted.issue} stays in the ledger as it is: {err}", err=True)


def bind(
    file: Path | None, codes: tuple[str, str | None], thing: Thing, policy: RepeatPolicy | None, actor: str | None
) -> None:
    """Bind a run to a batch, or one label to a cylinder, a vehicle or a station."""
    who, (first, last) = _actor(actor), (_code(codes[0]), _code(codes[1]) if codes[1] else None)
    if batch := thing.batch:
        count = act(
            file, lambda books: binding.bind_run(books, who, first, last or first, batch, _now(), policy)
        )  # fmt: skip
        typer.echo(f"{batch}：已绑定 {count} 枚")
        return
    if last or policy:
        raise typer.BadParameter("a cylinder, a vehicle or a station takes one CODE, and no --policy")

    def work(books: SqlBooks) -> str | None:
        return binding.bind_one(books, who, first, _found(books, thing), _now())

    used = act(file, work)
    typer.echo(f"{masked(first)} 已绑定" + (f"，原标签 {masked(used)} 不再有效" if used else ""))


def _found(books: SqlBooks, thing: Thing) -> Kept:
    for record_type, key in (("lpg", thing.cylinder), ("vehicle", thing.vehicle), ("station", thing.station)):
        if key:
            kept = books.records.get(record_type, key, lock=True)
            if kept is None:
                raise Refusal(Why.UNKNOWN, f"没有登记过 {key}，请先录入", "key")
            return kept
    raise typer.BadParameter("say what it is bound to: --batch, --cylinder, --vehicle or --station")


def end(file: Path | None, codes: tuple[str, str | None], ending: Ending, actor: str | None) -> None:
    """End one label, or a run."""
    who, (first, last) = _actor(actor), (_code(codes[0]), _code(codes[1]) if codes[1] else None)

    def work(books: SqlBooks) -> Ended:
        if last is None:
            return labels.void(books, who, ending, [first], _now())
        return labels.void_run(books, who, ending, first, last, _now())

    _tell(act(file, work), ending)


def end_listed(file: Path | None, listed: Path, ending: Ending, actor: str | None) -> None:
    """End all labels of a file, one code a line; what stands after a tab is left out."""
    codes = [_code(line.partition("\t")[0]) for line in _lines(listed)]
    _tell(act(file, lambda books: labels.void(books, _actor(actor), ending, codes, _now())), ending)


def _tell(ended: Ended, ending: Ending) -> None:
    typer.echo(
        f"{ended.now} 枚已{ACT_WORDS[ending.act]}" + (f"，另有 {ended.before} 枚此前已失效" if ended.before else "")
    )


def verify(file: Path | None, code: str) -> bool:
    """Print what is known of a code; return whether it was issued."""
    code = _code(code)
    label = look(file, lambda books: books.labels.one(code))
    if label is None or label.state is LabelState.MINTED:
        typer.echo(f"{masked(code)}：没有发放过")
        return False
    kind = f"类别 {klass(code)}，版本 {version(code)}" if is_issued(code) and label.place else "企业自有编码"
    bound = f"，{label.record_id}" if label.record_id else ""
    typer.echo(f"{masked(code)}：{kind}，{STATE_WORDS[label.state]}{bound}，{label.issued_to or '单位不详'}")
    return True


def register(file: Path | None, listed: Path, batch: str, record_type: str | None, *, hashed: bool) -> None:
    """Take a firm's own codes, one a line."""
    keys = [_code(line) for line in _lines(listed)]

    def work(books: SqlBooks) -> int:
        return binding.register(books, _actor(None), keys, batch, _now(), hashed=hashed, record_type=record_type)

    typer.echo(f"{batch}：已登记 {act(file, work)} 个编码")


def ledger(file: Path | None, party: str | None, *, as_json: bool) -> None:
    """Print what became of each issue; codes are masked."""

    def work(books: SqlBooks) -> list[dict[str, object]]:
        return [_row(books, line) for line in labels.ledger(books, _actor(None), party)]

    print_rows(look(file, work), _COLUMNS, as_json=as_json)


def _row(books: SqlBooks, line: Line) -> dict[str, object]:
    ends = (line.run.first, line.run.last) if line.run else ()
    begin, last = [masked(books.codes.issue(line.klass, line.version, index)) for index in ends] or (None, None)
    counts = {name: getattr(line, name) for name in ("issued", "bound", "used", "void", "returned", "destroyed")}
    who = {"issue": line.issue, "party": line.party, "custodian": line.custodian, "issued_at": line.issued_at}
    what = {"class": line.klass, "version": line.version, "from": begin, "to": last}
    return {**who, **what, **counts, "left": line.left}


def new_version(file: Path | None, *, long: bool) -> None:
    """Write the key of the next version; labels printed with the ones before stay good."""
    keys = _keys(file)
    number = LONG_VERSION if long else max((v for v in keys.code_keys() if v != LONG_VERSION), default=0) + 1
    if number == LONG_VERSION and not long:
        raise GatewayError("all versions from 1 to 8 have keys; a code has one digit for its version")
    made = [path for path in keys.make_missing((number,)) if path.name == f"codes-v{number}.key"]
    if not made:
        raise GatewayError(f"codes-v{number}.key is there already")
    typer.echo(f"made {made[0]}; copy it to every machine, and keep a copy where it cannot be lost")


def _keys(file: Path | None) -> Keys:
    return Keys(config.load(config.settings_file(file)).key_folder)


def _actor(name: str | None) -> Actor:
    name = this_person() if name is None else name.strip()
    if not name.isprintable() or not 1 <= len(name) <= _MOST_NAME:
        raise typer.BadParameter(f"--actor: a name of 1 to {_MOST_NAME} characters on one line")
    return Actor(name, Role.ADMIN)


def _code(text: str) -> str:
    """Read a code as it is printed, in groups of four."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").rstrip().splitlines()
    except OSError as err:
        raise GatewayError(f"{path}: cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise GatewayError(f"{path}: not UTF-8 at octet {err.start}; save it as UTF-8") from err


def _now() -> datetime:
    return datetime.now(UTC)
