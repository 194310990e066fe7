"""A member account is read through the same door as the first one: the profile's endpoints hold for assumed roles too."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import Reply, server

from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.options import AwsOptions
from weightguard.collect.aws.permissions import operations
from weightguard.collect.aws.services import s3
from weightguard.collect.aws.sessions import assume, base

ROLE = "arn:aws:iam::222222222222:role/Audit"
ASSUMED = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAMEMBER</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>{ROLE}/x</Arn></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>""".encode()
BUCKETS = b"""<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>o</ID></Owner><Buckets/>
</ListAllMyBucketsResult>"""


def test_an_assumed_role_keeps_the_endpoints_of_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def script(path: str) -> Reply:
        asked.append(path)
        return Reply(200, BUCKETS if "/buckets" in path else ASSUMED, {"Content-Type": "text/xml"})

    with server(lambda path: script(path)) as sts, server(lambda path: script(f"/buckets{path}")) as buckets:
        config = tmp_path / "config"
        config.write_text(
            "[profile lab]\nregion = us-east-1\naws_access_key_id = k\naws_secret_access_key = s\nservices = local\n"
            f"[services local]\nsts =\n  endpoint_url = {sts}\ns3 =\n  endpoint_url = {buckets}\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        for name in (
            "AWS_PROFILE",
            "AWS_ENDPOINT_URL",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ):
            monkeypatch.delenv(name, raising=False)
        options = AwsOptions(profile="lab", max_attempts=1)
        declared = frozenset(operations())
        own = Caller(base(options, operations()), "aws/222222222222", declared, lambda _: None)
        member, answer = assume(own, ROLE, options)
        assert answer.ok
        assert member is not None
        reading = Caller(member, "aws/222222222222", declared, lambda _: None)
        assert reading.ask(s3.LIST_BUCKETS).ok
    assert asked[-1].startswith("/buckets")
