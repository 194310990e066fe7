"""IFC: which resources that run code strangers may invoke, and what code that a model wrote can reach.

Sources: App Service documentation, "Authentication and authorization in Azure App Service"; Azure Functions documentation,
"Function access keys" (``anonymous`` asks for none); Container Apps documentation, "Ingress", "Authentication and authorization"
and "Dynamic sessions"; Azure Machine Learning documentation, "Authenticate clients for online endpoints" (all of them ask);
Microsoft Foundry documentation, "Agent identity".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.access.model import AccessKind
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.relations import missing, unknown_roles, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.fact import Source
from weightguard.estate.model import Resource, Store, Workload

SANDBOXES: Final = frozenset({"code_interpreter", "agent_runtime"})
_LISTED: Final = ("app.sessionpools", "cognitiveservices.accounts/projects")
_LETS_IN: Final = "allowanonymous"


def sandboxes_apart(store: Store, context: Context) -> Verdict:
    """Code that a model writes runs where these weights cannot be read."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    sandboxes = [one for one in workloads_of(SANDBOXES, context) if one.provider == "azure"]
    able = [one.id for one in sandboxes if {one.id, *one.known_roles} & readers]
    if able:
        return Verdict.failed("code that a model wrote can read these weights: {able}", able=refs(able))
    unlisted = [gap for kind in _LISTED for gap in context.estate.resources_of(kind).gaps]
    context.require((*answer.gaps, *unlisted, *unknown_roles(sandboxes)))
    return Verdict.passed("no sandbox for model-written code reads these weights")


def not_publicly_invocable(workload: Workload, context: Context) -> Verdict:
    """Strangers cannot run code that holds access to weights."""
    judge = _JUDGES.get(str(attribute(workload, "type")))
    if judge is None:
        return Verdict.not_applicable("requests from the internet do not run it")
    context.peek(workload.attributes["type"], "workload.type")
    if str(attribute(workload, "publicNetworkAccess")).lower() == "disabled":
        return Verdict.passed("requests from the internet do not arrive at it")
    return judge(workload, context)


def _site(site: Workload, context: Context) -> Verdict:
    """An app or a function app: the platform asks who calls, or each function asks for a key."""
    settings = prepared(context).resources.get(f"{site.id}/config/authsettingsv2".lower())
    if settings is None:
        missing(Source.named("web", "sites/config", site.id, provider="azure", scope=site.account))
    context.peek(settings.attributes.get("platform", site.roles), "site.authentication")
    if _asks(settings, "globalValidation.unauthenticatedClientAction"):
        return Verdict.passed("the platform asks whoever calls to sign in")
    if "functionapp" not in str(attribute(site, "kind")).lower():
        return Verdict.failed("anybody on the internet can invoke it, and it reaches weights")
    return _functions(site, context)


def _functions(site: Workload, context: Context) -> Verdict:
    functions = [
        one
        for one in context.glance(context.estate.resources_of("web.sites/functions"))
        if one.id.lower().startswith(f"{site.id}/functions/".lower())
    ]
    opened = sorted(one.name for one in functions if any(map(_is_open, _bindings(one))))
    if opened:
        return Verdict.failed(
            "anybody on the internet can invoke {opened}, which reach weights", opened=refs(opened)
        )
    if not functions:
        missing(Source.named("web", "sites/functions", site.id, provider="azure", scope=site.account))
    context.require(context.estate.resources_of("web.sites/functions").gaps)
    return Verdict.passed("each of its functions asks for a key, or takes no requests")


def _bindings(function: Resource) -> Iterator[Mapping[str, Any]]:
    held = attribute(function, "config.bindings")
    yield from (one for one in held if isinstance(one, Mapping)) if isinstance(held, list) else ()


def _is_open(binding: Mapping[str, Any]) -> bool:
    level = str(binding.get("authLevel") or "function").lower()
    return str(binding.get("type")).lower() == "httptrigger" and level == "anonymous"


def _container_app(app: Workload, context: Context) -> Verdict:
    if attribute(app, "configuration.ingress.external") is not True:
        return Verdict.passed("requests from the internet do not arrive at it")
    environment = prepared(context).resources.get(str(attribute(app, "environmentId")).lower())
    if environment is not None and attribute(environment, "vnetConfiguration.internal") is True:
        return Verdict.passed("requests from the internet do not arrive at its environment")
    kind = context.estate.resources_of("app.containerapps/authconfigs")
    start = f"{app.id}/authConfigs/".lower()
    settings = [one for one in context.glance(kind) if one.id.lower().startswith(start)]
    if any(_asks(one, "globalValidation.unauthenticatedClientAction") for one in settings):
        return Verdict.passed("the platform asks whoever calls to sign in")
    context.require(kind.gaps)
    return Verdict.failed("anybody on the internet can invoke it, and it reaches weights")


def _asks(settings: Any, action: str) -> bool:
    """Whether settings of authentication are on, and let nobody in who did not sign in."""
    required = attribute(settings, "globalValidation.requireAuthentication")
    told = attribute(settings, action)
    closed = required is True or (required is None and told is not None)
    return (
        attribute(settings, "platform.enabled") is True
        and closed
        and str(told or "RedirectToLoginPage").lower() != _LETS_IN
    )


def _containers(group: Workload, context: Context) -> Verdict:
    if str(attribute(group, "ipAddress.type")).lower() == "public":
        return Verdict.failed("anybody on the internet can invoke it, and it reaches weights")
    return Verdict.passed("requests from the internet do not arrive at it")


def _endpoint(endpoint: Workload, context: Context) -> Verdict:
    return Verdict.passed("whoever calls it shows a key or a token")


def _slot(slot: Workload, context: Context) -> Verdict:
    missing(Source.named("web", "sites/slots/config", slot.id, provider="azure", scope=slot.account))


_JUDGES: Final[Mapping[str, Callable[[Workload, Context], Verdict]]] = {
    "web.sites": _site,
    "web.sites/slots": _slot,
    "app.containerapps": _container_app,
    "containerinstance.containergroups": _containers,
    "machinelearningservices.workspaces/onlineendpoints": _endpoint,
    "machinelearningservices.workspaces/batchendpoints": _endpoint,
    "cognitiveservices.accounts": _endpoint,
}
