"""Labels: issue, bind, void, verify."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.tree.options import ConfigFile, Json, group

codes = group("codes", "Labels: issue codes, bind, void and verify them, and the ledger of them all.")

Code = Annotated[str, typer.Argument(metavar="CODE", help="as printed; blanks do not matter")]
To = Annotated[str | None, typer.Argument(metavar="[TO]", help="last code of a run, as in the file of its issue")]
Reason = Annotated[str, typer.Option("--reason", help="why; kept in the ledger")]
ActorName = Annotated[str | None, typer.Option("--actor", help="who the audit names; default: cli:<login>")]


@codes.command()
def issue(
    klass: Annotated[int, typer.Option("--class", min=1, max=9, help="first digit; 9: test labels")],
    count: Annotated[int, typer.Option(min=1, help="how many")],
    party: Annotated[str, typer.Option(help="whom they are for")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="a new file, one code a line")],
    version: Annotated[int | None, typer.Option(min=1, max=9, help="key version; default: the newest")] = None,
    custodian: Annotated[str | None, typer.Option(help="the person who answers for them")] = None,
    countersign: Annotated[
        bool, typer.Option("--countersign", help="after a tab, four digits that only a genuine answer returns")
    ] = False,
    long: Annotated[bool, typer.Option("--long", help="20 digits, for goods worth more guessing")] = False,
    actor: ActorName = None,
    config: ConfigFile = None,
) -> None:
    """Issue new codes to a party; the file is there as a whole, or nothing was issued."""
    from gateway.cli.codes import Issue
    from gateway.cli.codes import issue as run
    from gateway.domain.code import LONG_VERSION

    if long and version not in (None, LONG_VERSION):
        raise typer.BadParameter("codes of 20 digits have version 9; leave --version out")
    number = LONG_VERSION if long else version
    run(config, Issue(klass, count, party, out, number, custodian, countersign=countersign), actor)


@codes.command()
def bind(
    code: Code,
    to: To = None,
    batch: Annotated[str | None, typer.Option(help="goods: the number of their batch")] = None,
    cylinder: Annotated[str | None, typer.Option(help="a seal: the cylinder's stamp number")] = None,
    vehicle: Annotated[str | None, typer.Option(help="a vehicle's plate")] = None,
    station: Annotated[str | None, typer.Option(help="a filling station's id")] = None,
    policy: Annotated[
        Literal["covert", "open"] | None, typer.Option(help="of a batch's labels; default: its type's")
    ] = None,
    actor: ActorName = None,
    config: ConfigFile = None,
) -> None:
    """Bind a run of labels to a batch, or one label to a cylinder (using up its last seal), a vehicle, a station."""
    from gateway.cli.codes import Thing
    from gateway.cli.codes import bind as run
    from gateway.domain.trace import RepeatPolicy

    if sum(name is not None for name in (batch, cylinder, vehicle, station)) != 1:
        raise typer.BadParameter("say what it is bound to: one of --batch, --cylinder, --vehicle, --station")
    run(config, (code, to), Thing(batch, cylinder, vehicle, station), RepeatPolicy(policy) if policy else None, actor)


@codes.command()
def void(
    reason: Reason,
    code: Annotated[str | None, typer.Argument(metavar="[CODE]")] = None,
    to: To = None,
    file: Annotated[Path | None, typer.Option("--file", help="end all codes of a file, one a line")] = None,
    lost: Annotated[bool, typer.Option("--lost")] = False,
    stolen: Annotated[bool, typer.Option("--stolen")] = False,
    scrapped: Annotated[bool, typer.Option("--scrapped")] = False,
    actor: ActorName = None,
    config: ConfigFile = None,
) -> None:
    """Cancel labels, or say that they are lost, stolen or scrapped; nothing makes them good again."""
    from gateway.cli.codes import end, end_listed
    from gateway.domain.labels import Act
    from gateway.filing.labels import Ending

    said = [act for act, given in ((Act.LOSE, lost), (Act.STEAL, stolen), (Act.SCRAP, scrapped)) if given]
    if len(said) > 1:
        raise typer.BadParameter("one of --lost, --stolen, --scrapped; none: they are cancelled")
    ending = Ending(said[0] if said else Act.CANCEL, reason)
    if file is not None and code is None:
        end_listed(config, file, ending, actor)
    elif code is not None and file is None:
        end(config, (code, to), ending, actor)
    else:
        raise typer.BadParameter("give a CODE, or --file FILE")


@codes.command("return")
def return_(
    code: Code,
    to: To = None,
    destroyed: Annotated[bool, typer.Option("--destroyed", help="they were destroyed")] = False,
    reason: Annotated[str, typer.Option("--reason", help="kept in the ledger")] = "",
    actor: ActorName = None,
    config: ConfigFile = None,
) -> None:
    """Take back labels that were not used, or say that they were destroyed."""
    from gateway.cli.codes import end
    from gateway.domain.labels import Act
    from gateway.filing.labels import Ending

    end(config, (code, to), Ending(Act.DESTROY if destroyed else Act.RETURN, reason), actor)


@codes.command()
def verify(code: Code, config: ConfigFile = None) -> None:
    """Print a code's class, version, state, record and party; exit 1 where it was never issued."""
    from gateway.cli.codes import verify as run

    if not run(config, code):
        raise typer.Exit(1)


@codes.command()
def register(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a firm's own codes, one a line")],
    batch: Annotated[str, typer.Option(help="the batch that bears them")],
    type_: Annotated[str | None, typer.Option("--type", help="its record type, where two have such a batch")] = None,
    hashed: Annotated[
        bool, typer.Option("--hashed", help="keep them as HMAC: the database does not tell them")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Take codes that a firm printed itself; all of the file or none."""
    from gateway.cli.codes import register as run

    run(config, file, batch, type_, hashed=hashed)


@codes.command()
def ledger(
    party: Annotated[str | None, typer.Option(help="of this party only")] = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """What became of each issue: bound, used, void, returned, destroyed, left."""
    from gateway.cli.codes import ledger as run

    run(config, party, as_json=as_json)


@codes.command()
def qr(
    code: Annotated[list[str], typer.Argument(metavar="CODE…", help="as printed, a lift's number or a plate")],
    out: Annotated[Path, typer.Option("-o", "--out", help="a folder, or x.svg for one code")],
    config: ConfigFile = None,
) -> None:
    """Write a label's QR code as SVG: the address of its page, under `public_url`."""
    from gateway.cli.qr import qr as run

    run(config, code, out)


@codes.command("new-version")
def new_version(
    long: Annotated[bool, typer.Option("--long", help="the key of 20-digit codes")] = False, config: ConfigFile = None
) -> None:
    """Make a new key for codes to come; those printed before stay good."""
    from gateway.cli.codes import new_version as run

    run(config, long=long)
