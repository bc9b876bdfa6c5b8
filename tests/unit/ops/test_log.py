"""No line of the log shows a number in clear, whoever wrote it (DOMAIN T12)."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ops import log

MOBILE, IDENTITY = "13812345678", "110101199003077176"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        MOBILE,
        f"+86{MOBILE}",
        f"86{MOBILE}",
        f"0086{MOBILE}",
        f"从{MOBILE}来",
        f"number={MOBILE},",
        f'"{MOBILE}"',
        f"AT+CMGS={MOBILE}\r",
        f"x_{MOBILE}",
        f"tel:{MOBILE}",
        f"-{MOBILE}-",
        f"0{MOBILE}",
        f"CX{MOBILE}请查",
    ],
)
def test_a_mobile_number_is_masked_wherever_it_stands(text: str) -> None:
    shown = log.masked(text)
    assert MOBILE not in shown
    assert "138****5678" in shown


@pytest.mark.parametrize("text", [IDENTITY, f"证{IDENTITY}号", "11010119900307717X", "11010119900307717x."])
def test_an_id_number_is_masked(text: str) -> None:
    shown = log.masked(text)
    assert "19900307" not in shown
    assert "110101***********" in shown


@pytest.mark.parametrize(
    "text",
    [
        "1688012345678904",  # a code: sixteen digits
        "01a20152-7fd3-72e0-9e6d-6efba0a9f81d",
        "01a20152-7fd3-72e0-9e6d-138123456781",  # the end of an id may look like a number
        "10086",
        "2026-11-22 03:42:58,685",
        "0473-8123456",
    ],
)
def test_what_is_no_person_s_number_stays(text: str) -> None:
    assert log.masked(text) == text


@pytest.mark.parametrize("style", ["json", "text"])
def test_messages_fields_and_tracebacks_are_masked(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG", style)
    logger = logging.getLogger("gateway.test")
    logger.info("from %s", MOBILE, extra={"text": f"我是{IDENTITY}", "numbers": [MOBILE, {MOBILE: int(MOBILE)}]})
    logger.info("\t%s", MOBILE, extra={"path": Path(f"/tmp/{MOBILE}"), "error": OSError(f"\n{MOBILE}")})
    try:
        int(f"\n{MOBILE} {IDENTITY} x")
    except ValueError:
        logger.exception("failed")
    written = capsys.readouterr().err
    assert "gateway.test" in written
    assert "Traceback" in written
    assert MOBILE not in written
    assert IDENTITY not in written


def test_json_is_one_object_a_line_even_with_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO", "json")
    try:
        int("two\nlines")
    except ValueError:
        logging.getLogger("gateway.test").exception("failed\nhere", extra={"inquiry": "1"})
    [line] = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["level"], event["message"], event["inquiry"]) == ("ERROR", "failed\nhere", "1")


def test_a_text_line_ends_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO", "text")
    logging.getLogger("gateway.test").warning("modem down", extra={"modem": "sim1", "error": "gone"})
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("WARNING gateway.test: modem down modem=sim1 error=gone")


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("WARNING", "text")
    logging.getLogger("gateway.test").info("quiet")
    assert capsys.readouterr().err == ""
