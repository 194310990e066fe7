"""Which events a trail records, from the answer of GetEventSelectors.

Sources: AWS CloudTrail API reference, "EventSelector", "AdvancedFieldSelector"; CloudTrail user guide, "Logging management
events" (without any selector a trail records all of them), "Logging data events"; AWS KMS Developer Guide, "Logging AWS KMS API
calls with AWS CloudTrail" (which operations count as reads).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.estate.model import Names, Recorded
from weightguard.estate.shape import mapping, objects, sequence, text, texts

Event = Mapping[str, str]
_NAME: Final = "resources.ARN"
_OBJECT: Final = {
    "eventCategory": "Data",
    "resources.type": "AWS::S3::Object",
    "eventSource": "s3.amazonaws.com",
}
READ: Final[Event] = {**_OBJECT, "readOnly": "true", "eventName": "GetObject"}
WRITE: Final[Event] = {**_OBJECT, "readOnly": "false", "eventName": "PutObject"}
_MANAGED: Final = {"eventCategory": "Management", "resources.type": "", _NAME: ""}
_KEYS: Final = {**_MANAGED, "eventSource": "kms.amazonaws.com"}
DECRYPTION: Final[Event] = {**_KEYS, "eventName": "Decrypt", "readOnly": "true"}
GRANT: Final[Event] = {**_KEYS, "eventName": "CreateGrant", "readOnly": "false"}
CHANGE: Final[Event] = {
    **_MANAGED,
    "eventSource": "iam.amazonaws.com",
    "eventName": "PutRolePolicy",
    "readOnly": "false",
}
_ALL: Final[Mapping[str, Any]] = {"ReadWriteType": "All", "IncludeManagementEvents": True}
Test = tuple[tuple[Names, ...], ...]


def recorded(answer: Any) -> Recorded:
    """What the selectors of a trail come to."""
    body = mapping(answer)
    advanced = objects(body.get("AdvancedEventSelectors"))
    basic = objects(body.get("EventSelectors")) or [_ALL]

    def names(event: Event) -> Test:
        found = (
            (_by_fields(one, event) for one in advanced)
            if advanced
            else (_by_kind(one, event) for one in basic)
        )
        return tuple(names for one in found for names in one)

    return Recorded(
        reads=names(READ),
        writes=names(WRITE),
        key_uses=bool(names(DECRYPTION)),
        key_grants=bool(names(GRANT)),
        admin=bool(names(CHANGE)),
    )


def _by_fields(selector: Mapping[str, Any], event: Event) -> Test:
    """An advanced selector: all of its field selectors hold. Those on a name that the event leaves open are kept as tests."""
    kept = []
    for test in objects(selector.get("FieldSelectors")):
        field, names = text(test.get("Field", "")), _names(test)
        if field == _NAME and field not in event:
            kept.append(names)
        elif not names.hold(event.get(field, "")):
            return ()
    return (tuple(kept),)


def _names(test: Mapping[str, Any]) -> Names:
    """The values of a field selector: of its operators that ask for something, any; of those that refuse something, none."""
    refused = Names(
        texts(test.get("NotEquals")), texts(test.get("NotStartsWith")), texts(test.get("NotEndsWith"))
    )
    others = refused if refused != Names() else None
    return Names(
        texts(test.get("Equals")), texts(test.get("StartsWith")), texts(test.get("EndsWith")), others
    )


def _by_kind(selector: Mapping[str, Any], event: Event) -> Test:
    """A basic selector: management events, or data events of objects whose names begin so."""
    kind = "ReadOnly" if event["readOnly"] == "true" else "WriteOnly"
    if selector.get("ReadWriteType", "All") not in ("All", kind):
        return ()
    if event["eventCategory"] == "Management":
        excluded = sequence(selector.get("ExcludeManagementEventSources"))
        taken = selector.get("IncludeManagementEvents", True) is True and event["eventSource"] not in excluded
        return ((),) if taken else ()
    return tuple(_beginning(selector, event))


def _beginning(selector: Mapping[str, Any], event: Event) -> Iterator[tuple[Names, ...]]:
    """The first entry of the event's type of resource decides."""
    for data in objects(selector.get("DataResources")):
        if data.get("Type") == event["resources.type"]:
            values = texts(data.get("Values"))
            if values:
                yield (Names(prefixes=values),)
            return
