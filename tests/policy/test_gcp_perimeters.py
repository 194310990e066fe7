"""Service perimeters in evaluation cases: nothing is let in that a perimeter refuses, and what is not told stays open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from weightguard.policy.cases import answer_line

ADA, ROBOT = "user:ada@lab.example", "serviceAccount:robot@lab.iam.gserviceaccount.com"
OFFICE = "accessPolicies/1/accessLevels/office"
LEVELS = [
    {"name": OFFICE, "basic": {"conditions": [{"ipSubnetworks": ["192.0.2.0/24"]}]}},
    {"name": "people", "basic": {"conditions": [{"members": [ADA]}]}},
    {"name": "not-office", "basic": {"conditions": [{"ipSubnetworks": ["192.0.2.0/24"], "negate": True}]}},
    {"name": "both", "basic": {"conditions": [{"requiredAccessLevels": [OFFICE, "people"]}]}},
    {"name": "either", "basic": {"combiningFunction": "OR", "conditions": [
        {"ipSubnetworks": ["198.51.100.0/24"]}, {"requiredAccessLevels": [OFFICE]}]}},
    {"name": "device", "basic": {"conditions": [{"devicePolicy": {"requireScreenlock": True}}]}},
    {"name": "round", "basic": {"conditions": [{"requiredAccessLevels": ["round"]}]}},
    {"name": "custom", "custom": {"expr": {"expression": "true"}}},
]  # fmt: skip


def perimeter(*resources: str, name: str = "closed", **status: Any) -> dict[str, Any]:
    inside = {
        "resources": list(resources or ("projects/lab",)),
        "restrictedServices": ["storage.googleapis.com"],
    }
    return {"name": name, "status": {**inside, **status}}


def says(
    *perimeters: dict[str, Any],
    context: dict[str, Any] | None = None,
    member: str = ADA,
    permission: str = "storage.objects.get",
    resource: str = "buckets/b/objects/w",
    assume: str | None = None,
    projects: tuple[str, ...] = ("lab",),
) -> tuple[str, list[str]]:
    policies = {
        "hierarchy": {
            **{f"projects/{one}": "organizations/1" for one in projects},
            "buckets/b": f"projects/{projects[0]}",
        },
        "allow_policies": [
            {"resource": "organizations/1", "bindings": [{"role": "r", "members": [ADA, ROBOT, "allUsers"]}]}
        ],
        "roles": {"r": ["storage.objects.get", "bigquery.tables.getData", "secretmanager.versions.access"]},
        "service_perimeters": list(perimeters),
        "access_levels": LEVELS,
    }
    request = {"member": member, "permission": permission, "resource": resource, "context": context or {}}
    case = {
        "id": 1,
        "provider": "gcp",
        "request": request,
        "policies": policies,
        **({"assume": assume} if assume else {}),
    }
    record = answer_line(json.dumps(case).encode(), 1).record
    assert "error" not in record, record
    return str(record["decision"]), list(record["missing"])  # type: ignore[call-overload]


ALLOWED: tuple[str, list[str]] = ("allowed", [])
DENIED: tuple[str, list[str]] = ("denied_explicitly", [])
IN, OUT = {"origin.ip": "192.0.2.7"}, {"origin.ip": "203.0.113.7"}


def test_a_perimeter_refuses_what_comes_from_outside() -> None:
    assert says() == ALLOWED
    assert says(perimeter(), context=OUT) == DENIED
    assert says(perimeter(), context=OUT, member="allUsers") == DENIED
    assert says(perimeter(), context={"origin.resource": "projects/other"}) == DENIED
    assert says(perimeter(), context={"origin.resource": "projects/lab/global/networks/n"}) == ALLOWED
    # Without a way in, nothing that could be told would change it but an origin inside.
    assert says(perimeter()) == ("unknown", ["origin.resource"])
    assert says(perimeter(), context=OUT, assume="unknown") == ("unknown", ["origin.resource"])
    assert says(perimeter("projects/other")) == ALLOWED
    assert says(perimeter("projects/other"), assume="unknown") == ("unknown", ["origin.resource"])
    assert says(perimeter("projects/other"), context=OUT) == ALLOWED
    assert says(perimeter(restrictedServices=["bigquery.googleapis.com"]), context=OUT) == ALLOWED


def test_what_is_only_tried_refuses_nothing() -> None:
    tried = {"name": "tried", "useExplicitDryRunSpec": True, "spec": perimeter()["status"]}
    assert says(tried, context=OUT) == ALLOWED


@pytest.mark.parametrize(
    ("level", "context", "expected"),
    [
        (OFFICE, IN, ALLOWED),
        (OFFICE, OUT, DENIED),
        (OFFICE, {}, ("unknown", ["origin.ip", "origin.resource"])),
        (OFFICE, {"request.auth.access_levels": [OFFICE]}, ALLOWED),
        (OFFICE, {"request.auth.access_levels": []}, DENIED),
        ("people", OUT, ALLOWED),
        ("not-office", OUT, ALLOWED),
        ("not-office", IN, DENIED),
        ("not-office", {"origin.resource": "projects/other"}, ("unknown", ["origin.ip"])),
        ("both", IN, ALLOWED),
        ("both", OUT, DENIED),
        ("either", IN, ALLOWED),
        ("either", {"origin.ip": "198.51.100.1"}, ALLOWED),
        ("either", OUT, DENIED),
        ("device", {}, ("unknown", ["origin.resource", "request.auth.access_levels"])),
        ("device", OUT, DENIED),
        ("round", IN, DENIED),
        ("custom", IN, ("unknown", ["request.auth.access_levels"])),
        ("nobody-knows", IN, ("unknown", ["request.auth.access_levels"])),
    ],
)
def test_access_levels(level: str, context: dict[str, Any], expected: tuple[str, list[str]]) -> None:
    assert says(perimeter(accessLevels=[level]), context=context) == expected


def ingress(come: dict[str, Any], **aim: Any) -> dict[str, Any]:
    everything = {"operations": [{"serviceName": "*"}], "resources": ["*"]}
    return {"ingressFrom": come, "ingressTo": {**everything, **aim}}


def by_method(name: str) -> dict[str, Any]:
    return {"serviceName": "storage.googleapis.com", "methodSelectors": [{"method": name}]}


ANYWHERE = [{"accessLevel": "*"}]


@pytest.mark.parametrize(
    ("rule", "member", "expected"),
    [
        (ingress({"identityType": "ANY_IDENTITY", "sources": ANYWHERE}), ADA, ALLOWED),
        (ingress({"identityType": "ANY_IDENTITY"}), ADA, DENIED),
        (ingress({"sources": ANYWHERE}), ADA, DENIED),
        (ingress({"identityType": "ANY_SERVICE_ACCOUNT", "sources": ANYWHERE}), ADA, DENIED),
        (ingress({"identityType": "ANY_SERVICE_ACCOUNT", "sources": ANYWHERE}), ROBOT, ALLOWED),
        (ingress({"identities": [ADA], "sources": ANYWHERE}), ADA, ALLOWED),
        (ingress({"identities": [ADA], "sources": ANYWHERE}), ROBOT, DENIED),
        (ingress({"identities": [ADA], "sources": [{"accessLevel": OFFICE}]}), ADA, DENIED),
        (ingress({"identities": [ADA], "sources": [{"resource": "projects/other"}]}), ADA, DENIED),
        (ingress({"identities": [ADA], "sources": ANYWHERE}, resources=["projects/other"]), ADA, DENIED),
        (ingress({"identities": [ADA], "sources": ANYWHERE}, operations=[]), ADA, DENIED),
        (ingress({"identities": [ADA], "sources": ANYWHERE}, operations=[by_method("google.storage.objects.get")]), ADA, ALLOWED),
        (ingress({"identities": [ADA], "sources": ANYWHERE}, operations=[by_method("google.storage.objects.list")]), ADA, DENIED),
    ],
)  # fmt: skip
def test_rules_let_in_whom_they_name(
    rule: dict[str, Any], member: str, expected: tuple[str, list[str]]
) -> None:
    assert says(perimeter(ingressPolicies=[rule]), context=OUT, member=member) == expected


def test_a_method_that_no_permission_tells_stays_open() -> None:
    operation = {
        "serviceName": "secretmanager.googleapis.com",
        "methodSelectors": [{"method": "AccessSecretVersion"}],
    }
    rule = ingress({"identityType": "ANY_IDENTITY", "sources": ANYWHERE}, operations=[operation])
    closed = perimeter(restrictedServices=["secretmanager.googleapis.com"], ingressPolicies=[rule])

    def asked(**told: str) -> tuple[str, list[str]]:
        secret = "projects/lab/secrets/s/versions/1"
        return says(
            closed, context={**OUT, **told}, permission="secretmanager.versions.access", resource=secret
        )

    assert asked() == ("unknown", ["api.operation"])
    assert asked(**{"api.operation": "AccessSecretVersion"}) == ALLOWED
    assert asked(**{"api.operation": "ListSecrets"}) == DENIED


def test_what_goes_out_of_a_perimeter_needs_a_rule() -> None:
    origin = {"origin.resource": "projects/other"}
    allowed = {
        "egressFrom": {"identityType": "ANY_IDENTITY"},
        "egressTo": {"operations": [{"serviceName": "*"}], "resources": ["projects/lab"]},
    }
    assert says(perimeter("projects/other"), context=origin, projects=("lab", "other")) == DENIED
    assert (
        says(perimeter("projects/other", egressPolicies=[allowed]), context=origin, projects=("lab", "other"))
        == ALLOWED
    )


def test_a_bridge_joins_the_projects_of_two_perimeters() -> None:
    two = (perimeter(), perimeter("projects/other", name="second"))
    bridge = {
        "name": "bridge",
        "perimeterType": "PERIMETER_TYPE_BRIDGE",
        "status": {"resources": ["projects/lab", "projects/other"]},
    }
    asked: dict[str, Any] = {"context": {"origin.resource": "projects/other"}, "projects": ("lab", "other")}
    assert says(*two, **asked) == DENIED
    assert says(*two, bridge, **asked) == ALLOWED
    assert says(*two, bridge, context=OUT) == DENIED


def test_a_project_by_its_number_may_be_the_one_by_its_id() -> None:
    assert says(perimeter("projects/700"), context=OUT) == ("unknown", ["projects/lab"])
    assert says(perimeter("projects/700"), context=OUT, projects=("700",)) == DENIED
    assert says(perimeter("projects/701"), context=OUT, projects=("700",)) == ALLOWED


def test_nobody_is_told_by_the_answer_to_somebody_else() -> None:
    """The people of one run share what does not hang on them, and a perimeter's answer does."""
    from weightguard.policy.case import Remembered

    remembered = Remembered()
    rule = ingress({"identities": [ADA], "sources": ANYWHERE})
    policies = {
        "allow_policies": [
            {"resource": "projects/lab", "bindings": [{"role": "r", "members": [ADA, ROBOT]}]}
        ],
        "roles": {"r": ["storage.objects.get"]},
        "hierarchy": {"buckets/b": "projects/lab"},
        "service_perimeters": [perimeter(ingressPolicies=[rule])],
    }
    said = []
    for member in (ADA, ROBOT, ADA, ROBOT):
        request = {
            "member": member,
            "permission": "storage.objects.get",
            "resource": "buckets/b/objects/w",
            "context": OUT,
        }
        case = {"id": 1, "provider": "gcp", "request": request, "policies": policies}
        said.append(answer_line(json.dumps(case).encode(), 1, remembered).record["decision"])
    assert said == ["allowed", "denied_explicitly"] * 2


def test_levels_that_ask_for_one_another_without_end_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = [
        {"name": f"l{n}", "basic": {"conditions": [{"requiredAccessLevels": [f"l{n + 1}", f"l{n + 1}"]}]}}
        for n in range(3_000)
    ]
    monkeypatch.setattr("test_gcp_perimeters.LEVELS", chain)
    assert says(perimeter(accessLevels=["l0"]), context=OUT) == ("unknown", ["request.auth.access_levels"])


def test_what_is_not_looked_at_is_told() -> None:
    closed = perimeter(
        vpcAccessibleServices={"enableRestriction": True, "allowedServices": ["RESTRICTED-SERVICES"]}
    )
    case = {
        "id": 1,
        "provider": "gcp",
        "request": {"member": ADA, "permission": "storage.objects.get", "resource": "buckets/b"},
        "policies": {"service_perimeters": [closed]},
    }
    problems: Any = answer_line(json.dumps(case).encode(), 1).record["problems"]
    (problem,) = problems
    assert (problem["policy"], problem["statement"]) == ("closed", "vpcAccessibleServices")
