"""`gateway ask`: the very path of a text, printed in place of sent."""

import json
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.filing.books import Phone
from gateway.store.tables import phones
from gateway.text.spoken import tail
from tests.peers.commands import GATEWAY, environment
from tests.peers.site import Site

FIRST, SECOND = "13800000001", "13800000002"
NOT_OURS = "1688012345678904"

pytestmark = pytest.mark.timeout(240)


def test_a_covert_code_asked_twice_by_one_and_once_by_another(site: Site) -> None:
    code = site.bottle(0)
    first, own, other = site.ask(f"CX{code}", FIRST), site.ask(f"CX{code}", FIRST), site.ask(f"CX{code}", SECOND)
    assert [one["answers"][0]["verdict"] for one in (first, own, other)] == [
        "GENUINE_FIRST",
        "SELF_REPEAT",
        "REPEAT_WARN",
    ]
    assert [one["answers"][0]["query_count"] for one in (first, own, other)] == [1, 2, 3]
    assert len({one["answers"][0]["first_queried_at"] for one in (first, own, other)}) == 1
    assert datetime.fromisoformat(first["answers"][0]["first_queried_at"]).utcoffset() == timedelta(hours=8)


def test_one_answer_has_the_form_that_programs_rely_on(site: Site) -> None:
    code = site.bottle(1)
    answer = site.ask(f"CX{code}", f"+86{FIRST}")
    assert set(answer) == {"inquiry", "intent", "codes", "answers", "replies", "spoken"}
    assert (answer["intent"], answer["codes"], answer["spoken"]) == ("query", [code], None)
    [reply] = answer["replies"]
    assert set(reply) == {"text", "encoding", "segments"}
    assert (reply["encoding"], reply["segments"]) == ("ucs2", 1)
    [one] = answer["answers"]
    assert set(one) == {"code", "record_type", "verdict", "reasons", "query_count", "first_queried_at"}


ODD: Mapping[str, tuple[str, list[str]]] = {
    "": ("none", []),
    "你好": ("none", []),
    "BZ": ("help", []),
    "CX": ("help", []),
    "TD": ("optout", []),
    "CX123": ("malformed", ["MALFORMED"]),
    "6901028075831": ("malformed", ["WRONG_KIND"]),
    f"CX{NOT_OURS}": ("query", ["UNKNOWN"]),
    f"JB {NOT_OURS} 假酒": ("report", []),
    "{{7*7}}{% for x in y %}": ("none", []),
    "'; DROP TABLE labels; --": ("none", []),
    "\0\x1b\x1a": ("none", []),
    "x" * 10_000: ("none", []),
}


def test_odd_texts_have_their_intents(shared: Site, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(json.dumps({"text": text, "from": FIRST}) for text in ODD))
    answered = shared.run("ask", "--jsonl", questions, "--dry")
    heard = [json.loads(line) for line in answered.stdout.splitlines()]
    assert [(one["intent"], [each["verdict"] for each in one["answers"]]) for one in heard] == list(ODD.values())


def test_bytes_that_are_no_text_are_understood_as_far_as_they_go(shared: Site) -> None:
    assert shared.ask(b"CX\xff\xfe", FIRST, "--dry")["intent"] == "help"


@pytest.mark.parametrize("sender", ["10086", "abc", "", b"\xff\xfe"])
def test_who_is_never_answered_is_said_why(shared: Site, sender: str | bytes) -> None:
    assert shared.ask("电梯012345", sender, "--dry")["replies"] == []
    told = shared.run("ask", "电梯012345", "--from", sender, "--dry")
    assert told.stdout == "（不回复：not a mobile number: never answered by SMS）\n"


def test_dry_counts_nothing_and_keeps_nothing(site: Site) -> None:
    code = site.bottle(2)
    for _ in range(2):
        [answer] = site.ask(f"CX{code}", FIRST, "--dry")["answers"]
        assert (answer["verdict"], answer["query_count"]) == ("GENUINE_FIRST", 1)
    assert site.ask(f"CX{code}", SECOND)["answers"][0]["verdict"] == "GENUINE_FIRST"


def test_what_was_printed_counts_as_delivered(site: Site) -> None:
    """An answer that did not arrive is heard again uncounted; one that was printed did arrive."""
    code = site.bottle(3)
    site.ask(f"CX{code}", FIRST)
    assert site.ask(f"CX{code}", FIRST)["answers"][0]["verdict"] == "SELF_REPEAT"


def test_a_file_of_questions_is_answered_line_by_line_in_order(site: Site, tmp_path: Path) -> None:
    code = site.bottle(4)
    questions = tmp_path / "questions.jsonl"
    asked = [("CX" + code, FIRST), ("BZ", FIRST), ("CX" + code, SECOND), ("CX" + code, FIRST)]
    questions.write_text("\n\n".join(json.dumps({"text": text, "from": sender}) for text, sender in asked))
    answered = site.run("ask", "--jsonl", questions)
    assert answered.returncode == 0, answered.stderr
    heard = [json.loads(line) for line in answered.stdout.splitlines()]
    verdicts = [[one["verdict"] for one in each["answers"]] for each in heard]
    assert verdicts == [["GENUINE_FIRST"], [], ["REPEAT_WARN"], ["SELF_REPEAT"]]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{bad", ":2: not a question; write"),
        ("[1]", ":2: not a question; write"),
        ('{"text": "CX"}', ":2: not a question; write"),
        ('{"text": 5, "from": "138"}', ":2: takes text, from, to and channel (sms or voice), each a string"),
        ('{"text": "a", "from": "138", "to": 5}', ":2: takes text, from, to and channel (sms or voice), each a"),
        ('{"text": "a", "from": "138", "channel": "fax"}', ":2: takes text, from, to and channel (sms or voice)"),
        ('{"text": "a", "from": "138", "sender": "139"}', ":2: takes text, from, to and channel (sms or voice)"),
    ],
)
def test_a_bad_line_is_told_before_anything_is_asked(shared: Site, tmp_path: Path, line: str, told: str) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"text": "BZ", "from": FIRST}) + "\n" + line)
    refused = shared.run("ask", "--jsonl", questions)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{questions}{told}" in refused.stderr


def test_a_file_that_cannot_be_read_is_told(shared: Site, tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in shared.run("ask", "--jsonl", tmp_path).stderr
    (tmp_path / "gbk").write_bytes('{"text": "查询", "from": "138"}'.encode("gbk"))
    assert "not UTF-8 at octet 10; save it as UTF-8" in shared.run("ask", "--jsonl", tmp_path / "gbk").stderr


def test_a_caller_hears_what_a_text_would_have_said(site: Site) -> None:
    code = site.bottle(5)
    first, own, other = (site.ask(code, who, "--channel", "voice") for who in (FIRST, FIRST, "0473-2000000"))
    assert [one["answers"][0]["verdict"] for one in (first, own, other)] == [
        "GENUINE_FIRST",
        "SELF_REPEAT",
        "REPEAT_WARN",
    ]
    assert (first["intent"], first["codes"], first["replies"]) == ("query", [code], [])
    assert first["spoken"].startswith(f"首次查询，是正品。编码尾号{tail(code)}。")
    assert own["spoken"].startswith(f"您已查过此码，结果为正品。编码尾号{tail(code)}。")
    assert other["spoken"].startswith(f"警惕，该防伪码不是首次查询。编码尾号{tail(code)}。已查三次。")


def test_what_is_keyed_and_what_is_texted_is_one_row_of_questions(site: Site) -> None:
    code = site.bottle(8)
    assert site.ask(code, FIRST, "--channel", "voice")["answers"][0]["verdict"] == "GENUINE_FIRST"
    texted = site.ask(f"CX{code}", FIRST)
    assert (texted["answers"][0]["verdict"], texted["spoken"]) == ("SELF_REPEAT", None)


KEYED: Mapping[str, tuple[str, list[str], str]] = {
    "012345": ("query", ["ELEV_OK"], "电梯状况正常。"),
    "01234": ("malformed", ["MALFORMED"], "电梯编号有误，"),
    "1": ("malformed", ["MALFORMED"], "编码有误，"),
    NOT_OURS[:-1]: ("malformed", ["MALFORMED"], "编码有误，"),
    "13800000001": ("malformed", ["WRONG_KIND"], "您输入的不是查询编码，"),
    NOT_OURS: ("query", ["UNKNOWN"], "未查到该编码。"),
    f"CX {NOT_OURS[:8]} {NOT_OURS[8:]}#": ("query", ["UNKNOWN"], "未查到该编码。"),
    "TD 蒙C12": ("malformed", ["MALFORMED"], "编码有误，"),
}


def test_keys_are_a_lift_s_number_or_a_code_and_nothing_else(shared: Site, tmp_path: Path) -> None:
    questions = tmp_path / "keyed.jsonl"
    lines = (json.dumps({"text": keys, "from": "", "channel": "voice"}) for keys in KEYED)
    questions.write_text("\n".join(lines))
    heard = [json.loads(line) for line in shared.run("ask", "--jsonl", questions, "--dry").stdout.splitlines()]
    for (intent, verdicts, opening), one in zip(KEYED.values(), heard, strict=True):
        assert (one["intent"], [each["verdict"] for each in one["answers"]]) == (intent, verdicts)
        assert one["spoken"].startswith(opening)
        assert one["replies"] == []


def test_many_may_ask_at_once(site: Site) -> None:
    """Four processes on one database: one hears that he is the first."""
    code = site.bottle(6)
    asking = [
        subprocess.Popen(
            [*GATEWAY, "ask", f"CX{code}", "--from", f"1380000100{n}", "--json", "-c", site.file],
            stdout=subprocess.PIPE,
            env=environment(),
        )
        for n in range(4)
    ]
    heard = [json.loads(one.communicate(timeout=100)[0])["answers"][0] for one in asking]
    assert sorted(one["verdict"] for one in heard) == ["GENUINE_FIRST", *["REPEAT_WARN"] * 3]
    assert sorted(one["query_count"] for one in heard) == [1, 2, 3, 4]


def test_a_database_locked_by_another_is_waited_for_and_then_unavailable(shared: Site) -> None:
    code = shared.bottle(7)
    with closing(sqlite3.connect(shared.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asked = shared.run("ask", f"CX{code}", "--from", FIRST, "--json")
        other.execute("ROLLBACK")
    assert [one["verdict"] for one in json.loads(asked.stdout)["answers"]] == ["UNAVAILABLE"]
    assert "database is locked" in asked.stderr
    assert shared.ask(f"CX{code}", FIRST)["answers"][0]["verdict"] == "GENUINE_FIRST"


def test_a_registered_phone_with_its_pin_hears_what_it_would_by_text(site: Site) -> None:
    phone = Phone(Address(f"86{FIRST}"), "office-wuhai", Role.OFFICE)
    site.file_in(lambda books: books.phones.add(phone, "482913", datetime.now(UTC), alerts=False))
    [reply] = site.ask("CQ 蒙C99999 #482913", FIRST)["replies"]
    assert "蒙C99999" in reply["text"]  # in full, as nobody else reads it
    for _ in range(5):
        [reply] = site.ask("CQ 蒙C99999 #000000", FIRST, "--dry")["replies"]
        assert "密码不正确" in reply["text"]  # and counts nothing
    assert "密码不正确" in site.ask("CQ 蒙C99999 #000000", FIRST)["replies"][0]["text"]
    counted: list[int] = []
    site.transact(lambda connection: counted.extend(connection.execute(select(phones.c.failures)).scalars()))
    assert counted == [1]
