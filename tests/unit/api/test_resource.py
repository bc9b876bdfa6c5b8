"""What a resource may be, and what the OpenAPI document says of it."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest

from gateway.api import openapi
from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.filing.books import Books


class Path(msgspec.Struct, frozen=True):
    plate: str
    since: int = 0


class Sent(msgspec.Struct, frozen=True):
    kg: Annotated[float, msgspec.Meta(gt=0)]


class Given(msgspec.Struct, frozen=True):
    id: str


def act(books: Books, call: Call[Path, Sent]) -> Given:
    return Given("1")


async def view(call: Call[Path, Nothing]) -> Given:
    return Given("1")


def a_resource(**changes: Any) -> AnyResource:  # noqa: ANN401 - any of its fields
    fields: dict[str, Any] = {
        "method": "POST",
        "path": "/api/v1/vehicles/{plate}/fills",
        "summary": "A fill",
        "answer": Given,
        "parameters": Path,
        "body": Sent,
        "roles": frozenset({Role.STATION}),
        "act": act,
        "status": 201,
        "location": lambda given: f"/api/v1/fills/{given.id}",
    }
    return Resource(**(fields | changes))


def described(resource: AnyResource) -> dict[str, Any]:
    document = json.loads(openapi.document([resource], "https://fx100.example"))
    assert document["servers"] == [{"url": "https://fx100.example"}]
    [operations] = document["paths"].values()
    return dict(operations[resource.method.lower()]) | {"components": document["components"]["schemas"]}


def test_an_act_is_described_by_what_it_declares() -> None:
    found = described(a_resource())
    where = {one["name"]: (one["in"], one["required"]) for one in found["parameters"]}
    assert where == {"plate": ("path", True), "since": ("query", False), "Idempotency-Key": ("header", False)}
    assert found["security"] == [{"key": []}]
    assert found["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Sent"}
    assert found["components"]["Sent"]["properties"]["kg"]["exclusiveMinimum"] == 0
    assert set(found["responses"]) >= {"201", "400", "401", "403", "404", "409", "413", "415", "422", "503"}
    assert "Location" in found["responses"]["201"]["headers"]


def test_a_public_view_needs_no_key_and_has_no_body() -> None:
    found = described(
        a_resource(
            method="GET",
            act=None,
            view=view,
            body=Nothing,
            roles=frozenset(),
            status=200,
            location=None,
            media=("text/csv",),
        )
    )
    assert {} in found["security"]
    assert "requestBody" not in found
    assert set(found["responses"]["200"]["content"]) == {"application/json", "text/csv"}
    assert not {"403", "409", "413", "415"} & set(found["responses"])


@pytest.mark.parametrize(
    "changes",
    [
        {"view": view},
        {"act": None},
        {"method": "GET"},
        {"method": "GET", "act": None, "view": view},
        {"roles": frozenset()},
    ],
)
def test_a_resource_that_contradicts_itself_cannot_be_declared(changes: dict[str, Callable[..., Any]]) -> None:
    with pytest.raises(ValueError, match="/api/v1/vehicles"):
        a_resource(**changes)
