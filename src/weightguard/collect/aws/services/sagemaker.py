"""SageMaker: notebooks, models, endpoints and domains: places where weights are loaded, and people sit beside them."""

from __future__ import annotations

from weightguard.collect.aws.resource import Read, Resource, reader
from weightguard.collect.calls.operation import Operation


def _listing(name: str, member: str, hides: str, *, keeps: tuple[str, ...] = ()) -> Operation:
    return Operation(
        "sagemaker",
        name,
        (f"sagemaker:{name}",),
        hides,
        required=(member,),
        paged=True,
        page_size=100,
        keeps=keeps,
    )


def _describing(name: str, hides: str, required: str, *, keeps: tuple[str, ...] = ()) -> Operation:
    return Operation("sagemaker", name, (f"sagemaker:{name}",), hides, required=(required,), keeps=keeps)


NOTEBOOKS = _listing(
    "ListNotebookInstances",
    "NotebookInstances",
    "notebooks whose users hold a role that reads weights",
    keeps=(
        "NotebookInstanceArn",
        "NotebookInstanceName",
        "NotebookInstanceStatus",
        "NotebookInstanceLifecycleConfigName",
    ),
)
NOTEBOOK = _describing(
    "DescribeNotebookInstance",
    "a notebook's role, and its way to the internet",
    "NotebookInstanceArn",
    keeps=(
        "NotebookInstanceArn",
        "NotebookInstanceName",
        "NotebookInstanceStatus",
        "RoleArn",
        "DirectInternetAccess",
        "RootAccess",
        "SubnetId",
        "KmsKeyId",
        "NotebookInstanceLifecycleConfigName",
        "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion",
    ),
)
MODELS = _listing(
    "ListModels", "Models", "model objects that are copies of weights", keeps=("ModelArn", "ModelName")
)
MODEL = _describing(
    "DescribeModel",
    "where a model's weights come from, and with which role",
    "ModelArn",
    keeps=(
        "ModelArn",
        "ModelName",
        "ExecutionRoleArn",
        "EnableNetworkIsolation",
        "PrimaryContainer.Image",
        "PrimaryContainer.ModelDataUrl",
        "PrimaryContainer.ModelDataSource.S3DataSource.S3Uri",
        "PrimaryContainer.ModelDataSource.S3DataSource.ManifestS3Uri",
        "PrimaryContainer.AdditionalModelDataSources.S3DataSource.S3Uri",
        "PrimaryContainer.AdditionalModelDataSources.S3DataSource.ManifestS3Uri",
        "Containers.Image",
        "Containers.ModelDataUrl",
        "Containers.ModelDataSource.S3DataSource.S3Uri",
        "Containers.ModelDataSource.S3DataSource.ManifestS3Uri",
        "Containers.AdditionalModelDataSources.S3DataSource.S3Uri",
        "Containers.AdditionalModelDataSources.S3DataSource.ManifestS3Uri",
        "VpcConfig.Subnets",
        "VpcConfig.SecurityGroupIds",
    ),
)
ENDPOINTS = _listing(
    "ListEndpoints",
    "Endpoints",
    "endpoints that serve weights",
    keeps=("EndpointArn", "EndpointName", "EndpointStatus"),
)
ENDPOINT = _describing(
    "DescribeEndpoint",
    "what an endpoint serves",
    "EndpointArn",
    keeps=("EndpointArn", "EndpointName", "EndpointConfigName", "EndpointStatus"),
)
CONFIGS = _listing(
    "ListEndpointConfigs",
    "EndpointConfigs",
    "how weights are served, and what of it is captured",
    keeps=("EndpointConfigArn", "EndpointConfigName"),
)
CONFIG = _describing(
    "DescribeEndpointConfig",
    "disks of endpoints that are not encrypted",
    "EndpointConfigArn",
    keeps=(
        "EndpointConfigArn",
        "EndpointConfigName",
        "ExecutionRoleArn",
        "KmsKeyId",
        "EnableNetworkIsolation",
        "ProductionVariants.VariantName",
        "ProductionVariants.ModelName",
        "ProductionVariants.InstanceType",
        "ProductionVariants.EnableSSMAccess",
        "DataCaptureConfig.EnableCapture",
        "DataCaptureConfig.DestinationS3Uri",
        "DataCaptureConfig.KmsKeyId",
        "VpcConfig.Subnets",
        "VpcConfig.SecurityGroupIds",
    ),
)
DOMAINS = _listing(
    "ListDomains",
    "Domains",
    "studios whose users share a role that reads weights",
    keeps=("DomainArn", "DomainId", "DomainName", "Status"),
)
DOMAIN = _describing(
    "DescribeDomain",
    "a studio's role, and its way to the internet",
    "DomainArn",
    keeps=(
        "DomainArn",
        "DomainName",
        "AppNetworkAccessType",
        "AuthMode",
        "KmsKeyId",
        "VpcId",
        "Status",
        "DefaultUserSettings.ExecutionRole",
        "DefaultSpaceSettings.ExecutionRole",
        "DomainSettings.RStudioServerProDomainSettings.DomainExecutionRoleArn",
    ),
)
OPERATIONS = (NOTEBOOKS, NOTEBOOK, MODELS, MODEL, ENDPOINTS, ENDPOINT, CONFIGS, CONFIG, DOMAINS, DOMAIN)
read = reader(
    Resource(
        "sagemaker.notebook_instance",
        NOTEBOOKS,
        "NotebookInstances[]",
        "{NotebookInstanceArn}",
        reads=(Read(NOTEBOOK, {"NotebookInstanceName": "{NotebookInstanceName}"}),),
    ),
    Resource(
        "sagemaker.model",
        MODELS,
        "Models[]",
        "{ModelArn}",
        reads=(Read(MODEL, {"ModelName": "{ModelName}"}),),
    ),
    Resource(
        "sagemaker.endpoint",
        ENDPOINTS,
        "Endpoints[]",
        "{EndpointArn}",
        reads=(Read(ENDPOINT, {"EndpointName": "{EndpointName}"}),),
    ),
    Resource(
        "sagemaker.endpoint_config",
        CONFIGS,
        "EndpointConfigs[]",
        "{EndpointConfigArn}",
        reads=(Read(CONFIG, {"EndpointConfigName": "{EndpointConfigName}"}),),
    ),
    Resource(
        "sagemaker.domain",
        DOMAINS,
        "Domains[]",
        "{DomainArn}",
        reads=(Read(DOMAIN, {"DomainId": "{DomainId}"}),),
    ),
)
