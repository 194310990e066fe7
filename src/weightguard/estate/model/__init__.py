"""The provider-neutral model of an estate.

One vocabulary for three clouds; the comments name what fills each attribute on AWS, Google Cloud and Azure. Values are plain
frozen data. Identifiers are the provider's own (an ARN, a full resource name, a resource id). Times are ISO-8601 strings in UTC,
sizes bytes. Policy documents stay as the provider wrote them: deciding what they mean is `weightguard.policy`'s work.
"""

from weightguard.estate.model.audit import Names, Recorded, Trail
from weightguard.estate.model.container import Account, Organisation
from weightguard.estate.model.contents import LAST_CHARACTER, Contents, UnreadObjects, Wrapped, Wrapping
from weightguard.estate.model.credential import Credential, CredentialKind
from weightguard.estate.model.estate import Estate, LeftOut
from weightguard.estate.model.inheritance import Container, ContainerKind
from weightguard.estate.model.key import Key, KeyGrant, KeyMaterial, KeyProtection, KeyState, KeyVersion
from weightguard.estate.model.network import Endpoint, NetworkRules, Perimeter
from weightguard.estate.model.policy import NamedPolicy, PolicyForm, ScopedPolicy
from weightguard.estate.model.principal import FederatedProvider, Principal, PrincipalKind
from weightguard.estate.model.provider import NOT_HERE, Provider
from weightguard.estate.model.public_access import PublicAccess, PublicAccessBlock
from weightguard.estate.model.resource import DiskCopy, Resource, Secret
from weightguard.estate.model.sign_in import PasswordPolicy
from weightguard.estate.model.store import AccessPoint, Store
from weightguard.estate.model.store_settings import (
    Encryption,
    EncryptionKind,
    LifecycleRule,
    ObjectLists,
    Replica,
    Retention,
    RetentionMode,
    Versioning,
)
from weightguard.estate.model.workload import MetadataService, Workload

__all__ = [
    "LAST_CHARACTER",
    "NOT_HERE",
    "AccessPoint",
    "Account",
    "Container",
    "ContainerKind",
    "Contents",
    "Credential",
    "CredentialKind",
    "DiskCopy",
    "Encryption",
    "EncryptionKind",
    "Endpoint",
    "Estate",
    "FederatedProvider",
    "Key",
    "KeyGrant",
    "KeyMaterial",
    "KeyProtection",
    "KeyState",
    "KeyVersion",
    "LeftOut",
    "LifecycleRule",
    "MetadataService",
    "NamedPolicy",
    "Names",
    "NetworkRules",
    "ObjectLists",
    "Organisation",
    "PasswordPolicy",
    "Perimeter",
    "PolicyForm",
    "Principal",
    "PrincipalKind",
    "Provider",
    "PublicAccess",
    "PublicAccessBlock",
    "Recorded",
    "Replica",
    "Resource",
    "Retention",
    "RetentionMode",
    "ScopedPolicy",
    "Secret",
    "Store",
    "Trail",
    "UnreadObjects",
    "Versioning",
    "Workload",
    "Wrapped",
    "Wrapping",
]
