"""Collection from AWS over boto3: read only, every call declared and recorded.

entry = connect(AwsOptions(profile="audit"))      # tries the credentials, writes nothing
with SnapshotWriter.create_or_resume(path, version, source=entry.options.source()) as writer:
    collect(entry, writer)
    writer.seal()
"""

from weightguard.collect.aws.collector import collect, connect
from weightguard.collect.aws.entry import Entry
from weightguard.collect.aws.options import AwsOptions
from weightguard.collect.aws.permissions import operations, permissions

__all__ = ["AwsOptions", "Entry", "collect", "connect", "operations", "permissions"]
