"""SageMaker: notebooks, models, endpoints and domains: places where weights are loaded, and people sit beside them."""

from __future__ import annotations

from weightguard.collect.aws.operation import Operation
from weightguard.collect.aws.resource import Read, Resource, reader


def _listing(name: str, member: str, hides: str) -> Operation:
    return Operation(
        "sagemaker", name, (f"sagemaker:{name}",), hides, required=(member,), paged=True, page_size=100
    )


def _describing(name: str, hides: str, required: str) -> Operation:
    return Operation("sagemaker", name, (f"sagemaker:{name}",), hides, required=(required,))


NOTEBOOKS = _listing(
    "ListNotebookInstances", "NotebookInstances", "notebooks whose users hold a role that reads weights"
)
NOTEBOOK = _describing(
    "DescribeNotebookInstance", "a notebook's role, and its way to the internet", "NotebookInstanceArn"
)
MODELS = _listing("ListModels", "Models", "model objects that are copies of weights")
MODEL = _describing("DescribeModel", "where a model's weights come from, and with which role", "ModelArn")
ENDPOINTS = _listing("ListEndpoints", "Endpoints", "endpoints that serve weights")
ENDPOINT = _describing("DescribeEndpoint", "what an endpoint serves", "EndpointArn")
CONFIGS = _listing(
    "ListEndpointConfigs", "EndpointConfigs", "how weights are served, and what of it is captured"
)
CONFIG = _describing(
    "DescribeEndpointConfig", "disks of endpoints that are not encrypted", "EndpointConfigArn"
)
DOMAINS = _listing("ListDomains", "Domains", "studios whose users share a role that reads weights")
DOMAIN = _describing("DescribeDomain", "a studio's role, and its way to the internet", "DomainArn")
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
