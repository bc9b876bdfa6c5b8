"""The OpenAPI document against the service it describes: no request, fitting or not, gets what it does not say."""

from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from tests.peers.site import Site
from tests.peers.web import served

# So many requests that fit, and as many that do not, for each operation: half a minute in all.
EXAMPLES = 20
# What fits the schema may still break a rule, 31 June or a fill above the weight: that is told by 422.
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "422", "429"]},
        "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "413", "415", "422"]},
    }
}

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]  # the library's own warnings


@pytest.fixture(scope="module")
def key(shared: Site) -> str:
    made = shared.run("key", "add", "--role", "admin")
    assert made.returncode == 0, made.stderr
    return made.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def address(shared: Site) -> Iterator[str]:
    with served(shared) as found:
        yield found


def test_the_service_does_what_its_document_says(address: str, key: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json", config=SchemathesisConfig.from_dict(CONFIG))
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @seed(100)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def each(case: "Case[Any]") -> None:
                case.call_and_validate(base_url=address, headers={"Authorization": f"Bearer {key}"})

            try:
                each()
            except Unsatisfiable:  # any text fits: there is no request that does not
                assert (operation.method, mode) == ("get", GenerationMode.NEGATIVE), operation.label


def test_every_operation_of_the_design_is_described(address: str) -> None:
    with urlopen(f"{address}/api/openapi.json", timeout=10) as answer:
        document = msgspec.json.decode(answer.read())
    assert document["openapi"].startswith("3.1")
    described = {f"{method} {path}" for path, found in document["paths"].items() for method in found}
    assert described >= {
        "get /api/v1/query/{code}",
        "post /api/v1/query/{code}",
        "post /api/v1/fill-permits",
        "post /api/v1/fill-events",
        "post /api/v1/delivery-events",
        "post /api/v1/inspection-events",
        "post /api/v1/registration-events",
        "post /api/v1/elevator-events",
        "post /api/v1/records/{type}",
        "get /api/v1/deny-list",
    }
