"""What a bucket lists beside its objects: unfinished uploads, keys of which only old versions are left, and what is not listed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scripted import Reply, caller, server

from weightguard.collect.aws.account import Account
from weightguard.collect.aws.contents import harmless, read_contents, try_versions
from weightguard.collect.aws.services import s3
from weightguard.collect.contents import Found
from weightguard.snapshot import SnapshotWriter, open_snapshot

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
EMPTY = f"<ListBucketResult {NAMESPACE}><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
ONE = EMPTY.replace(
    "<IsTruncated>",
    "<Contents><Key>model.safetensors</Key><Size>0</Size><ETag>&quot;e&quot;</ETag></Contents><IsTruncated>",
)
NO_UPLOADS = (
    f"<ListMultipartUploadsResult {NAMESPACE}><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
)
UPLOAD = NO_UPLOADS.replace(
    "<IsTruncated>",
    "<Upload><Key>model.safetensors</Key><UploadId>1</UploadId><Initiated>2026-01-02T03:04:05Z</Initiated></Upload><IsTruncated>",
)
UNVERSIONED = f"<VersioningConfiguration {NAMESPACE}/>"
VERSIONED = f"<VersioningConfiguration {NAMESPACE}><Status>Suspended</Status></VersioningConfiguration>"
NO_VERSIONS = f"<ListVersionsResult {NAMESPACE}><IsTruncated>false</IsTruncated></ListVersionsResult>"


def version(key: str, latest: bool, size: int) -> str:
    told = f"<IsLatest>{str(latest).lower()}</IsLatest><Size>{size}</Size>"
    return f"<Version><Key>{key}</Key><VersionId>v{size}</VersionId>{told}</Version>"


def marker(key: str, latest: bool = True) -> str:
    told = f"<IsLatest>{str(latest).lower()}</IsLatest>"
    return f"<DeleteMarker><Key>{key}</Key><VersionId>d</VersionId>{told}</DeleteMarker>"


def versions(*entries: str) -> str:
    return NO_VERSIONS.replace("<IsTruncated>", "".join(entries) + "<IsTruncated>")


def refused(code: str = "AccessDenied") -> Reply:
    return Reply(403, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


def collected(
    tmp_path: Path,
    *,
    objects: Any = EMPTY,
    uploads: Any = NO_UPLOADS,
    versioning: Any = UNVERSIONED,
    old: Any = NO_VERSIONS,
    tried: bool = False,
) -> tuple[Found, dict[str, str]]:
    """What came of a bucket that answers so, and the `examined` of its rows by key."""

    def script(path: str) -> Reply:
        query = path.partition("?")[2]
        for name, answer in (
            ("uploads", uploads),
            ("versioning", versioning),
            ("versions", old),
            ("list-type", objects),
        ):
            if query.startswith(name) or f"&{name}" in query:
                answer = answer() if callable(answer) else answer
                return (
                    answer
                    if isinstance(answer, Reply)
                    else Reply(200, answer.encode(), {"Content-Type": "application/xml"})
                )
        return Reply(404, b"<Error><Code>NoSuchKey</Code></Error>")

    folder = tmp_path / "snapshot"
    with server(script) as url, SnapshotWriter.create(folder, "0.1.0", ["aws/123456789012"]) as writer:
        made, calls = caller(url)
        account = Account("123456789012", "aws", made, writer, ("us-east-1",))
        if tried:
            account.lists_versions.set()
        bucket = s3.Bucket("b", "arn:aws:s3:::b", {"Name": "b"}, "us-east-1")
        with ThreadPoolExecutor(2) as readers:
            found = read_contents(account, bucket, readers, 10)
        assert {call.operation for call in calls} >= found.answers.keys() >= {"ListMultipartUploads"}
        assert sum(answer.ok for name, answer in found.answers.items() if "ListObject" in name) <= 1
        writer.seal()
    snapshot = open_snapshot(folder)
    return found, {row["key"]: row["examined"] for row in snapshot.object_rows(["key", "examined"])}


def test_an_empty_bucket_without_versions_and_uploads_holds_nothing(tmp_path: Path) -> None:
    found, rows = collected(tmp_path)
    assert (harmless(found), rows) == ("it holds no objects", {})


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"uploads": UPLOAD}, {"model.safetensors": "unfinished"}),
        (
            {"versioning": VERSIONED, "old": versions(marker("a"), version("a", False, 9))},
            {"a": "old_version"},
        ),
        (
            {
                "versioning": VERSIONED,
                "old": versions(marker("a"), version("a", False, 9), version("b", True, 5)),
            },
            {"a": "old_version", "b": "not_needed"},
        ),
    ],
)
def test_what_no_listing_of_objects_shows_is_a_row_and_unread(
    tmp_path: Path, given: dict[str, str], rows: dict[str, str]
) -> None:
    found, seen = collected(tmp_path, **given)
    assert (harmless(found), found.unread, seen) == (None, True, rows)


@pytest.mark.parametrize(
    "given",
    [
        {"uploads": UPLOAD, "objects": ONE},
        {"versioning": VERSIONED, "old": versions(version("a", True, 9), version("a", False, 8))},
        {"versioning": VERSIONED, "old": versions(marker("a"))},
        {
            "versioning": VERSIONED,
            "old": versions(version("a", True, 9), marker("a", False), version("a", False, 8)),
        },
    ],
)
def test_what_has_an_object_or_nothing_left_is_no_row_of_its_own(
    tmp_path: Path, given: dict[str, str]
) -> None:
    found, rows = collected(tmp_path, **given)
    assert not found.unread
    assert not set(rows.values()) & {"old_version", "unfinished"}


@pytest.mark.parametrize("name", ["uploads", "versioning"])
def test_a_refused_listing_keeps_an_empty_bucket_from_being_harmless(tmp_path: Path, name: str) -> None:
    found, _ = collected(tmp_path, **{name: refused()})
    assert harmless(found) is None


def test_of_a_bucket_that_keeps_versions_the_objects_are_those_that_are_latest(tmp_path: Path) -> None:
    old = versions(version("a", True, 9), version("b", True, 5), version("b", False, 7), marker("c"))
    found, rows = collected(tmp_path, versioning=VERSIONED, old=old)
    assert set(rows) == {"a", "b"}
    assert found.answers["ListObjectVersions"].data == {"KeyCount": 2, "Bytes": 14, "Keys": 0}
    assert "ListObjectsV2" not in found.answers
    assert harmless(found) == "it holds no weights"
    assert harmless(collected(tmp_path / "empty", versioning=VERSIONED)[0]) == "it holds no objects"


def more(page: str, key: str) -> str:
    told = f"<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker>"
    return page.replace("<IsTruncated>false</IsTruncated>", told)


def objects(*keys: str) -> str:
    told = "".join(f"<Contents><Key>{key}</Key><Size>0</Size></Contents>" for key in keys)
    return EMPTY.replace("<IsTruncated>", told + "<IsTruncated>")


@pytest.mark.parametrize(
    "second",
    [
        refused(),
        refused("InternalError"),
        versions(version("0", True, 1), version("c", True, 1)),
        versions(version("d", True, 1), version("c", True, 1)),
    ],
    ids=["refused", "failed", "going back", "in no order"],
)
def test_where_a_listing_of_versions_breaks_off_the_rest_is_listed_as_objects(
    tmp_path: Path, second: Any
) -> None:
    first = more(versions(version("a", True, 4), version("b", True, 5)), "b")
    pages = iter([first, second, second, second, second])
    found, rows = collected(
        tmp_path, versioning=VERSIONED, old=lambda: next(pages), objects=objects("a", "b", "c", "d")
    )
    assert list(rows) == ["a", "b", "c", "d"]
    assert found.answers["ListObjectsV2"].data["KeyCount"] == 4
    assert harmless(found) is None
    assert not found.answers["ListObjectVersions"].ok


@pytest.mark.parametrize(
    ("buckets", "old", "known"),
    [(20, NO_VERSIONS, True), (20, refused(), False), (19, NO_VERSIONS, False)],
    ids=["listed", "refused", "few buckets"],
)
def test_whether_versions_may_be_listed_is_tried_once_for_many_buckets(
    tmp_path: Path, buckets: int, old: Any, known: bool
) -> None:
    kept = {"/b0?versioning": VERSIONED}

    def script(path: str) -> Reply:
        if "versions" in path:
            return old if isinstance(old, Reply) else Reply(200, old.encode())
        return Reply(200, kept.get(path, UNVERSIONED).encode())

    entries = [{"Name": f"b{number}", "BucketRegion": "us-east-1"} for number in range(buckets)]
    with (
        server(script) as url,
        SnapshotWriter.create(tmp_path / "s", "0.1.0", ["aws/123456789012"]) as writer,
    ):
        made, calls = caller(url)
        account = Account("123456789012", "aws", made, writer, ("us-east-1",))
        try_versions(account, entries)
    assert account.lists_versions.is_set() == known
    assert [call.operation for call in calls] == (
        ["GetBucketVersioning", "ListObjectVersions"] if known or buckets > 19 else []
    )


@pytest.mark.parametrize(
    ("old", "listed"),
    [
        (versions(version("a", True, 9), version("a", False, 8)), {"ListObjectVersions"}),
        (refused(), {"ListObjectVersions", "ListObjectsV2"}),
    ],
)
def test_where_versions_may_be_listed_nothing_else_is_asked_first(
    tmp_path: Path, old: Any, listed: set[str]
) -> None:
    found, _ = collected(tmp_path, tried=True, old=old)
    assert found.answers.keys() == {"ListMultipartUploads", *listed}
    assert (harmless(found) is None) == (len(listed) > 1)


def test_refused_versions_keep_a_versioned_bucket_from_being_harmless(tmp_path: Path) -> None:
    found, rows = collected(tmp_path, versioning=VERSIONED, old=refused(), objects=ONE)
    assert harmless(found) is None
    assert set(rows) == {"model.safetensors"}
    assert found.answers["ListObjectVersions"].outcome == "denied"


LARGE = ONE.replace("<Size>0</Size>", "<Size>5000</Size>")


def test_an_object_that_was_deleted_since_it_was_listed_is_not_there(tmp_path: Path) -> None:
    pages = iter([LARGE, EMPTY])
    found, rows = collected(tmp_path, objects=lambda: next(pages))
    assert rows == {}
    assert not found.weights
    assert not found.unread


def test_an_object_that_is_listed_and_not_found_is_not_read(tmp_path: Path) -> None:
    _, rows = collected(tmp_path, objects=LARGE)
    assert rows == {"model.safetensors": "failed"}
