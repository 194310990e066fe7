"""Objects lie under the keys that they were put under; a bucket's default is for objects to come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_estates import HOME, KEY, STORE, allow, arn, document, estate, key, known, store, user

from weightguard.access import AccessKind, build
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.model import Encryption, EncryptionKind, Store, Wrapped

OTHER_KEY = KEY.replace("0000-4000", "1111-4000")
OBJECTS = f"{STORE}/*"
ROOT = f"arn:aws:iam::{HOME}:root"
DELEGATING = document(allow("kms:*", Principal={"AWS": ROOT}))
FIRST, OTHER, BARE = arn("user", "first"), arn("user", "other"), arn("user", "bare")
READS = allow("s3:GetObject", OBJECTS)
PEOPLE = (
    user("first", READS, allow("kms:Decrypt", KEY)),
    user("other", READS, allow("kms:Decrypt", OTHER_KEY)),
    user("bare", READS),
)
KEYS = (key(DELEGATING), key(DELEGATING, id=OTHER_KEY))


def bucket(*runs: tuple[str, str, str | None], **more: Any) -> Store:
    return replace(store(key=KEY, **more), wrapped=known(tuple(Wrapped(*run) for run in runs)))


def able(where: Store, at: str, access: AccessKind = AccessKind.READ, people: Any = PEOPLE) -> set[str]:
    found = build(estate(*people, where, *KEYS)).who_can(access, at)
    return {one.principal for one in found.answers}


@pytest.mark.parametrize("access", [AccessKind.READ, AccessKind.COPY, AccessKind.DECRYPT])
@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        (KEY, {FIRST}),
        (OTHER_KEY, {OTHER}),
        (OTHER_KEY.rpartition("/")[2], {OTHER}),
        ("", {FIRST, OTHER, BARE}),
        ("alias/aws/s3", {FIRST, OTHER, BARE}),
        (None, {FIRST}),
    ],
)
def test_an_object_is_read_with_its_own_key(
    access: AccessKind, wrapped: str | None, expected: set[str]
) -> None:
    there = bucket(("m/llm.safetensors", "m/llm.safetensors", wrapped))
    if access is AccessKind.DECRYPT and wrapped == "alias/aws/s3":
        expected = {FIRST, OTHER}  # those whose own policies speak of using keys
    assert able(there, f"{STORE}/m/llm.safetensors", access) == expected
    assert able(there, f"{STORE}/m/", access) == expected


def test_each_prefix_has_the_keys_of_its_own_objects() -> None:
    there = bucket(("a/1", "a/9", KEY), ("b/1", "b/9", OTHER_KEY), ("c/1", "c/1", ""))
    assert able(there, f"{STORE}/a/") == {FIRST}
    assert able(there, f"{STORE}/b/5") == {FIRST, OTHER}  # nothing there was seen: it may be new
    assert able(there, f"{STORE}/b/9") == {OTHER}
    assert able(there, f"{STORE}/c/") == {FIRST, OTHER, BARE}
    assert able(there, f"{STORE}/nothing/") == {FIRST}


def test_a_bucket_as_a_whole_has_the_keys_of_its_objects_and_its_default() -> None:
    there = bucket(("a/1", "a/9", OTHER_KEY))
    assert able(there, STORE) == {FIRST, OTHER}
    assert able(bucket(), STORE) == {FIRST}


def test_objects_put_before_the_default_need_no_key() -> None:
    there = bucket(("a/1", "a/1", ""))
    assert able(there, f"{STORE}/a/1") == {FIRST, OTHER, BARE}
    without = replace(there, encryption=known(Encryption(EncryptionKind.PROVIDER)))
    keyed = replace(without, wrapped=known((Wrapped("a/1", "a/1", OTHER_KEY),)))
    assert able(keyed, f"{STORE}/a/1") == {OTHER}
    assert able(keyed, f"{STORE}/new/") == {FIRST, OTHER, BARE}


def test_what_is_written_will_lie_under_the_default() -> None:
    writes = allow("s3:PutObject", OBJECTS)
    people = (
        user("first", writes, allow("kms:GenerateDataKey", KEY)),
        user("other", writes, allow("kms:GenerateDataKey", OTHER_KEY)),
    )
    there = bucket(("a/1", "a/9", OTHER_KEY))
    assert able(there, f"{STORE}/a/1", AccessKind.WRITE, people) == {FIRST}


@pytest.mark.parametrize("access", [AccessKind.DELETE, AccessKind.ADMINISTER])
def test_whoever_destroys_any_of_the_keys_destroys_the_objects(access: AccessKind) -> None:
    people = (
        user("first", allow("kms:ScheduleKeyDeletion", KEY)),
        user("other", allow("kms:ScheduleKeyDeletion", OTHER_KEY)),
        user("bare", allow("kms:ScheduleKeyDeletion", KEY.replace("0000-4000", "2222-4000"))),
    )
    assert able(bucket(("a/1", "a/9", OTHER_KEY)), STORE, access, people) == {FIRST, OTHER}


def test_whoever_grants_itself_the_object_s_key_reads_it() -> None:
    people = (user("other", READS, allow("kms:CreateGrant", OTHER_KEY)), user("first", READS))
    there = bucket(("a/1", "a/1", OTHER_KEY))
    assert able(there, f"{STORE}/a/1", people=people) == {OTHER}
    assert able(bucket(("a/1", "a/1", KEY)), f"{STORE}/a/1", people=people) == set()


def test_a_path_cites_the_key_that_it_uses_and_cut_closes_each() -> None:
    there = bucket(("a/1", "a/9", OTHER_KEY))
    graph = build(estate(*PEOPLE, there, *KEYS))
    paths = graph.paths(OTHER, STORE)
    assert [[hop.how for hop in path] for path in paths] == [["s3:GetObject + kms:Decrypt"]]
    assert graph.paths(BARE, STORE) == ()


def test_a_key_of_objects_that_no_snapshot_holds_is_a_gap() -> None:
    lost = KEY.replace(HOME, "999999999999")
    found = build(estate(*PEOPLE, bucket(("a/1", "a/1", lost)), *KEYS)).who_can(
        AccessKind.READ, f"{STORE}/a/1"
    )
    assert not found.complete and any("kms:DescribeKey" in gap.source.call for gap in found.gaps)


def test_objects_that_nobody_saw_may_lie_under_any_key() -> None:
    unseen = Unknown(Reason.DENIED, Source.named("s3", "ListObjectsV2", "somewhere"), "AccessDenied")
    found = build(estate(*PEOPLE, replace(bucket(), wrapped=unseen), *KEYS)).who_can(AccessKind.READ, STORE)
    assert not found.complete and unseen in found.gaps
    assert build(estate(*PEOPLE, bucket(), *KEYS)).who_can(AccessKind.READ, STORE).complete
