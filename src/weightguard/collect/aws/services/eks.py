"""EKS: clusters, their nodes, who may enter them, and the roles that their pods hold."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row
from weightguard.collect.aws.resource import Read, Resource, rows
from weightguard.collect.calls.operation import Operation


def _listing(name: str, member: str, hides: str, *, keeps: tuple[str, ...] = ()) -> Operation:
    return Operation(
        "eks", name, (f"eks:{name}",), hides, required=(member,), paged=True, page_size=100, keeps=keeps
    )


def _describing(name: str, member: str, hides: str, *, keeps: tuple[str, ...] = ()) -> Operation:
    return Operation("eks", name, (f"eks:{name}",), hides, required=(member,), keeps=keeps)


CLUSTERS = _listing(
    "ListClusters", "clusters", "clusters whose pods and nodes hold roles that read weights", keeps=("name",)
)
CLUSTER = _describing(
    "DescribeCluster",
    "cluster",
    "a cluster that the internet reaches, and its issuer of identities",
    keeps=(
        "cluster.name",
        "cluster.roleArn",
        "cluster.status",
        "cluster.version",
        "cluster.identity.oidc.issuer",
        "cluster.accessConfig.authenticationMode",
        "cluster.accessConfig.bootstrapClusterCreatorAdminPermissions",
        "cluster.resourcesVpcConfig.endpointPublicAccess",
        "cluster.resourcesVpcConfig.endpointPrivateAccess",
        "cluster.resourcesVpcConfig.publicAccessCidrs",
        "cluster.resourcesVpcConfig.vpcId",
        "cluster.resourcesVpcConfig.subnetIds",
        "cluster.resourcesVpcConfig.securityGroupIds",
        "cluster.encryptionConfig.resources",
        "cluster.encryptionConfig.provider.keyArn",
        "cluster.logging.clusterLogging.types",
        "cluster.logging.clusterLogging.enabled",
        "cluster.tags.*",
    ),
)
NODEGROUPS = _listing(
    "ListNodegroups",
    "nodegroups",
    "nodes whose role every pod can borrow",
    keeps=("clusterName", "nodegroupName"),
)
NODEGROUP = _describing(
    "DescribeNodegroup",
    "nodegroup",
    "the role of a cluster's nodes",
    keeps=(
        "nodegroup.clusterName",
        "nodegroup.nodegroupName",
        "nodegroup.nodeRole",
        "nodegroup.status",
        "nodegroup.tags.*",
    ),
)
FARGATE_PROFILES = _listing(
    "ListFargateProfiles",
    "fargateProfileNames",
    "roles that pods are started with",
    keeps=("clusterName", "fargateProfileName"),
)
FARGATE_PROFILE = _describing(
    "DescribeFargateProfile",
    "fargateProfile",
    "the role that pods are started with",
    keeps=(
        "fargateProfile.clusterName",
        "fargateProfile.fargateProfileName",
        "fargateProfile.podExecutionRoleArn",
        "fargateProfile.status",
        "fargateProfile.tags.*",
    ),
)
ASSOCIATIONS = _listing(
    "ListPodIdentityAssociations",
    "associations",
    "pods that hold a role that reads weights",
    keeps=("clusterName", "associationArn", "associationId", "namespace", "serviceAccount"),
)
ASSOCIATION = _describing(
    "DescribePodIdentityAssociation",
    "association",
    "the role that a pod holds",
    keeps=(
        "association.clusterName",
        "association.namespace",
        "association.serviceAccount",
        "association.roleArn",
        "association.targetRoleArn",
        "association.disableSessionTags",
        "association.tags.*",
    ),
)
ENTRIES = _listing(
    "ListAccessEntries",
    "accessEntries",
    "people and roles that may enter a cluster",
    keeps=("clusterName", "principalArn"),
)
ENTRY = _describing(
    "DescribeAccessEntry",
    "accessEntry",
    "the groups that somebody has inside a cluster",
    keeps=(
        "accessEntry.clusterName",
        "accessEntry.principalArn",
        "accessEntry.kubernetesGroups",
        "accessEntry.type",
        "accessEntry.tags.*",
    ),
)
ENTRY_POLICIES = _listing(
    "ListAssociatedAccessPolicies",
    "associatedAccessPolicies",
    "who administers a cluster",
    keeps=(
        "associatedAccessPolicies.policyArn",
        "associatedAccessPolicies.accessScope.type",
        "associatedAccessPolicies.accessScope.namespaces",
    ),
)
OPERATIONS = (
    CLUSTERS,
    CLUSTER,
    NODEGROUPS,
    NODEGROUP,
    FARGATE_PROFILES,
    FARGATE_PROFILE,
    ASSOCIATIONS,
    ASSOCIATION,
    ENTRIES,
    ENTRY,
    ENTRY_POLICIES,
)
_OF = {"clusterName": "{clusterName}"}
_ENTRY = _OF | {"principalArn": "{principalArn}"}
_CLUSTERS = Resource(
    "eks.cluster",
    CLUSTERS,
    "clusters[]",
    "arn:{partition}:eks:{region}:{account}:cluster/{name}",
    reads=(Read(CLUSTER, {"name": "{name}"}),),
    named="name",
)
_INSIDE = (
    Resource(
        "eks.nodegroup",
        NODEGROUPS,
        "nodegroups[]",
        "arn:{partition}:eks:{region}:{account}:nodegroup/{clusterName}/{nodegroupName}",
        parameters=_OF,
        reads=(Read(NODEGROUP, _OF | {"nodegroupName": "{nodegroupName}"}),),
        named="nodegroupName",
    ),
    Resource(
        "eks.fargate_profile",
        FARGATE_PROFILES,
        "fargateProfileNames[]",
        "arn:{partition}:eks:{region}:{account}:fargateprofile/{clusterName}/{fargateProfileName}",
        parameters=_OF,
        reads=(Read(FARGATE_PROFILE, _OF | {"fargateProfileName": "{fargateProfileName}"}),),
        named="fargateProfileName",
    ),
    Resource(
        "eks.pod_identity_association",
        ASSOCIATIONS,
        "associations[]",
        "{associationArn}",
        parameters=_OF,
        reads=(Read(ASSOCIATION, _OF | {"associationId": "{associationId}"}),),
    ),
    Resource(
        "eks.access_entry",
        ENTRIES,
        "accessEntries[]",
        "arn:{partition}:eks:{region}:{account}:access-entry/{clusterName}/{principalArn}",
        parameters=_OF,
        reads=(Read(ENTRY, _ENTRY), Read(ENTRY_POLICIES, _ENTRY)),
        named="principalArn",
    ),
)


def read(account: Account, region: str) -> Iterator[Row]:
    """The clusters of a region and what is in them."""
    for cluster in rows(account, region, _CLUSTERS):
        yield cluster
        for resource in _INSIDE:
            yield from rows(account, region, resource, around={"clusterName": cluster["data"]["name"]})
