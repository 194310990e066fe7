"""Account authorisation details as a snapshot: the same identities that a scan or a Terraform state gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from weightguard.collect.exports.aws.gaad import collect
from weightguard.collect.terraform import collect as collect_states
from weightguard.errors import InputError
from weightguard.estate.fact import Known, Reason
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import SnapshotWriter, open_snapshot

SHARED = Path(__file__).parents[3] / "shared" / "cases"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def user(name: str, account: str = "111111111111", document: Any = DOCUMENT) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": document}]
    return {
        "Arn": f"arn:aws:iam::{account}:user/{name}",
        "UserName": name,
        "UserPolicyList": inline,
        "AttachedManagedPolicies": [],
    }


def page(*users: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "UserDetailList": list(users),
        "GroupDetailList": [],
        "RoleDetailList": [],
        "Policies": [],
        **more,
    }


def estate(tmp_path: Path, *documents: Any, collector: Any = collect) -> Estate:
    paths = []
    for number, document in enumerate(documents):
        path = document if isinstance(document, Path) else tmp_path / f"gaad-{number}.json"
        if not isinstance(document, Path):
            path.write_text(document if isinstance(document, str) else json.dumps(document))
        paths.append(path)
    folder = tmp_path / collector.__module__
    writer = SnapshotWriter.create(folder, "0", source={"name": "gaad"})
    collector(paths, writer)
    writer.seal()
    with open_snapshot(folder) as found:
        return read_estate([found])


def test_pages_and_files_of_one_account_are_one_account(tmp_path: Path) -> None:
    pages = [page(user("a"), IsTruncated=True, Marker="m"), page(user("b"), IsTruncated=False)]
    found = estate(tmp_path, pages, page(user("c")), page(user("z", "222222222222")))
    assert [item.name for item in found.principals] == ["a", "b", "c", "z"]
    assert {item.account for item in found.principals} == {"111111111111", "222222222222"}
    assert found.principals.complete


def test_documents_are_read_as_the_api_writes_them(tmp_path: Path) -> None:
    (found,) = estate(tmp_path, page(user("a", document=quote(json.dumps(DOCUMENT))))).principals
    assert isinstance(found.policies, Known)
    assert found.policies.value[0].document == DOCUMENT


@pytest.mark.parametrize(
    "odd",
    [
        page(user("a"), IsTruncated=True),
        page(user("a"), NextToken="eyJNYXJrZXIi"),
        page(user("a"), RoleDetailList=[{"RoleName": "nameless"}]),
    ],
)
def test_an_answer_that_is_not_whole_leaves_principals_incomplete(tmp_path: Path, odd: Any) -> None:
    assert [gap.reason for gap in estate(tmp_path, odd).principals.gaps] == [Reason.FAILED]


def test_what_the_details_cannot_tell_is_not_collected(tmp_path: Path) -> None:
    found = estate(tmp_path, page(user("a")))
    assert {gap.reason for gap in found.stores.gaps} == {Reason.NOT_COLLECTED}
    assert found.stores.gaps[0].source.call == "s3:ListBuckets"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ("[]", "no answer"),
        ('{"values": {}}', "none of UserDetailList"),
        (json.dumps(page(UserDetailList={})), "not a list"),
        (json.dumps(page()), "no entry has an ARN"),
        (json.dumps(page(user("a"), user("b", "222222222222"))), "several accounts"),
    ],
)
def test_what_is_no_answer_gets_one_line_with_the_file_and_the_fix(
    tmp_path: Path, content: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as error:
        estate(tmp_path, content)
    assert "gaad-0.json" in error.value.one_line()


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference cases are not beside the checkout")
def test_a_state_and_the_details_of_one_account_give_the_same_identities(tmp_path: Path) -> None:
    folder = SHARED / "iam-vulnerable"
    by_details = estate(tmp_path, folder / "gaad-111111111111.json")
    by_state = estate(tmp_path, folder / "state-111111111111.json", collector=collect_states)
    added = {"arn:aws:iam::111111111111:user/bystander"}

    def said(found: Estate) -> dict[str, Any]:
        return {
            item.id: (
                sorted((policy.name, json.dumps(policy.document)) for policy in item.policies.value),  # type: ignore[union-attr]
                item.trust.value.document if item.trust.value else None,  # type: ignore[union-attr]
                item.instance_profiles,
            )
            for item in found.principals
            if item.id not in added
        }

    assert len(said(by_details)) > 20
    assert said(by_state) == said(by_details)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference cases are not beside the checkout")
def test_real_exports_are_read_without_a_gap(tmp_path: Path) -> None:
    for number, path in enumerate(sorted((SHARED / "iamspy" / "files").glob("*.json"))):
        content = json.loads(path.read_text())
        if isinstance(content, dict) and "RoleDetailList" in content:
            (tmp_path / str(number)).mkdir()
            found = estate(tmp_path / str(number), path)
            assert found.principals.complete
            assert all(isinstance(item.policies, Known) for item in found.principals)


def told(tmp_path: Path, *documents: Any) -> str | None:
    """What keeps the details from being whole, by its code."""
    gaps = [gap for gap in estate(tmp_path, *documents).principals.gaps if gap.reason is Reason.FAILED]
    return gaps[0].code if gaps else None


def test_two_exports_that_say_different_things_of_one_identity_are_not_whole(tmp_path: Path) -> None:
    other = {"Version": "2012-10-17", "Statement": []}
    used = {"RoleLastUsed": {"LastUsedDate": "2026-11-01T00:00:00Z"}}
    for folder, pages, code in (
        ("a", (page(user("a")), page(user("a", document=other))), "Contradiction"),
        ("b", (page(user("a", document=other)), page(user("a"))), "Contradiction"),
        ("c", (page(user("a")), page(user("a") | used)), None),
    ):
        (tmp_path / folder).mkdir()
        assert told(tmp_path / folder, *pages) == code


def test_a_list_that_no_page_has_was_left_out(tmp_path: Path) -> None:
    for folder, pages, code in (
        ("a", ({"UserDetailList": [user("a")]},), "Filtered"),
        ("b", ({"UserDetailList": [user("a")]}, page(user("a"))), None),
    ):
        (tmp_path / folder).mkdir()
        assert told(tmp_path / folder, *pages) == code


def test_a_mark_of_a_next_page_means_that_one_follows(tmp_path: Path) -> None:
    assert told(tmp_path, page(user("a"), Marker="m")) == "Truncated"
