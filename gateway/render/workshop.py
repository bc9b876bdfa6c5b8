"""Where an operator's draft is compiled, filled in and measured, without being said to anybody."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from gateway.domain.errors import TemplateFault
from gateway.domain.proof import MOST_CHARACTERS, Kind, Proof, Run, Size, Source, Utterance, WordingFault
from gateway.domain.reply import Clause, Plain
from gateway.render import explaining
from gateway.render.fitting import MANDATORY, Fitted, Piece, fit, must, pieces, whole
from gateway.render.language import WRITTEN, Language, Words, printable
from gateway.render.lines import Lines
from gateway.render.sms import SmsRenderer
from gateway.render.voice import MARKED, MARKS, SPOKEN, VoiceRenderer, said, said_at_least, sounds
from gateway.text.segments import split

# Around each printed value. Like the marks of optional parts: no value and no template can hold them.
_VALUE, _END = "\x04", "\x05"
_UNMARK: Final = str.maketrans("", "", _VALUE + _END)
_UNSAID: Final = str.maketrans("", "", "".join(MARKS))


def _marked(value: object) -> object:
    shown = printable(value)
    # An undefined value raises where it is printed, with its own words.
    return f"{_VALUE}{shown}{_END}"


_MARKED: Final = Language(finalize=_marked)


class DraftBench:
    """`proof.Bench`."""

    def __init__(self, source: Source, sms: SmsRenderer, voice: VoiceRenderer) -> None:
        """Compile; raises `TemplateFault`."""
        for text in (source.sms, source.voice):
            if len(text) > MOST_CHARACTERS:
                raise TemplateFault(f"sms:1: {len(text)} characters, a draft has at most {MOST_CHARACTERS}")
        signature = sms.signature
        if signature and signature in source.sms:
            line = source.sms.count("\n", 0, source.sms.index(signature)) + 1
            raise TemplateFault(f"sms:{line}: contains the signature; it is put in front once")
        self._signature, self._sms, self._voice = signature, sms, voice
        self._plain = Words(source.sms, Path("sms"), WRITTEN)
        self._with_marks = Words(source.sms, Path("sms"), _MARKED)
        self._spoken = Words(source.voice, Path("voice"), MARKED) if source.voice.strip() else None

    def size(self, clause: Clause) -> Size:
        """Measure one text."""
        rendered = self._plain.render(self._sms.templates.values(clause))
        full, fitted = self._fitted(rendered)
        return self._size(full, fitted, list(pieces(rendered)))

    def proof(self, clause: Clause) -> Proof:
        """Return one text, each character with where it comes from."""
        values = self._sms.templates.values(clause)
        rendered, marked = self._plain.render(values), list(pieces(self._with_marks.render(values)))
        full, fitted = self._fitted(rendered)
        size = self._size(full, fitted, list(pieces(rendered)))
        kept = [piece for piece in marked if piece.level not in size.dropped]
        text, encoding = fitted.text, fitted.size.encoding
        dropped = [Run(p.text.translate(_UNMARK), Kind.TEXT, p.level) for p in marked if p.level in size.dropped]
        return Proof(
            text=text,
            encoding=encoding.value,
            segments=(text,) if fitted.size.segments == 1 else split(text),
            runs=tuple(_aligned(self._signature, text, kept)),
            dropped=tuple(sorted(dropped, key=lambda run: -run.level)),
            must=must("", list(pieces(rendered))).text,
            size=size,
        )

    def spoken(self, clause: Clause) -> Sequence[str]:
        """Return what is said, one clause each."""
        return self.utterance(clause).clauses

    def utterance(self, clause: Clause) -> Utterance:
        """Return what is said, taken apart; nothing where nothing of its own is."""
        if self._spoken is None:
            return Utterance((), (), 0, ())
        rendered = [self._spoken.render(self._voice.templates.values(clause))]
        clauses, least = said(rendered), tuple(one.translate(_UNSAID) for one in said_at_least(rendered))
        values = tuple(MARKS[mark] for one in clauses for mark in one if mark in MARKS)
        return Utterance(tuple(one.translate(_UNSAID) for one in clauses), least, sounds("".join(least)), values)

    def _fitted(self, rendered: str) -> tuple[Fitted, Fitted]:
        full = whole(self._signature, [rendered])
        return full, full if full.size.segments == 1 else fit(self._signature, [list(pieces(rendered))])

    def _size(self, full: Fitted, fitted: Fitted, parts: Sequence[Piece]) -> Size:
        least = must(self._signature, parts).size
        dropped = {piece.level for piece in parts} - fitted.kept
        return Size(
            units=fitted.size.units,
            segments=fitted.size.segments,
            whole=full.size.units,
            must=least.units,
            must_segments=least.segments,
            dropped=tuple(sorted(dropped, reverse=True)),
        )


class RenderWorkshop:
    """`proof.Workshop` over the renderers that answer citizens."""

    def __init__(self, sms: SmsRenderer, voice: VoiceRenderer) -> None:
        self._sms, self._voice = sms, voice
        self._compiled = lru_cache(maxsize=256)(lambda source: DraftBench(source, sms, voice))

    def shipped(self, record_type: str, name: str) -> Source | None:
        """Return version 0."""
        sms = self._sms.templates.shipped.get((record_type, name))
        voice = self._voice.templates.shipped.get((record_type, name), "")
        return None if sms is None else Source(record_type, name, _read(sms), _read(voice))

    def keys(self) -> list[tuple[str, str]]:
        """Return all that have words of their own."""
        return sorted(self._sms.templates.shipped)

    def faults(self, source: Source, known: frozenset[str] | None) -> list[WordingFault]:
        """Return what is wrong with a draft, in Chinese."""
        found: list[WordingFault] = []
        for part, text, language in (("sms", source.sms, WRITTEN), ("voice", source.voice, SPOKEN)):
            if not text.strip():
                found += [WordingFault("sms", 1, "短信不能是空的")] if part == "sms" else []
                continue
            try:
                self._compiled(replace(source, **{"sms": "", "voice": "", part: text}))
            except TemplateFault as err:
                found.append(explaining.explained(str(err), part, text))
            else:
                found += explaining.unknown_names(text, part, language, known) if known is not None else []
        return found

    def bench(self, source: Source) -> DraftBench:
        """Compile a draft. Raises `TemplateFault`."""
        return self._compiled(source)

    def fixed(self, source: Source) -> list[str]:
        """Return the spoken lines that are the same in all answers, on whatever branch. Raises `TemplateFault`."""
        return Lines((), self.common, (source.voice,)).fixed()

    def explained(self, fault: str) -> str:
        """Return what a fault says, for operators."""
        part = "voice" if fault.startswith("voice:") else "sms"
        known = explaining.explained(fault, part, "\n" * MOST_CHARACTERS)
        return f"{'语音' if part == 'voice' else '短信'}第 {known.line} 行：{known.text}"

    @property
    def common(self) -> dict[str, Plain]:
        """Return the values that every template may use."""
        return self._sms.templates.values(Clause("", {}))


def _read(text: str) -> str:
    """Return a file's text as an editor shows it."""
    return text.replace("\r\n", "\n").strip("\n")


def _aligned(signature: str, text: str, kept: Sequence[Piece]) -> Iterator[Run]:
    """Give each character of the text its origin; what tidying took out (doubled blanks) is skipped on the way."""
    if signature:
        yield Run(signature, Kind.SIGNATURE)
    origins = _origins(kept)
    run, kind, level = "", Kind.TEXT, MANDATORY
    for character in text[len(signature) :]:
        found = next((one for one in origins if one[0] == character), None)
        if found is None:  # cannot be: tidying only takes out
            break
        if (found[1], found[2]) != (kind, level) and run:
            yield Run(run, kind, level)
            run = ""
        run, kind, level = run + character, found[1], found[2]
    if run:
        yield Run(run, kind, level)


def _origins(kept: Sequence[Piece]) -> Iterator[tuple[str, Kind, int]]:
    kind = Kind.TEXT
    for piece in kept:
        for character in piece.text:
            if character == _VALUE:
                kind = Kind.VALUE
            elif character == _END:
                kind = Kind.TEXT
            else:
                yield character, kind, piece.level
