"""The OpenAPI 3.1 document, made of the resources themselves, so that it cannot say anything else."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec

from gateway import __version__
from gateway.api.frame import LONGEST_KEY
from gateway.api.problems import MEDIA, Problem
from gateway.api.resource import JSON, AnyResource, Nothing

_Json: TypeAlias = dict[str, Any]

_IN_PATH = re.compile(r"{(\w+)}")
_REFERENCE = "#/components/schemas/{name}"

_ABOUT = (
    "Public queries need no key. All else is asked with `Authorization: Bearer KEY`; a key belongs to one party and "
    "sees that party's things only. A POST that changes something takes an `Idempotency-Key`: sent again with the same "
    "body within a week, a query within 15 minutes, it gets the first answer again. Times are RFC 3339 with offset. "
    "Errors are RFC 9457 problem documents, their `detail` in Chinese. Requests may be limited: 429 says when to try "
    "again."
)
_WHAT = {
    200: "Done.",
    201: "Made.",
    202: "Taken in.",
    400: "Not JSON, or a header that cannot be read.",
    401: "The key is missing, wrong or revoked.",
    403: "The key's role or party may not do this.",
    404: "There is no such thing.",
    408: "The body did not come in time.",
    409: "It contradicts what is there, or its Idempotency-Key was used for another request.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    422: "A rule is broken; `errors` names each field.",
    429: "A limit is reached; see Retry-After.",
    500: "A fault of ours.",
    503: "The database is away or slow. See Retry-After; send it with the same Idempotency-Key, it may be stored.",
}


def document(resources: Iterable[AnyResource], public_url: str) -> bytes:
    """Return the document as JSON."""
    listed = list(resources)
    types = {type_: None for r in listed for type_ in (r.answer, r.body) if type_ is not Nothing}
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REFERENCE)
    schema_of = dict(zip([*types, Problem], schemas, strict=True))
    paths: dict[str, _Json] = {}
    for resource in listed:
        paths.setdefault(resource.path, {})[resource.method.lower()] = _operation(resource, schema_of)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "放心100 query gateway", "version": __version__, "description": _ABOUT},
            "servers": [{"url": public_url}],
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        }
    )


def _operation(resource: AnyResource, schema_of: Mapping[Any, _Json]) -> _Json:
    operation: _Json = {
        "operationId": _name(resource),
        "summary": resource.summary,
        "tags": [resource.tag or "query"],
        "parameters": _parameters(resource),
        "responses": _responses(resource, schema_of),
        "security": [{}, {"key": []}] if resource.public else [{"key": []}],
    }
    if resource.roles:
        operation["description"] = f"Roles: {', '.join(sorted(resource.roles))}."
    if resource.has_body:
        schema = schema_of[resource.body]
        content = {media: {"schema": schema} for media in resource.accepts}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _name(resource: AnyResource) -> str:
    words = re.findall(r"\w+", resource.path.removeprefix("/api/v1/"))
    return "_".join([resource.method.lower(), *words]).replace("-", "_")


def _parameters(resource: AnyResource) -> list[_Json]:
    in_path = set(_IN_PATH.findall(resource.path))
    _, components = msgspec.json.schema_components([resource.parameters], ref_template=_REFERENCE)
    schema = components[resource.parameters.__name__]
    listed = [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path or name in schema.get("required", ()),
            "schema": field,
        }
        for name, field in schema["properties"].items()
    ]
    if resource.heeds_key:
        key = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
        listed.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return listed


def _responses(resource: AnyResource, schema_of: Mapping[Any, _Json]) -> _Json:
    content: _Json = {JSON: {"schema": schema_of[resource.answer]}}
    content |= {media: {"schema": {"type": "string"}} for media in resource.media}
    good: _Json = {"description": _WHAT[resource.status], "content": content}
    if resource.location:
        good["headers"] = {"Location": {"schema": {"type": "string"}}}
    problem = {MEDIA: {"schema": schema_of[Problem]}}
    errors = {
        str(status): {"description": resource.statuses.get(status, _WHAT.get(status, "")), "content": problem}
        for status in sorted(_statuses(resource))
    }
    return {str(resource.status): good, **errors}


def _statuses(resource: AnyResource) -> set[int]:
    """Return which errors follow from what a resource is."""
    always = {HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE}
    found = {int(status) for status in always} | {500} | set(resource.statuses)
    if not resource.public:
        found |= {403}
    if resource.heeds_key:
        found |= {400, 409}
    if resource.act or _IN_PATH.search(resource.path):
        found |= {404}
    if resource.has_body:
        found |= {400, 408, 413, 415}
    return found
