"""Where a state's own access keys are stored: compared in memory, recorded as whose they are, never as what they are."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row, ok
from weightguard.collect.terraform.objects import TYPES as OBJECTS
from weightguard.collect.terraform.state import Resource

READ: Final = "StoredCredentials"
SHORTEST: Final = 16
"""An access key id has at least sixteen characters (IAM API reference, "AccessKey"); shorter words would match by chance."""
CONFIGURATIONS: Final = (
    ("aws_lambda_function", "lambda.function_environment", ("environment",)),
    ("aws_instance", "ec2.instance_user_data", ("user_data", "user_data_base64")),
    ("aws_launch_template", "ec2.launch_template_user_data", ("user_data",)),
    (
        "aws_launch_configuration",
        "autoscaling.launch_configuration_user_data",
        ("user_data", "user_data_base64"),
    ),
    ("aws_codebuild_project", "codebuild.project_environment", ("environment", "source")),
    ("aws_ecs_task_definition", "ecs.container_definitions", ("container_definitions",)),
    ("aws_batch_job_definition", "batch.container_properties", ("container_properties",)),
    ("aws_cloudformation_stack", "cloudformation.stack_parameters", ("parameters", "outputs")),
    ("aws_cloudformation_stack", "cloudformation.stack_template", ("template_body",)),
    ("aws_sfn_state_machine", "stepfunctions.definition", ("definition",)),
    ("aws_glue_job", "glue.job_arguments", ("default_arguments", "non_overridable_arguments")),
    ("aws_ssm_document", "ssm.document_content", ("content",)),
    (
        "aws_sagemaker_notebook_instance_lifecycle_configuration",
        "sagemaker.lifecycle_scripts",
        ("on_create", "on_start"),
    ),
)
"""Attributes in which people leave credentials, in plain text or base64, and the kind of record that tells whose they are."""
WORD: Final = re.compile(r"[A-Za-z0-9/+=_-]{16,}")


def mark(inventory: Inventory, keys: Mapping[str, str], found: Iterable[Row]) -> Iterator[Row]:
    """The rows, those of secrets and parameters with the principals whose access keys they hold; then what else holds some.

    Args:
        keys: the words of `keys`.
    """
    contents = _contents(inventory)
    for row in found:
        if row.kind in ("secretsmanager.secret", "ssm.parameter"):
            holders = _holders(keys, contents.get(row.id, []))
            if holders:
                row.reads[READ] = ok({"Principals": holders})
        yield row
    yield from _objects(inventory, keys)
    yield from _configurations(inventory, keys)


def keys(inventories: Iterable[Inventory]) -> dict[str, str]:
    """The id and the secret of every access key of the states, and the ARN of the user that each belongs to."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for inventory in inventories:
        for word, user in _words(inventory):
            times[word] += 1
            found[word] = user
    # A word that several keys share is a placeholder and tells nothing.
    return {word: arn for word, arn in found.items() if times[word] == 1}


def _words(inventory: Inventory) -> Iterator[tuple[str, str]]:
    users = {item.text("name"): item.text("arn") for item in inventory.of("aws_iam_user")}
    for item in inventory.of("aws_iam_access_key"):
        user = item.text("user")
        for name in ("id", "secret") if user is not None else ():
            word = item.text(name)
            if word is not None and len(word) >= SHORTEST:
                yield (
                    word,
                    users.get(user) or f"arn:{inventory.partition}:iam::{inventory.account}:user/{user}",
                )


def _contents(inventory: Inventory) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in inventory.of("aws_secretsmanager_secret_version"):
        _note(found, item, "arn" if item.text("arn") else "secret_id", ("secret_string",))
    for item in inventory.of("aws_ssm_parameter"):
        _note(found, item, "arn", ("value", "insecure_value"))
    return found


def _note(found: dict[str, list[str]], item: Resource, owner: str, attributes: tuple[str, ...]) -> None:
    name = item.text(owner)
    if name is not None:
        texts = [text for attribute in attributes if (text := item.text(attribute)) is not None]
        found.setdefault(name, []).extend(texts)


def _holders(keys: Mapping[str, str], texts: Iterable[str]) -> list[str]:
    """Whose keys stand in the texts as words of their own, whatever surrounds them."""
    words = {word for text in texts for word in WORD.findall(text)}
    words |= {part for word in words for part in re.split("[/+=]", word)}
    return sorted({keys[word] for word in words if word in keys})


def _objects(inventory: Inventory, keys: Mapping[str, str]) -> Iterator[Row]:
    for item in inventory.of(*OBJECTS) if keys else ():
        bucket, key = item.text("bucket"), item.text("key")
        holders = _holders(keys, _plain(item))
        if holders and bucket is not None and key is not None:
            data: dict[str, Any] = {"Key": key}
            arn = f"arn:{item.partition}:s3:::{bucket.rpartition(':')[2]}/{key}"
            yield Row(
                "s3",
                "s3.object",
                arn,
                item.region or None,
                "ListObjectsV2",
                data,
                {READ: ok({"Principals": holders})},
            )


def _configurations(inventory: Inventory, keys: Mapping[str, str]) -> Iterator[Row]:
    for type_, kind, attributes in CONFIGURATIONS if keys else ():
        for item in inventory.of(type_):
            texts = [text for attribute in attributes for text in _texts(item.values.get(attribute))]
            holders = _holders(keys, [*texts, *(decoded for text in texts if (decoded := _decoded(text)))])
            arn = _arn(item)
            if holders and arn is not None:
                service = kind.partition(".")[0]
                reads = {READ: ok({"Principals": holders})}
                yield Row(service, kind, arn, item.region or None, "ShowState", {"type": type_}, reads)


def _arn(item: Resource) -> str | None:
    """The resource's ARN; stacks and state machines have theirs as their id."""
    identifier = item.text("id") or ""
    return item.text("arn") or (identifier if identifier.startswith("arn:") else None)


def _texts(values: Any) -> Iterator[str]:
    """The texts of an attribute, those of blocks and maps in it too."""
    pending = [values]
    while pending:
        found = pending.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, Mapping):
            pending += found.values()
        elif isinstance(found, list):
            pending += found


def _decoded(text: str) -> str | None:
    """What stands in base64; None where it is none."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return None


def _plain(item: Resource) -> Iterator[str]:
    """What an object holds, as far as the state has it as text."""
    content, encoded = item.text("content"), item.text("content_base64")
    if content is not None:
        yield content
    decoded = None if encoded is None else _decoded(encoded)
    if decoded is not None:
        yield decoded
