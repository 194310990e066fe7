"""Recognising model weights in object storage, from listings and bounded header reads; pure but for the reader it is given.

`examine` looks at one object, `StoreScan` classifies a store, `assemble` puts weight sets together from classified rows.
Nothing is ever unpickled, and nothing that comes out holds a stretch of an object's content.
"""

from weightguard.weights.copies import copies, unlike
from weightguard.weights.examine import examine
from weightguard.weights.model import (
    FORMATS,
    LARGE,
    POINTER,
    UNREAD,
    Confidence,
    Examined,
    FileVerdict,
    ListedObject,
    ObjectRow,
    ReadArchived,
    ReadDenied,
    ReadFailed,
    ReadRange,
    ReadSealed,
    Role,
    WeightFile,
    WeightSet,
)
from weightguard.weights.reader import HEADER_BUDGET
from weightguard.weights.scan import READ_BUDGET, StoreScan
from weightguard.weights.sets import assemble, is_shard

__all__ = [
    "FORMATS",
    "HEADER_BUDGET",
    "LARGE",
    "POINTER",
    "READ_BUDGET",
    "UNREAD",
    "Confidence",
    "Examined",
    "FileVerdict",
    "ListedObject",
    "ObjectRow",
    "ReadArchived",
    "ReadDenied",
    "ReadFailed",
    "ReadRange",
    "ReadSealed",
    "Role",
    "StoreScan",
    "WeightFile",
    "WeightSet",
    "assemble",
    "copies",
    "examine",
    "is_shard",
    "unlike",
]
