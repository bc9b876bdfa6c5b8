"""No constant of the program stands before people: what a verdict rests on, what somebody did."""

import re
from pathlib import Path

import pytest

import gateway
from gateway.console.deeds import deed_in_words, deed_of
from gateway.console.rules import reason_in_words
from gateway.domain.labels import Act
from gateway.domain.records.cylinder import Reason
from gateway.domain.ticket import TicketState

ROOT = Path(gateway.__file__).parent
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def plainly(text: str) -> str:
    return text


def reasons() -> set[str]:
    """Return what decisions name as their reasons, as the rules write them."""
    written = "\n".join(path.read_text("utf-8") for path in (ROOT / "domain").rglob("*.py"))
    decided = re.findall(r'Decision\([^()]*\(("[A-Z_]+",)\)\)', written)
    doubted = re.findall(r'^ {8}"([A-Z_]+)": ', written, re.M)
    return {one.strip('",') for one in decided} | set(doubted) | {str(reason) for reason in Reason}


def deeds() -> set[str]:
    """Return what is written into the audit, as the acts name it."""
    written = "\n".join(path.read_text("utf-8") for path in ROOT.rglob("*.py"))
    noted = re.findall(r'audit\.note\(\s*(?:visit\.)?[\w.]+, [^"]*?,\s*"([a-z -]+)"', written)
    ended = {f"{what} {act}" for what in ("label", "labels") for act in Act if act not in (Act.ISSUE, Act.BIND)}
    tickets = {f"ticket {state}" for state in TicketState if state is not TicketState.OPEN}
    return {*noted, *ended - {"labels consume"}, *tickets}


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_reasons_are_told_in_words(reason: str) -> None:
    assert _CHINESE.search(reason_in_words(reason, plainly))


@pytest.mark.parametrize("deed", sorted(deeds()))
def test_deeds_are_told_in_words_and_found_by_them(deed: str) -> None:
    words = deed_in_words(deed, plainly)
    assert _CHINESE.search(words)
    assert deed_of(words, plainly) == deed


def test_what_has_no_words_is_told_as_it_is() -> None:
    assert reason_in_words("NEW_REASON", plainly) == "NEW_REASON"
    assert (deed_in_words("new deed", plainly), deed_of("new deed", plainly)) == ("new deed", "new deed")
