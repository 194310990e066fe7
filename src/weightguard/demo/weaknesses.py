"""What makes the demonstration lab weak: each weakness is one change to the hardened lab, with the control that catches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weightguard.demo import plants
from weightguard.demo.lab import (
    LOG_BUCKET,
    Lab,
)


@dataclass(frozen=True, slots=True)
class Weakness:
    """One planted weakness.

    Attributes:
        name: a short slug.
        control: the id of the control that must fail because of it.
        subject: a text that the failing result's subject contains (a bucket's name, a role's name, an account's name).
        story: what somebody did, and why it matters, in one sentence.
        plant: makes the change on the hardened lab.
    """

    name: str
    control: str
    subject: str
    story: str
    plant: Callable[[Lab], None]


WEAKNESSES: tuple[Weakness, ...] = (
    Weakness(
        "executable-format",
        "WG-INT-04",
        "pytorch",
        "A checkpoint was saved as a pickle, which runs whatever was put into it when somebody loads it.",
        plants.executable_format,
    ),
    Weakness(
        "no-root-factor",
        "WG-IAM-18",
        "training",
        "The root users have no second factor.",
        plants.nothing,
    ),
    Weakness(
        "disks-may-be-shared",
        "WG-STO-17",
        "training",
        "Nothing keeps an account from sharing a snapshot of a training disk with everybody.",
        plants.nothing,
    ),
    Weakness(
        "nobody-analyses",
        "WG-LOG-14",
        "serving",
        "No analyser watches for access from outside between audits.",
        plants.nothing,
    ),
    Weakness(
        "no-detection",
        "WG-LOG-06",
        "training",
        "Threat detection was switched off in the training account: nobody notices a thief's unusual reads.",
        plants.no_detection,
    ),
    Weakness(
        "no-flow-logs",
        "WG-NET-10",
        "training",
        "The training network keeps no record of where its traffic went.",
        plants.no_flow_logs,
    ),
    Weakness(
        "public-bucket",
        "WG-STO-03",
        plants.EVAL.bucket,
        "The evaluation bucket was opened to everybody so that reviewers need no account.",
        plants.public_bucket,
    ),
    Weakness(
        "bucket-block-off",
        "WG-STO-01",
        plants.EVAL.bucket,
        "Block Public Access was deleted from the evaluation bucket.",
        plants.no_bucket_block,
    ),
    Weakness(
        "account-block-off",
        "WG-STO-02",
        "research",
        "The research account has no Block Public Access of its own: the next bucket can be opened too.",
        plants.no_account_block,
    ),
    Weakness(
        "provider-key",
        "WG-STO-05",
        plants.EVAL.bucket,
        "The evaluation bucket and its probe were moved to Amazon's own key, which separates no reader from any other.",
        plants.provider_key,
    ),
    Weakness(
        "acls-on",
        "WG-STO-04",
        plants.CHECKPOINTS.bucket,
        "Object ownership was set back to ObjectWriter: each uploader decides who reads a checkpoint.",
        plants.acls,
    ),
    Weakness(
        "plain-transport",
        "WG-STO-07",
        plants.CHECKPOINTS.bucket,
        "The statements that refuse unencrypted transport were lost from the checkpoint bucket's policy.",
        plants.plain_transport,
    ),
    Weakness(
        "any-encryption",
        "WG-STO-06",
        plants.CHECKPOINTS.bucket,
        "Nothing holds uploads of checkpoints to the bucket's own key any more.",
        plants.any_encryption,
    ),
    Weakness(
        "partner-access",
        "WG-IAM-05",
        plants.RELEASE.bucket,
        "A partner's account may read the release bucket, long after the evaluation ended.",
        plants.foreign_reader,
    ),
    Weakness(
        "open-perimeter",
        "WG-NET-01",
        plants.RELEASE.bucket,
        "For the partner's sake the bucket's perimeter was removed, and the organisation's resource control policy detached.",
        plants.open_perimeter,
    ),
    Weakness(
        "partner-grant",
        "WG-KEY-06",
        "key/",
        "A KMS grant, which no policy review shows, still lets the partner decrypt.",
        plants.foreign_grant,
    ),
    Weakness(
        "wildcard-key",
        "WG-KEY-02",
        "key/",
        "The checkpoint key's policy lets everybody do everything, administration included.",
        plants.wildcard_key,
    ),
    Weakness(
        "no-rotation",
        "WG-KEY-07",
        "key/",
        "Rotation of the research key was switched off.",
        plants.no_rotation,
    ),
    Weakness(
        "replicated-key",
        "WG-KEY-08",
        "key/",
        "The backup moved to a multi-Region key, which can be replicated to where nobody looks.",
        plants.replicated_key,
    ),
    Weakness(
        "unlogged-reads",
        "WG-LOG-01",
        plants.CHECKPOINTS.bucket,
        "Reads of checkpoints were excluded from the trail to save money: a theft leaves no trace.",
        plants.unlogged_reads,
    ),
    Weakness(
        "unvalidated-logs",
        "WG-LOG-03",
        "organisation",
        "Log file validation is off: nobody can show that the logs are whole.",
        plants.weak_trail,
    ),
    Weakness(
        "erasable-logs",
        "WG-LOG-03",
        LOG_BUCKET,
        "The log bucket lost its default retention: whoever takes it over can erase the traces.",
        plants.erasable_logs,
    ),
    Weakness(
        "plain-backup",
        "WG-STO-09",
        "aurora-cold-copy",
        "A second, unversioned copy of the release lies in a bucket that nobody declared.",
        plants.plain_backup,
    ),
    Weakness(
        "replication-abroad",
        "WG-STO-08",
        plants.CHECKPOINTS.bucket,
        "Every new checkpoint is replicated into a bucket of the partner's account.",
        plants.replicate_abroad,
    ),
    Weakness(
        "open-endpoint",
        "WG-NET-03",
        "vpce-",
        "The training network's S3 endpoint lets anything through, to anybody's bucket.",
        plants.open_endpoint,
    ),
    Weakness(
        "any-pipeline",
        "WG-SUP-05",
        plants.RELEASE.bucket,
        "The smoke-test role trusts every GitHub repository in the world, and reads the release.",
        plants.any_pipeline,
    ),
    Weakness(
        "long-lived-key",
        "WG-IAM-10",
        "dana",
        "Dana has a password without a second factor and an access key, and reads checkpoints.",
        plants.long_lived_user,
    ),
    Weakness(
        "administrator",
        "WG-IAM-12",
        "BreakGlass",
        "A break-glass role with all rights was left behind.",
        plants.administrator,
    ),
    Weakness(
        "passed-role",
        "WG-IAM-04",
        plants.CHECKPOINTS.bucket,
        "The deployment user may pass a role that reads checkpoints to a function of its own making.",
        plants.pass_role,
    ),
    Weakness(
        "forgotten-copy",
        "WG-INV-02",
        "scratch-jo",
        "A shard of the release lies in a scratch bucket under the name of a photograph.",
        plants.forgotten_copy,
    ),
    Weakness(
        "endless-checkpoints",
        "WG-INV-06",
        plants.CHECKPOINTS.bucket,
        "Checkpoints never expire.",
        plants.endless_checkpoints,
    ),
    Weakness(
        "unlabelled",
        "WG-INV-04",
        plants.BACKUP.bucket,
        "The backup lost its label, so no rule that looks for labels protects it.",
        plants.unlabelled,
    ),
    Weakness(
        "no-guardrails",
        "WG-LOG-05",
        "",
        "The service control policy was detached: an administrator of the account can stop the trail.",
        plants.no_guardrails,
    ),
)


def plant(lab: Lab) -> None:
    """Plant every weakness on a hardened lab."""
    for weakness in WEAKNESSES:
        weakness.plant(lab)
