"""`gateway codes qr`: the pictures that printers put on labels."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import segno
import typer

from gateway import settings as config
from gateway.domain.errors import BadSettings, GatewayError
from gateway.domain.question import Intent, understand

# White round the code, in modules (ISO/IEC 18004:2015 §6.3.8): without it a phone finds nothing.
QUIET_ZONE = 4
# Medium: 15 % may be lost (ISO/IEC 18004:2015 §6.5.1), as a label on a bottle or a cylinder is scratched.
CORRECTION = "m"


def qr(file: Path | None, codes: Sequence[str], out: Path) -> None:
    """Write an SVG a code: to `out` where that ends in .svg and there is one code, else into the folder `out`."""
    settings = config.load(config.settings_file(file))
    if settings.http.public_url is None:
        raise BadSettings("[http] public_url: say where citizens reach this service; it stands in every QR code")
    keys = [_key(code, settings.service.lift_digits) for code in codes]
    single = out.suffix.lower() == ".svg"
    if single and len(keys) > 1:
        raise GatewayError(f"{out}: one file for {len(keys)} codes; give a folder")
    try:
        (out.parent if single else out).mkdir(parents=True, exist_ok=True)
        for key in keys:
            path = out if single else out / f"{key}.svg"
            picture = segno.make(f"{settings.http.url}/q/{quote(key)}", error=CORRECTION, micro=False)
            picture.save(str(path), kind="svg", border=QUIET_ZONE, scale=4, title=key)
            typer.echo(path)
    except OSError as err:
        raise GatewayError(f"{err.filename or out}: cannot be written: {err.strerror}") from err


def _key(code: str, lift_digits: int) -> str:
    """Return the canonical key of what is printed; refuse what would lead a citizen nowhere."""
    question = understand(code, lift_digits=lift_digits)
    if question.intent is not Intent.QUERY or len(question.tokens) != 1:
        raise GatewayError(f"{code}: not one code; write it as printed on the label")
    return question.tokens[0].key
