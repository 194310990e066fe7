"""The laboratory as a whole: its records, the changes that examples make to them, and writing it down as a snapshot."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reference_lab import organisation, storage, watch
from reference_lab.changes import expand
from reference_lab.configured import Configured
from reference_lab.names import ACCOUNTS, AS_OF, REGION, bucket_arn
from weightguard.estate.aws.listings import RESOURCES
from weightguard.estate.aws.plan import PLAN
from weightguard.snapshot import Call, SnapshotWriter

LISTED = (
    "iam:GetAccountAuthorizationDetails",
    "iam:ListOpenIDConnectProviders",
    "iam:ListSAMLProviders",
    "iam:GetCredentialReport",
    "s3:ListBuckets",
    "s3control:ListAccessPoints",
    "kms:ListKeys",
    "kms:ListAliases",
    "cloudtrail:DescribeTrails",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeInstances",
    "lambda:ListFunctions",
    "ec2:DescribeSnapshots",
    "ec2:DescribeImages",
    "ec2:DescribeVolumes",
    "secretsmanager:ListSecrets",
    "ec2:DescribeVpcs",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeTransitGatewayAttachments",
    "guardduty:ListDetectors",
    "macie2:GetMacieSession",
    "config:DescribeConfigurationRecorders",
    "accessanalyzer:ListAnalyzers",
    "ecr:DescribeRepositories",
    "efs:DescribeFileSystems",
    "backup:ListBackupVaults",
    "sagemaker:ListNotebookInstances",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListModels",
    "bedrock-agentcore-control:ListCodeInterpreters",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "codebuild:ListProjects",
    "ecs:ListServices",
)
"""Every listing that a whole collection of an account makes; an account without such things was asked all the same."""

CONFIGURATION: dict[str, Any] = {
    "models": [
        {
            "name": "atlas-1",
            "locations": [f"{bucket_arn(name)}/atlas-1/" for name in ("atlas-release", "atlas-backup")],
            "evaluations": [
                {
                    "capability": "cyber",
                    "benchmark": "cyber-range",
                    "score": 61.0,
                    "threshold": 60.0,
                    "indicates": "high",
                    "date": "2026-09-01",
                    "evaluator": "independent institute",
                }
            ],
            "egress_budget": 1_000_000,
        },
        {
            "name": "atlas-next",
            "locations": [f"{bucket_arn('atlas-checkpoints')}/run-17/", f"{bucket_arn('atlas-eval')}/probe/"],
            "evaluations": [
                {
                    "capability": "cyber",
                    "benchmark": "cyber-range",
                    "score": 62.0,
                    "threshold": 60.0,
                    "indicates": "high",
                    "date": "2026-09-01",
                    "evaluator": "independent institute",
                }
            ],
            "egress_budget": 1_000_000,
        },
    ],
    "disclosure": {
        "security_txt": "security.txt",
        "policy": "policy.txt",
        "legal_safe_harbour": "legal.txt",
        "technical_safe_harbour": "technical.txt",
    },
}


@cache
def _records() -> bytes:
    """The laboratory's records as they are before any change: made once, given out as copies."""
    parts: tuple[Callable[[], Iterable[dict[str, Any]]], ...] = (
        organisation.organisation,
        organisation.identities,
        storage.buckets,
        storage.keys,
        storage.others,
        watch.trails,
        watch.detectors,
        watch.networks,
        watch.hosts,
    )
    return pickle.dumps(copy.deepcopy([one for part in parts for one in part()]))


class Laboratory(Configured):
    """The hardened laboratory, ready to be changed.

    Attributes:
        records: what `SnapshotWriter.record` takes, one resource each.
        objects: rows of listed objects.
        refused: listings that were refused, ``service:Operation``.
    """

    def __init__(self) -> None:
        super().__init__(CONFIGURATION)
        self.records: list[dict[str, Any]] = pickle.loads(_records())
        self.objects = [*storage.objects()]
        self.refused: set[str] = set()

    def change(self, edits: Iterable[Mapping[str, Any]]) -> Laboratory:
        """Makes the edits of an example; each is one of

        - ``named``: a change of the vocabulary (`reference_lab.changes`), with its parameters;
        - ``record``, ``read`` with ``value`` (what it answered), or with ``outcome`` and ``code`` (why it did not);
        - ``record`` with ``data``: laid over the listing entry, ``record`` with ``remove: true``: gone;
        - ``record`` with ``policy`` (a read, or a member of the listing entry): ``add`` a statement, drop the Sids in ``without``;
        - ``new``: a record (``account``, ``kind``, ``id``, ``operation``, ``data``, ``reads``);
        - ``objects``: rows of weights (``bucket``, ``prefix``, ``name``, ``format``), ``empty``: a bucket whose objects go;
        - ``document`` with ``text``: a disclosure document.
        """
        for edit in expand(edits):
            self._edit(edit)
        return self

    def deny(self, operations: Iterable[str]) -> Laboratory:
        """Refuses operations: a listing gives nothing, a read made for a resource says so on each."""
        for operation in operations:
            service, _, name = operation.partition(":")
            kept = []
            for one in self.records:
                if one["service"] == service and name in one["reads"]:
                    one["reads"][name] = {"outcome": "denied", "code": "AccessDenied"}
                if (
                    one["service"] != service
                    or one["operation"] != name
                    or (name in one["reads"] and not one["data"])
                ):
                    kept.append(one)
            self.records = kept
            self.refused.add(operation)
        return self

    def write(self, path: Path) -> Path:
        """Writes the laboratory as a sealed snapshot."""
        scopes = [f"aws/{account}" for account in ACCOUNTS]
        with SnapshotWriter.create(
            path, "0.0", scopes, source={"name": "aws"}, clock=lambda: AS_OF
        ) as writer:
            with writer.unit("laboratory"):
                for one in self.records:
                    writer.record(**one)
                for scope in scopes:
                    self._calls(writer, scope)
                    rows = [row for row in self.objects if f"aws/{self._owner(row['store'])}" == scope]
                    if rows:
                        writer.objects(scope, rows)
            writer.unit_done("laboratory")
            writer.seal()
        return path

    def _calls(self, writer: SnapshotWriter, scope: str) -> None:
        """Everything that a whole collection asks, in every region in which something lies."""
        planned = {listing.operation for listing in PLAN}
        regions = sorted({one["region"] for one in self.records if one["region"]}) or [REGION]
        for operation in sorted({*LISTED, *RESOURCES, *planned, *self.refused}):
            service, _, name = operation.partition(":")
            outcome = "denied" if operation in self.refused else "ok"
            code = "AccessDenied" if operation in self.refused else None
            for region in regions:
                writer.call(Call(service, name, scope, outcome, AS_OF, region, None, code))  # type: ignore[arg-type]

    def _owner(self, store: str) -> str:
        return next(
            (one["scope"].partition("/")[2] for one in self.records if one["id"] == store),
            next(iter(ACCOUNTS)),
        )

    def _find(self, named: str) -> dict[str, Any]:
        kind, _, identifier = named.partition(" ")
        found = [one for one in self.records if one["kind"] == kind and one["id"] == identifier]
        if len(found) != 1:
            raise LookupError(f"{named}: {len(found)} records of the laboratory")
        return found[0]

    def _edit(self, edit: dict[str, Any]) -> None:
        if "new" in edit:
            self._add(dict(edit["new"]))
        elif "objects" in edit:
            self.objects += [storage.weight_row(**row) for row in edit["objects"]]
        elif "empty" in edit:
            self.objects = [row for row in self.objects if row["store"] != bucket_arn(edit["empty"])]
        elif "document" in edit:
            self.documents[edit["document"]] = edit["text"]
        else:
            self._edit_record(self._find(edit.pop("record")), edit)

    def _add(self, new: dict[str, Any]) -> None:
        like = new.pop("like", None)
        base: dict[str, Any] = (
            copy.deepcopy(self._find(like)) if like else {"region": REGION, "data": {}, "reads": {}}
        )
        if "account" in new:
            base["scope"] = f"aws/{new.pop('account')}"
        base["data"] = {**base["data"], **new.pop("data", {})}
        base["reads"] = {**base["reads"], **new.pop("reads", {})}
        base.update(new)
        base["service"] = base["kind"].partition(".")[0]
        self.records.append(base)

    def _edit_record(self, found: dict[str, Any], edit: dict[str, Any]) -> None:
        if edit.get("remove"):
            self.records.remove(found)
        elif "policy" in edit:
            _edit_policy(found, edit)
        elif "data" in edit:
            found["data"] = {**found["data"], **edit["data"]}
        elif "value" in edit:
            found["reads"][edit["read"]] = {"outcome": "ok", "data": edit["value"]}
        else:
            found["reads"][edit["read"]] = {key: edit[key] for key in ("outcome", "code") if key in edit}


def _edit_policy(found: dict[str, Any], edit: Mapping[str, Any]) -> None:
    name = edit["policy"]
    holder = found["reads"][name]["data"] if name in found["reads"] else found["data"]
    member = edit.get("member", "Policy" if name in found["reads"] else name)
    written = holder[member]
    document = json.loads(written) if isinstance(written, str) else copy.deepcopy(written)
    left = [one for one in document["Statement"] if one.get("Sid") not in edit.get("without", ())]
    document["Statement"] = [*left, *([edit["add"]] if "add" in edit else [])]
    holder[member] = json.dumps(document) if isinstance(written, str) else document
