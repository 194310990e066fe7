"""A stand-in for Azure on a loopback port, over TLS: signing in, Resource Manager, Resource Graph, vaults, Microsoft Graph, blobs.

It serves a made-up tenant (`azure_exports.Export` and blobs), lets in whoever has the role and the permissions that it is told,
pages everything, and fails as told. What it asks of a caller (audiences, permissions, headers) is written from the providers'
documentation and not from what the collector declares.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import azure_exports as made

SECRET = "made-up-secret"
PRINCIPAL = "40000000-0000-0000-0000-00000000000a"
ROLE = f"/subscriptions/{made.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/own"
CLIENT = "40000000-0000-0000-0000-000000000004"
AUDIENCES = {
    "arm": "https://management.azure.com",
    "msgraph": "https://graph.microsoft.com",
    "vault": "https://vault.azure.net",
    "blob": "https://storage.azure.com",
}
GRAPH_PERMISSIONS = {
    "organization": "Organization.Read.All",
    "users": "User.Read.All",
    "groups": "GroupMember.Read.All",
    "applications": "Application.Read.All",
    "servicePrincipals": "Application.Read.All",
    "directory/administrativeUnits": "AdministrativeUnit.Read.All",
    "roleManagement/directory/roleAssignments": "RoleManagement.Read.Directory",
    "roleManagement/directory/roleDefinitions": "RoleManagement.Read.Directory",
    "roleManagement/directory/roleEligibilityScheduleInstances": "RoleEligibilitySchedule.Read.Directory",
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "identity/conditionalAccess/policies": "Policy.Read.All",
    "policies/authorizationPolicy": "Policy.Read.All",
}
BLOBS_READ = "microsoft.storage/storageaccounts/blobservices/containers/blobs/read"
ROTATION_READ = "microsoft.keyvault/vaults/keyrotationpolicies/read"
_TABLES = {
    "microsoft.security/pricings": "securityresources",
    "microsoft.authorization/roleassignments": "authorizationresources",
    "microsoft.authorization/roledefinitions": "authorizationresources",
    "microsoft.authorization/policyassignments": "policyresources",
    "microsoft.management/managementgroups": "resourcecontainers",
    "microsoft.resources/subscriptions": "resourcecontainers",
    "microsoft.resources/subscriptions/resourcegroups": "resourcecontainers",
    "microsoft.managedservices/registrationassignments": "managedservicesresources",
    "microsoft.managedservices/registrationdefinitions": "managedservicesresources",
}


class Refused(Exception):
    """An error that is answered."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.status, self.code, self.headers = status, code, headers


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        where: found in ``METHOD path?query``.
        times: how often; None: always.
        raw: sent instead of an error's body.
    """

    where: str
    status: int
    code: str = "Wrong"
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = None
    raw: bytes | None = None


@dataclass
class Tenant:
    """The made-up tenant.

    Attributes:
        actions: what the caller's role allows over resources; ``data`` over blobs and vaults; ``graph`` over the directory.
        blobs: (account, container) -> name -> content.
        listing: further entries of a container's listing, as XML.
        own_scope: where the caller's role is assigned.
        unseen: subscriptions that are there and that the caller does not see.
    """

    export: made.Export
    blobs: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    listing: dict[tuple[str, str], str] = field(default_factory=dict)
    rotation: dict[str, Any] = field(default_factory=dict)
    actions: tuple[str, ...] = ("*",)
    data: tuple[str, ...] = ("*",)
    graph: tuple[str, ...] = ("*",)
    unseen: tuple[str, ...] = ()
    own_scope: str = "/"
    page: int = 3
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def may(self, action: str, allowed: tuple[str, ...]) -> bool:
        return any(
            re.fullmatch(".*".join(re.escape(part) for part in one.lower().split("*")), action.lower())
            for one in allowed
        )

    def rows(self) -> list[dict[str, Any]]:
        return [*self.export._base(), *self.export.rows]

    def resources(self) -> list[dict[str, Any]]:
        return [*self.export.arm, *self.rows()]

    def directory(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Collection -> id -> the object with its relations: those of pages that expand are joined."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for name in {*made.COLLECTIONS, *self.export.objects}:
            plain = name.partition("(")[0]
            for one in self.export.objects.get(name, self.export._usual(name)):
                found.setdefault(plain, {}).setdefault(one["id"], {}).update(one)
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tenant: Tenant
    base: str

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.tenant.lock:
            self.tenant.asked.append(f"{method} {self.path}")
            fault = self._fault(method)
        try:
            if fault is not None and fault.raw is not None:
                self._send(fault.status, fault.raw, {"Content-Type": "application/json", **fault.headers})
                return
            if fault is not None:
                raise Refused(fault.status, fault.code, **fault.headers)
            parts = urlsplit(self.path)
            query = {
                name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            found, headers, status = self._route(method, unquote(parts.path), query, body)
        except Refused as error:
            document = {"error": {"code": error.code, "message": f"refused: {error.code}"}}
            headers = {"x-ms-error-code": error.code} if self.path.startswith("/blob/") else {}
            self._send(error.status, json.dumps(document).encode(), {**headers, **error.headers})
            return
        self._send(status, found, headers)

    def _fault(self, method: str) -> Fault | None:
        for one in self.tenant.faults:
            if one.times != 0 and one.where in f"{method} {unquote(self.path)}":
                if one.times is not None:
                    one.times -= 1
                return one
        return None

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _route(
        self, method: str, path: str, query: dict[str, str], body: bytes
    ) -> tuple[bytes, dict[str, str], int]:
        at, _, rest = path.lstrip("/").partition("/")
        if at not in AUDIENCES:
            return _json(self._login(path, body))
        self._authorized(at)
        rest = f"/{rest}"
        if at == "blob":
            return self._blob(rest, query)
        if at == "msgraph":
            return _json(self._graph(rest.removeprefix("/v1.0/"), query))
        if at == "vault":
            return _json(self._vault(rest))
        if method == "POST":
            return _json(self._query(json.loads(body)))
        return _json(self._arm(rest, query))

    # Signing in

    def _login(self, path: str, body: bytes) -> dict[str, Any]:
        tenant = path.split("/")[1]
        if tenant != made.TENANT:
            raise Refused(400, f"AADSTS90002: Tenant '{tenant}' not found. Check to make sure.")
        if path.endswith("openid-configuration"):
            base = f"{self.base}/{tenant}"
            return {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        told = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if told.get("client_secret") != SECRET:
            raise Refused(401, "AADSTS7000215: Invalid client secret provided. Ensure it.")
        audience = told["scope"].removesuffix("/.default")
        with self.tenant.lock:
            number = len(self.tenant.tokens)
            token = jwt(audience, number)
            self.tenant.tokens[token] = audience
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": token}

    def _authorized(self, at: str) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        audience = self.tenant.tokens.get(token)
        if audience != AUDIENCES[at] or token in self.tenant.revoked:
            challenge = f'Bearer authorization="{self.base}/{made.TENANT}", resource="{AUDIENCES[at]}"'
            raise Refused(401, "InvalidAuthenticationToken", **{"WWW-Authenticate": challenge})

    # Resource Manager and Resource Graph

    def _query(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not self.tenant.may("Microsoft.ResourceGraph/resources/read", self.tenant.actions):
            raise Refused(403, "AuthorizationFailed")
        table = asked["query"].partition(" |")[0]
        kinds = set(re.findall(r"'([^']+)'", asked["query"]))
        scopes = [f"/subscriptions/{one}".lower() for one in asked["subscriptions"]]
        rows = [
            one
            for one in self.tenant.rows()
            if _TABLES.get(one["type"].lower(), "resources") == table
            and (one["type"].lower() in kinds or (table == "resources" and one.get("identity")))
            and self.tenant.may(f"{one['type']}/read", self.tenant.actions)
            and _within(one["id"].lower(), scopes, table)
        ]
        rows.sort(key=lambda one: one["id"].lower())
        options = asked["options"]
        start = int(options.get("$skipToken") or 0)
        end = start + min(options["$top"], self.tenant.page)
        found = {"totalRecords": len(rows), "count": len(rows[start:end]), "data": rows[start:end]}
        return found | ({"$skipToken": str(end)} if end < len(rows) else {})

    def _arm(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        assert "api-version" in query
        low = path.lower()
        if low == "/subscriptions":
            ids = [one["id"].rpartition("/")[2] for one in self.export_subscriptions()]
            seen = [one for one in ids if one not in self.tenant.unseen]
            return self._page([{"id": f"/subscriptions/{one}", "subscriptionId": one, "tenantId": made.TENANT,
                                "displayName": one, "state": "Enabled"} for one in seen], path, query)  # fmt: skip
        if low.endswith("/descendants"):
            if not self.tenant.may(
                "Microsoft.Management/managementGroups/descendants/read", self.tenant.actions
            ):
                raise Refused(403, "AuthorizationFailed")
            if "/managementgroups/labs/" not in low:
                raise Refused(404, "NotFound")
            return self._page([{"id": one["id"], "name": one["id"].rpartition("/")[2], "type": "/subscriptions"}
                               for one in self.export_subscriptions()], path, query)  # fmt: skip
        self._allowed(low)
        if low == ROLE.lower():
            return {
                "id": ROLE,
                "properties": {"permissions": [{"actions": list(self.tenant.actions), "notActions": []}]},
            }
        if query.get("$filter") == f"assignedTo('{PRINCIPAL}')":
            own = {"roleDefinitionId": ROLE, "scope": self.tenant.own_scope, "principalId": PRINCIPAL}
            return self._page([{"id": "own", "properties": own}], path, query)
        if low.endswith("/microsoft.authorization/permissions"):
            return self._page([{"actions": list(self.tenant.actions), "notActions": []}], path, query)
        return self._resource(path, low, query)

    def export_subscriptions(self) -> list[dict[str, Any]]:
        """The subscriptions that there are."""
        return [
            one for one in self.tenant.rows() if one["type"].lower() == "microsoft.resources/subscriptions"
        ]

    def _allowed(self, low: str) -> None:
        action = f"{_type_of(low)}/read"
        if not self.tenant.may(action, self.tenant.actions):
            raise Refused(403, "AuthorizationFailed")

    def _resource(self, path: str, low: str, query: dict[str, str]) -> dict[str, Any]:
        everything = self.tenant.resources()
        own = next((one for one in everything if one["id"].lower() == low), None)
        if own is not None:
            return own
        if low.endswith("/managementpolicies/default"):
            raise Refused(404, "ManagementPolicyNotFound")
        set_on = re.fullmatch(r"(/subscriptions/[^/]+)/providers/([\w.]+/\w+)", low)
        if set_on:
            found = [one for one in everything
                     if one["type"].lower() == set_on[2] and one["id"].lower().startswith(set_on[1])]  # fmt: skip
        else:
            found = [one for one in everything if one["id"].lower().rpartition("/")[0] == low]
        # A listing of vaults gives less of a key than the key itself.
        if low.endswith("/keys"):
            found = [
                {**one, "properties": {"attributes": one["properties"].get("attributes", {})}}
                for one in found
            ]
        return self._page(found, path, query)

    def _page(self, rows: list[dict[str, Any]], path: str, query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("skip", 0))
        end = start + self.tenant.page
        more = {"nextLink": f"{self.base}/arm{path}?api-version=x&skip={end}"} if end < len(rows) else {}
        return {"value": rows[start:end], **more}

    def _vault(self, path: str) -> dict[str, Any]:
        if not self.tenant.may(ROTATION_READ, self.tenant.data):
            raise Refused(403, "Forbidden")
        name = path.split("/")[3]
        return self.tenant.rotation.get(name, {"id": path, "lifetimeActions": []})

    # Microsoft Graph

    def _graph(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        collection = next(
            (name for name in GRAPH_PERMISSIONS if path == name or path.startswith(f"{name}/")), None
        )
        if collection is None:
            raise Refused(404, "Request_ResourceNotFound")
        if not self.tenant.may(GRAPH_PERMISSIONS[collection], self.tenant.graph):
            raise Refused(403, "Authorization_RequestDenied")
        objects = self.tenant.directory().get(collection, {})
        rest = path.removeprefix(collection).strip("/")
        if collection.startswith("policies/"):
            return {"id": "authorizationPolicy", "allowInvitesFrom": "everyone", "guestUserRoleId": "x"}
        if rest:
            id, _, relation = rest.partition("/")
            if id not in objects:
                raise Refused(404, "Request_ResourceNotFound")
            return self._graph_page(objects[id].get(relation, []), path, query)
        found = [_shown(one, query.get("$expand")) for one in objects.values()]
        match = re.fullmatch(r"groupId eq '(.+)'", query.get("$filter", ""))
        if "eligibilityScheduleInstances" in collection:
            if match is None:
                raise Refused(400, "MissingFilter")
            found = [one for one in found if one.get("groupId") == match[1]]
        return self._graph_page(found, path, query)

    def _graph_page(self, rows: list[dict[str, Any]], path: str, query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("$skiptoken", 0))
        end = start + self.tenant.page
        kept = "".join(f"&{name}={query[name]}" for name in ("$expand", "$filter") if name in query)
        link = f"{self.base}/msgraph/v1.0/{path}?$skiptoken={end}{kept}".replace(" ", "%20")
        more = {"@odata.nextLink": link} if end < len(rows) else {}
        return {"@odata.context": made.PAGE + path, "value": rows[start:end], **more}

    # Blobs

    def _blob(self, path: str, query: dict[str, str]) -> tuple[bytes, dict[str, str], int]:
        assert self.headers.get("x-ms-version", "") >= "2017-11-09"
        if not self.tenant.may(BLOBS_READ, self.tenant.data):
            raise Refused(403, "AuthorizationPermissionMismatch")
        _, account, container, *rest = path.split("/")
        held = self.tenant.blobs.get((account, container), {})
        if query.get("comp") == "list":
            return self._listing(held, self.tenant.listing.get((account, container), ""), query)
        name = "/".join(rest)
        if name not in held:
            raise Refused(404, "BlobNotFound")
        first, last = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["x-ms-range"]).groups()  # type: ignore[union-attr]
        content = held[name][int(first) : int(last) + 1]
        end = int(first) + len(content) - 1
        return content, {"Content-Range": f"bytes {first}-{end}/{len(held[name])}"}, 206

    def _listing(
        self, held: Mapping[str, bytes], more: str, query: dict[str, str]
    ) -> tuple[bytes, dict[str, str], int]:
        names = sorted(held)
        start = int(query.get("marker", 0))
        end = start + self.tenant.page
        entries = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>Wed, 02 Sep 2026 10:00:00 GMT</Last-Modified>"
            f"<Etag>0x8D</Etag><Content-Length>{len(held[name])}</Content-Length><AccessTier>Hot</AccessTier></Properties></Blob>"
            for name in names[start:end]
        )
        marker = f"<NextMarker>{end}</NextMarker>" if end < len(names) else "<NextMarker />"
        last = more if end >= len(names) else ""
        inside = f"<EnumerationResults><Blobs>{entries}{last}</Blobs>{marker}</EnumerationResults>"
        body = f'\ufeff<?xml version="1.0" encoding="utf-8"?>{inside}'
        return body.encode(), {"Content-Type": "application/xml"}, 200


def jwt(audience: str, number: int = 0) -> str:
    """A token that nobody signed."""
    now = int(datetime.datetime.now(datetime.UTC).timestamp())
    claims = {
        "tid": made.TENANT, "aud": audience, "iss": f"https://sts.windows.net/{made.TENANT}/", "nbf": now - 60, "oid": PRINCIPAL,
        "iat": now - 60, "exp": now + 3600, "n": number, "ver": "1.0",
    }  # fmt: skip
    return ".".join(_part(one) for one in ({"alg": "RS256", "typ": "JWT"}, claims, {}))


def _part(said: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _json(document: dict[str, Any]) -> tuple[bytes, dict[str, str], int]:
    return json.dumps(document).encode(), {"Content-Type": "application/json"}, 200


def _within(id: str, scopes: list[str], table: str) -> bool:
    """Whether a row is told for some subscriptions; of authorization resources also what is above them."""
    inside = any(id == one or id.startswith(f"{one}/") for one in scopes)
    return inside or (table == "authorizationresources" and not id.startswith("/subscriptions/"))


def _type_of(path: str) -> str:
    """The type of resource that a path of Resource Manager is about."""
    if "/providers/" not in path:
        return "microsoft.resources/subscriptions"
    parts = path.rpartition("/providers/")[2].split("/")
    return "/".join([parts[0], *parts[1::2]])


def _shown(one: Mapping[str, Any], expand: str | None) -> dict[str, Any]:
    """An object as a listing shows it: without its relations but the one that is expanded, of which twenty at most."""
    relations = ("members", "owners", "appRoleAssignments", "federatedIdentityCredentials")
    found = {name: value for name, value in one.items() if name not in relations}
    return found | ({expand: list(one.get(expand, []))[:20]} if expand else {})


def certificates(folder: Path) -> tuple[Path, Path]:
    """A CA of one's own and a server's certificate for the loopback address: the CA's file, and the server's with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def begun(subject: str, key: Any, issuer: str) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        day = datetime.timedelta(days=1)
        return builder.not_valid_before(now - day).not_valid_after(now + day)

    owner, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    whose = f"test CA {x509.random_serial_number()}"[:60]
    authority = (
        begun(whose, owner, whose)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(owner, hashes.SHA256())
    )
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    own = (
        begun("127.0.0.1", server, whose)
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .sign(owner, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    ca, both = folder / "ca.pem", folder / "server.pem"
    ca.write_bytes(authority.public_bytes(pem))
    key = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both.write_bytes(own.public_bytes(pem) + key)
    return ca, both


@dataclass(frozen=True)
class Served:
    """A tenant that is served.

    Attributes:
        ca: the file of the CA to trust.
    """

    tenant: Tenant
    base: str
    ca: Path

    def options(self, **more: Any) -> dict[str, Any]:
        """The options that lead here."""
        paths = {"management": "/arm", "graph": "/msgraph", "vault": "/vault", "blob": "/blob", "login": ""}
        endpoints = {name: self.base + path for name, path in paths.items()}
        return {"endpoints": endpoints, "ca_bundle": str(self.ca), "threads": 4, **more}

    def environment(self, **more: str) -> dict[str, str]:
        """What signs in."""
        return {
            "AZURE_TENANT_ID": made.TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET,
            "AZURE_TOKEN_CREDENTIALS": "prod", **more,
        }  # fmt: skip


@contextmanager
def served(tenant: Tenant, folder: Path) -> Iterator[Served]:
    """Serve a tenant until the block is left."""
    ca, both = certificates(folder)
    handler = type("Handler", (_Handler,), {"tenant": tenant})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    base = f"https://127.0.0.1:{server.server_address[1]}"
    handler.base = base  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Served(tenant, base, ca)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
