"""EMR on EC2: clusters, whose steps run as the role of the cluster's instances."""

from __future__ import annotations

from weightguard.collect.aws.resource import Read, Resource, reader
from weightguard.collect.calls.operation import Operation

# A cluster that ended runs nothing again. EMR API reference, "ClusterStatus".
_ALIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING")

CLUSTERS = Operation(
    service="emr",
    name="ListClusters",
    permissions=("elasticmapreduce:ListClusters",),
    hides="clusters whose steps run as a role that reads weights",
    required=("Clusters",),
    entries=("Clusters",),
    identity=("ClusterArn",),
    paged=True,
    keeps=("Id", "Name", "Status.State", "ClusterArn"),
)
CLUSTER = Operation(
    service="emr",
    name="DescribeCluster",
    permissions=("elasticmapreduce:DescribeCluster",),
    hides="the role of a cluster's instances",
    required=("Cluster",),
    keeps=(
        "Cluster.ServiceRole",
        "Cluster.AutoScalingRole",
        "Cluster.SecurityConfiguration",
        "Cluster.MasterPublicDnsName",
        "Cluster.VisibleToAllUsers",
        "Cluster.Ec2InstanceAttributes.IamInstanceProfile",
        "Cluster.Ec2InstanceAttributes.Ec2SubnetId",
        "Cluster.Tags.*",
    ),
)
OPERATIONS = (CLUSTERS, CLUSTER)
read = reader(
    Resource(
        "emr.cluster",
        CLUSTERS,
        "Clusters[]",
        "{ClusterArn}",
        {"ClusterStates": list(_ALIVE)},
        reads=(Read(CLUSTER, {"ClusterId": "{Id}"}),),
    )
)
