"""How pages are made: templates in two languages, style sheets and modules under names that change with them."""

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.console import writing
from gateway.console.deeds import about_in_words, deed_in_words
from gateway.console.page import PREFIX
from gateway.console.rules import in_words, reason_in_words
from gateway.console.titles import words_of
from gateway.domain.classes import VerdictClass
from gateway.domain.reply import Plain

if TYPE_CHECKING:
    from gateway.console.visit import Visit

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Statics:
    """The files beside the pages; all stand under one hash, so that modules find each other by relative names."""

    files: Mapping[str, bytes]
    folder: str

    @classmethod
    def read(cls) -> "Statics":
        """Read them out of the package."""
        folder = resources.files("gateway.console").joinpath("static")
        files = {one.name: one.read_bytes() for one in sorted(folder.iterdir(), key=lambda one: one.name)}
        digest = sha256(b"".join(name.encode() + body for name, body in files.items())).hexdigest()[:12]
        return cls(files, f"{PREFIX}/static/{digest}")

    def address(self, name: str) -> str:
        """Return where a file is. Raises `KeyError` for one that is not there."""
        self.files[name]
        return f"{self.folder}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Return a file; nobody has to be signed in for it."""
        name = request.match_info["name"]
        if name not in self.files:
            raise web.HTTPNotFound
        headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"}
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        return web.Response(body=self.files[name], content_type=kind, charset="utf-8", headers=headers)


class Looks:
    """Makes pages."""

    def __init__(self, service: Mapping[str, Plain], bar: "Callable[[Visit], list[Mapping[str, Any]]]") -> None:
        self.statics = Statics.read()
        self.headers = HEADERS
        self._bar = bar
        self._service = service
        self._environments: dict[str, Environment] = {}

    def gettext(self, locale: str) -> Callable[[str], str]:
        """Return what says a Chinese sentence in this language."""
        return _translations(locale).gettext

    def render(self, template: str, visit: "Visit", **values: Any) -> str:  # noqa: ANN401 - for the template
        """Return the HTML of a page, or of a part of one."""
        environment = self._environment(visit.locale)
        shown: dict[str, Any] = {
            "visit": visit,
            "user": visit.session.user if visit.session else None,
            "lang": "zh-CN" if visit.locale == "zh" else visit.locale,
            "csrf": visit.site.sessions.csrf(visit.request),
            "bar": self._bar(visit) if visit.session else [],
            "health": _health(visit),
            "now": visit.now,
            **values,
        }
        return environment.get_template(template).render(shown)

    def warm(self) -> None:
        """Compile all pages in Chinese, which takes half a second."""
        environment = self._environment("zh")
        for name in environment.list_templates():
            environment.get_template(name)

    def _environment(self, locale: str) -> Environment:
        made = self._environments.get(locale)
        if made is None:
            made = self._environments[locale] = self._made(locale)
        return made

    def _made(self, locale: str) -> Environment:
        environment = Environment(
            loader=PackageLoader("gateway.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            auto_reload=False,
        )
        translations = _translations(locale)
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined] # jinja2.ext.i18n's
        environment.globals.update(self._service, static=self.statics.address, prefix=PREFIX)
        environment.globals.update(class_word=lambda kind: VerdictClass(kind).word, kept_whole=writing.kept_whole)
        environment.filters.update(writing.filters(translations.gettext))
        environment.filters["words"] = lambda edition: words_of(edition, translations.gettext)
        environment.filters["rule"] = lambda rule: _ruled(rule, translations.gettext)
        environment.filters["reason"] = lambda reason: reason_in_words(reason, translations.gettext)
        environment.filters["about"] = lambda name: about_in_words(name, translations.gettext)
        environment.filters["deed"] = lambda action: deed_in_words(action, translations.gettext)
        return environment


def _ruled(rule: str, say: Callable[[str], str]) -> str:
    sentence, rest = in_words(rule)
    return f"{say(sentence)}{rest}"


def _health(visit: "Visit") -> Mapping[str, str]:
    health = visit.site.health()
    lines = list(health.lines.values())
    if not health.answering or (lines and not health.ready):
        return {"kind": "danger", "word": visit._("停用")}
    if any(not line.get("ready") for line in lines):
        return {"kind": "warning", "word": visit._("部分停用")}
    return {"kind": "genuine", "word": visit._("正常")}


@lru_cache
def _translations(locale: str) -> gettext.NullTranslations:
    """Return the catalogue; sentences stand in the source in Chinese."""
    if locale == "zh":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo  # only where somebody reads another language
    from babel.messages.pofile import read_po

    source = resources.files("gateway.console").joinpath("locale", locale, "console.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
