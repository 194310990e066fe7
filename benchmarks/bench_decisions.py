"""How fast decisions are, and how the question "which of these" grows.

    python benchmarks/bench_decisions.py [principals ...]

Prints explained decisions a second on one core (decision, deciding statements, missing keys), the time of "which of these
actions, on which of these places" over growing numbers of principals, and memory. Documents repeat as in a real estate:
a few dozen shared policies, and an inline policy of its own for every tenth principal.
"""

from __future__ import annotations

import resource
import sys
import time
from random import Random
from typing import Any

from weightguard.memory import Memory
from weightguard.policy.aws import (
    CompiledPolicy,
    Layers,
    Place,
    PolicyKind,
    Request,
    compile_policy,
    decide,
    managed_policy,
    parse_principal,
    policy_set,
    which,
)

ACCOUNT = "111111111111"
MEMORY = Memory()
"""One for all, as an estate has one."""
MANAGED = [
    "AdministratorAccess",
    "ReadOnlyAccess",
    "PowerUserAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonSageMakerFullAccess",
    "IAMFullAccess",
    "CloudWatchLogsFullAccess",
]


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, action: Any, target: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": target, **more}


def shared_policies() -> list[CompiledPolicy]:
    arns = [f"arn:aws:iam::aws:policy/{name}" for name in MANAGED]
    found = [
        compile_policy(managed_policy(arn), kind=PolicyKind.IDENTITY, name=arn, memory=MEMORY) for arn in arns
    ]
    for number in range(40):
        content = document(
            statement(
                "Allow",
                ["s3:GetObject", "s3:ListBucket"],
                [f"arn:aws:s3:::team{number}", f"arn:aws:s3:::team{number}/*"],
            ),
            statement("Allow", "kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"),
            statement("Deny", "s3:Delete*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        )
        found.append(compile_policy(content, kind=PolicyKind.IDENTITY, name=f"team{number}", memory=MEMORY))
    return found


def guards() -> list[list[CompiledPolicy]]:
    full = compile_policy(
        document(statement("Allow", "*", "*")), kind=PolicyKind.SCP, name="FullAWSAccess", memory=MEMORY
    )
    region = compile_policy(
        document(
            statement(
                "Deny",
                "*",
                "*",
                Condition={"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
            )
        ),
        kind=PolicyKind.SCP,
        name="regions",
        memory=MEMORY,
    )
    return [[full], [full, region], [full]]


def principals(count: int) -> list[tuple[str, Layers]]:
    random = Random(1)
    shared, scp = shared_policies(), guards()
    boundary = [
        compile_policy(
            document(statement("Allow", "*", "*")), kind=PolicyKind.BOUNDARY, name="boundary", memory=MEMORY
        )
    ]
    found = []
    for number in range(count):
        # Roles come in families: a stack of one kind attaches the same policies wherever it is deployed.
        family = random.randrange(min(400, count))
        policies = Random(family).sample(shared, 3)
        if number % 10 == 0:
            own = document(statement("Allow", "s3:GetObject", f"arn:aws:s3:::own{number}/*"))
            policies.append(compile_policy(own, kind=PolicyKind.IDENTITY, name="inline", memory=MEMORY))
        layers = Layers(identity=policies, boundary=boundary if family % 4 == 0 else None, scp=scp)
        found.append((f"arn:aws:iam::{ACCOUNT}:role/role{number}", layers))
    return found


def places(count: int) -> list[Place]:
    found = []
    for number in range(count):
        policy = document(
            statement(
                "Deny", "s3:*", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
            ),
            statement(
                "Allow", "s3:GetObject", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/role{number}"}
            ),
        )
        compiled = policy_set(
            [compile_policy(policy, kind=PolicyKind.RESOURCE, name=f"bucket{number}", memory=MEMORY)]
        )
        key = document(statement("Allow", "kms:*", "*", Principal={"AWS": ACCOUNT}))
        key_policy = policy_set([compile_policy(key, kind=PolicyKind.RESOURCE, name="key", memory=MEMORY)])
        found += [
            Place(f"arn:aws:s3:::team{number}/*", ("s3:GetObject", "s3:PutObject"), ACCOUNT, compiled),
            Place(f"arn:aws:s3:::team{number}", ("s3:ListBucket", "s3:PutBucketPolicy"), ACCOUNT, compiled),
            Place(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{number}", ("kms:Decrypt",), ACCOUNT, key_policy),
        ]
    return found


def memory() -> int:
    """Resident memory in MiB at its highest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def single(count: int) -> None:
    people = [(parse_principal(arn), layers) for arn, layers in principals(500)]
    bucket = places(1)[0].policy
    assert bucket is not None
    asked = [(who, layers.replace(resource=bucket)) for who, layers in people]
    known = {
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": "us-east-1",
        "aws:MultiFactorAuthPresent": "true",
    }
    for name, context, unknown in (("context known", known, False), ("context unknown", {}, True)):
        best = 0.0
        for _ in range(3):
            best = max(best, rate(asked, context, unknown, count))
        print(f"single decisions, {name}: {best:,.0f} a second")


def rate(asked: list[Any], context: dict[str, str], unknown: bool, count: int) -> float:
    start = time.process_time()
    outcomes: dict[str, int] = {}
    for number in range(count):
        who, layers = asked[number % len(asked)]
        request = Request(
            who, "s3:GetObject", f"arn:aws:s3:::team0/{number % 100}", ACCOUNT, context, unknown
        )
        decision = decide(request, layers)
        said = (decision.outcome, decision.by, decision.missing, decision.lacking)
        outcomes[said[0].value] = outcomes.get(said[0].value, 0) + 1
    elapsed = time.process_time() - start
    assert len(outcomes) > 1, outcomes
    return count / elapsed


def question(counts: list[int]) -> None:
    where = places(5)
    before = None
    print(
        "which of these: principals, distinct policy sets, answers, seconds, microseconds a principal, memory"
    )
    for count in counts:
        start = time.process_time()
        estate = principals(count)
        answers = 0
        for arn, layers in estate:
            answers += sum(1 for _ in which(parse_principal(arn), layers, where))
        elapsed = time.process_time() - start
        sets = len({id(layers.identity) for _, layers in estate})
        growth = (
            f", {elapsed / before[1]:.1f} times the time for {count / before[0]:.1f} times the principals"
            if before
            else ""
        )
        print(
            f"  {count:>6} {sets:>6} {answers:>7} {elapsed:7.2f} {elapsed / count * 1e6:8.0f} {memory():>5} MiB{growth}"
        )
        before = (count, elapsed)


if __name__ == "__main__":
    single(40_000)
    question([int(text) for text in sys.argv[1:]] or [1_000, 5_000, 20_000])
