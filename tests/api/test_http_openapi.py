"""The description of the API is complete: whoever reads it needs nothing else."""

from __future__ import annotations

import pytest

from tests.servers.case_api import build

OPEN = {"/healthz", "/readyz"}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    api = build(tmp_path_factory.mktemp("openapi"))
    yield api.machine().get("/api/v1/openapi.json").json()
    api.close()


@pytest.fixture(scope="module")
def operations(document):
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_agreed_addresses_are_all_there(operations):
    agreed = """
        POST /session|GET /session|DELETE /session|POST /session/password|POST /incidents|GET /incidents|
        GET /incidents/{incident_id}|GET /incidents/{incident_id}/earlier|
        GET /incidents/{incident_id}/evidence/{evidence_id}.jpg|POST /incidents/{incident_id}/verdicts|
        DELETE /incidents/{incident_id}/verdict|GET /cases|GET /cases/{case_id}|GET /cases/{case_id}/events|
        POST /feeds/health|PUT /feeds/{feed_id}/picture|GET /feeds|GET /feeds/{feed_id}|
        GET /feeds/{feed_id}/picture.jpg|GET /feeds/{feed_id}/views|POST /feeds/{feed_id}/views|GET /views/accepted|
        GET /cells|GET /matters|GET /statistics|GET /patrol|GET /events|
        GET /mutes|GET /mutes/active|POST /mutes/seen|GET /mutes/{mute_id}|
        POST /mutes/{mute_id}/lift|POST /mutes/{mute_id}/restore|
        POST /mutes/{mute_id}/extend"""
    wanted = {tuple(line.split()) for line in "".join(agreed.split("\n")).split("|")}

    assert {(method, f"/api/v1{path}") for method, path in wanted} <= set(operations)


def test_every_operation_has_tag_summary_and_description(operations):
    for where, operation in operations.items():
        assert operation["summary"], where
        assert operation["description"], where
        assert len(operation["tags"]) == 1, where


def test_every_operation_says_what_it_answers(operations):
    for where, operation in operations.items():
        good = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
        assert good, where
        for code, answer in good.items():
            content = answer.get("content", {})
            described = code == "204" or any(
                media != "application/json" or body.get("schema") for media, body in content.items()
            )
            assert described, (where, code)


def test_every_operation_describes_its_problems(operations):
    for (method, path), operation in operations.items():
        problems = {code for code in operation["responses"] if code[0] in "45"}
        expected = set() if path in OPEN or (path == "/api/v1/session" and method == "POST") else {"401"}
        assert expected <= problems, (method, path)
        assert "{" not in path or {"404", "422"} & problems, (method, path)
        for code in problems:
            content = operation["responses"][code]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}, (
                method,
                path,
                code,
            )


def test_every_operation_but_the_open_ones_says_how_to_prove_who_asks(operations, document):
    assert set(document["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyCookie"}
    for (method, path), operation in operations.items():
        is_open = path in OPEN or (method, path) == ("POST", "/api/v1/session")
        assert bool(operation.get("security")) is not is_open, (method, path)


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    schemas = document["components"]["schemas"]
    named = {reference.rpartition("/")[2] for reference in references(document)}

    assert named <= set(schemas)
    assert {"Problem", "IncidentReport"} <= set(schemas)
