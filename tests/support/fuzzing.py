"""Asks every address of the API what its own description allows, and what it does not, and holds each answer to it.

Requests are generated from the OpenAPI document by schemathesis, fitting it and breaking it; ids of cases, notices and
units that exist are put in their places often enough that a request gets beyond the first look-up.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from tests.support.house import House

KNOWN_ID: Final = 0.6
"""How often an id in a path is one that exists."""
LOGINS: Final = ("shen", "zhai", "shi", "lai", "luo")
schemathesis.checks.load_all_checks()
HELD: Final[list[Any]] = schemathesis.checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


@dataclass(slots=True)
class Fuzzed:
    """What came of it: how many requests, their statuses, and each finding with the request that led to it."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def fuzz(house: House, client: TestClient, *, requests: int, number: int) -> Fuzzed:
    """Send about so many requests, spread over the operations; the same number sends the same ones."""
    description = client.get("/api/openapi.json", headers=house.bearer("shen")).json()
    schema = schemathesis.openapi.from_dict(description)
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    each = max(1, requests // (2 * len(operations)))
    known = _known(house)
    report, rng = Fuzzed(), random.Random(number)
    for place, operation in enumerate(operations):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _send_some(operation.as_strategy(mode), each, number + place, house, client, known, rng, report)
    return report


def _send_some(
    strategy: Any,
    each: int,
    number: int,
    house: House,
    client: TestClient,
    known: Mapping[str, Sequence[str]],
    rng: random.Random,
    report: Fuzzed,
) -> None:
    @seed(number)
    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Case[Any]) -> None:
        for name, ids in known.items():
            if name in case.path_parameters and ids and rng.random() < KNOWN_ID:
                case.path_parameters[name] = rng.choice(ids)
        asked = case.as_transport_kwargs(base_url="http://testserver")
        headers = {**asked.pop("headers", {}), **house.bearer(rng.choice(LOGINS))}
        asked.pop("cookies", None)
        if isinstance(asked.get("data"), bytes | str):
            asked["content"] = asked.pop("data")
        if "files" in asked:
            return  # whole forms of files are the business of tests/unit/filing
        try:
            response = client.request(**asked, headers=headers)
        except (ValueError, UnicodeError):
            return  # no client can send it
        report.requests += 1
        report.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=HELD)
        except (FailureGroup, Failure) as failure:
            said = str(failure).replace("\n", " ")
            report.findings.append(f"{case.method} {case.formatted_path}: {response.status_code} {said[:400]}")

    # Nothing can be wrong about an address that takes nothing.
    with suppress(Unsatisfiable):
        send()


def _known(house: House) -> Mapping[str, Sequence[str]]:
    cases = [house.filed(), house.open("shi")]
    return {"case_id": cases, "workflow": ["proposal", "grievance"], "name": ["proposal", "grievance"]}
