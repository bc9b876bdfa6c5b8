"""Errors as problem documents: what, where, and what to do."""

import json
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import pytest
from aiohttp import web

from gateway.api import problems
from gateway.domain.errors import Refusal, StoreDown, Why
from gateway.pipeline.live import Limited


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    kg: Annotated[float, msgspec.Meta(gt=0)]


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    fills: list[Inner]


def told(err: Exception) -> tuple[int, dict[str, Any]]:
    response = problems.of(err).response()
    assert response.content_type == "application/problem+json"
    assert isinstance(response.body, bytes)
    body = json.loads(response.body)
    assert body["status"] == response.status
    assert body["title"] == HTTPStatus(response.status).phrase
    return response.status, body


@pytest.mark.parametrize(
    ("why", "status"), [(Why.INVALID, 422), (Why.FORBIDDEN, 403), (Why.UNKNOWN, 404), (Why.CONFLICT, 409)]
)
def test_a_refusal_names_its_field(why: Why, status: int) -> None:
    assert told(Refusal(why, "充装量超过最大值", "weight_kg")) == (
        status,
        {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": "充装量超过最大值",
            "errors": [{"field": "weight_kg", "reason": "充装量超过最大值"}],
        },
    )
    assert "errors" not in told(Refusal(why, "不可"))[1]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ('{"fills": [{"kg": "x"}]}', "fills[0].kg"),
        ('{"fills": [{"kg": 0}]}', "fills[0].kg"),
        ('{"fills": [{}]}', "fills[0].kg"),
        ('{"fills": [], "more": 1}', "more"),
        ("{}", "fills"),
        ("[]", ""),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(sent: str, field: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(sent, type=Outer)
    status, body = told(caught.value)
    assert status == 422
    assert [fault["field"] for fault in body["errors"]] == [field]


def test_a_rule_of_our_own_names_its_field_and_the_reason() -> None:
    status, body = told(msgspec.ValidationError("inspection.next_on: 2026-06-31 不是存在的日期 - at `$.record`"))
    assert status == 422
    assert body["errors"] == [{"field": "record.inspection.next_on", "reason": "不是存在的日期"}]


@pytest.mark.parametrize("sent", [b'{"fills": [', b'{"fills": "\xff"}', '{"fills": "充装"}'.encode("gb18030")])
def test_what_is_no_json_is_told_so(sent: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)) as caught:
        msgspec.json.decode(sent)
    assert told(caught.value)[0] == 400


def test_when_to_come_again_is_told() -> None:
    assert problems.of(StoreDown("gone")).response().headers["Retry-After"] == "5"
    assert problems.of(Limited("too much", 61)).response().headers["Retry-After"] == "61"
    assert problems.of(Limited("too much", 0)).response().headers["Retry-After"] == "1"


def test_a_wrong_method_keeps_what_is_allowed() -> None:
    refused = problems.of(web.HTTPMethodNotAllowed("PUT", ["GET", "POST"]))
    assert (refused.status, refused.headers) == (405, {"Allow": "GET,POST"})


def test_what_nobody_foresaw_is_no_problem_of_the_senders() -> None:
    with pytest.raises(ZeroDivisionError):
        problems.of(ZeroDivisionError())
