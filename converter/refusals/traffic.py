"""Ingresses and Services: what pkg/apis/{networking,core}/validation/validation.go demand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec import field as named

from converter.catalog import Release
from converter.kube import parse_path
from converter.refusals.checks import containing, field, items, missing, places, viewed, where
from converter.refusals.model import Refusal, RefusalReason, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Json, Manifest
    from converter.refusals.model import Place, Server

_KIND: Final = ("Ingress",)
_V1, _V1BETA1, _EXTENSIONS = "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"
_ALL: Final = (_V1, _V1BETA1, _EXTENSIONS)
_SOURCE: Final = "pkg/apis/networking/validation/validation.go"
_PATHS: Final = parse_path("http.paths[*]")
_MIXED: Final = "MixedProtocolLBService"
_LAST_WITHOUT_GATE: Final = Release(1, 19)
_CLASS: Final = "kubernetes.io/ingress.class"
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PORT_NAME: Final = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")


def _paths(manifest: Manifest, server: Server) -> Iterator[Place]:
    """Yield the paths of all rules that the server checks."""
    for index, rule in enumerate(items(manifest, "spec", "rules")):
        if is_checked(rule, server.api_version):
            yield from places(rule, _PATHS, ("spec", "rules", index))


def is_checked(rule: Json, api_version: str) -> bool:
    """Whether a server checks a rule of an Ingress; versions before v1 leave out those of wildcard hosts."""
    host = field(rule, "host")
    return api_version == _V1 or not (isinstance(host, str) and "*" in host)


def _backends(manifest: Manifest, server: Server) -> Iterator[Place]:
    default = field(manifest, "spec", "defaultBackend")
    if default is not None:
        yield ("spec", "defaultBackend"), default
    for path, entry in _paths(manifest, server):
        yield (*path, "backend"), field(entry, "backend")


def _no_backend(manifest: Manifest, server: Server) -> Iterator[Place]:
    for path, backend in _backends(manifest, server):
        service = field(backend, "service")
        if service is None and field(backend, "resource") is None:
            yield path, backend
        elif service is not None and not (field(service, "port", "name") or field(service, "port", "number")):
            yield (*path, "service", "port"), field(service, "port")


def _port_names(manifest: Manifest, server: Server) -> Iterator[Place]:
    for path, backend in _backends(manifest, server):
        name = field(backend, "service", "port", "name")
        if isinstance(name, str) and name and not _PORT_NAME.fullmatch(name):
            yield (*path, "service", "port", "name"), name


def _relative_paths(manifest: Manifest, server: Server) -> Iterator[Place]:
    for place, entry in _paths(manifest, server):
        path = field(entry, "path")
        if isinstance(path, str) and path and not path.startswith("/"):
            yield (*place, "path"), path


def _class_twice(manifest: Manifest, _server: Server) -> Iterator[Place]:
    name = field(manifest, "spec", "ingressClassName")
    if name is not None and field(manifest, "metadata", "annotations", _CLASS) is not None:
        yield ("spec", "ingressClassName"), name


def _classes_differ(manifest: Manifest, _server: Server) -> Iterator[Place]:
    name, annotation = field(manifest, "spec", "ingressClassName"), field(manifest, "metadata", "annotations", _CLASS)
    if name is not None and annotation is not None and name != annotation:
        yield ("spec", "ingressClassName"), name


def _not_a_subdomain(value: Json) -> bool:
    return isinstance(value, str) and bool(value) and (len(value) > 253 or not _SUBDOMAIN.fullmatch(value))  # noqa: PLR2004


def _mixed_protocols(manifest: Manifest, server: Server) -> Iterator[Place]:
    if server.release > _LAST_WITHOUT_GATE and _MIXED not in server.off:
        return
    ports = items(manifest, "spec", "ports")
    protocols = {field(port, "protocol") or "TCP" for port in ports if isinstance(field(port, "protocol"), str | None)}
    if field(manifest, "spec", "type") == "LoadBalancer" and len(protocols) > 1:
        yield ("spec", "ports"), ports


class _Class(Struct, gc=False):
    name: Any = named(name=_CLASS, default=None)


class _Metadata(Struct, gc=False):
    annotations: _Class | None = None


class _Port(Struct, gc=False):
    name: str = ""
    number: int = 0


class _Service(Struct, gc=False):
    port: _Port


class _Backend(Struct, gc=False):
    service: _Service


class _Path(Struct, gc=False, rename="camel"):
    path_type: str
    backend: _Backend
    path: str = ""


class _Http(Struct, gc=False):
    paths: list[_Path]


class _Rule(Struct, gc=False):
    http: _Http | None = None


class _Tls(Struct, gc=False, rename="camel"):
    secret_name: str = ""


class _Spec(Struct, gc=False, rename="camel"):
    rules: list[_Rule] = []
    tls: list[_Tls] = []
    default_backend: _Backend | None = None
    ingress_class_name: Any = None


class _Ingress(Struct, gc=False):
    """What the checks of v1 look at; a backend without a service has another shape."""

    spec: _Spec
    metadata: _Metadata | None = None


def _is_wrong(ingress: _Ingress) -> bool:
    """Whether a check of v1 may find something. Written out: this runs for every Ingress."""
    spec = ingress.spec
    for rule in spec.rules:
        for path in rule.http.paths if rule.http is not None else ():
            text = path.path
            if not path.path_type or (text and text[0] != "/") or _is_wrong_port(path.backend.service.port):
                return True
    for tls in spec.tls:
        if _not_a_subdomain(tls.secret_name):
            return True
    default = spec.default_backend
    if default is not None and _is_wrong_port(default.service.port):
        return True
    return spec.ingress_class_name is not None and _names_class(ingress.metadata)


def _is_wrong_port(port: _Port) -> bool:
    name = port.name
    return _PORT_NAME.fullmatch(name) is None if name else port.number == 0


def _names_class(metadata: _Metadata | None) -> bool:
    return metadata is not None and metadata.annotations is not None and metadata.annotations.name is not None


class _OldPath(Struct, gc=False):
    path: str = ""


class _OldHttp(Struct, gc=False):
    paths: list[_OldPath] = []


class _OldRule(Struct, gc=False):
    http: _OldHttp | None = None


class _OldSpec(Struct, gc=False, rename="camel"):
    rules: list[_OldRule] = []
    ingress_class_name: Any = None


class _OldIngress(Struct, gc=False):
    """What the checks of versions before v1 look at."""

    spec: _OldSpec
    metadata: _Metadata | None = None


def _is_wrong_old(ingress: _OldIngress) -> bool:
    """Whether a check of a version before v1 may find something."""
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http is not None else ():
            if path.path and path.path[0] != "/":
                return True
    return ingress.spec.ingress_class_name is not None and _names_class(ingress.metadata)


_UNSOUND: Final = viewed(_Ingress, _is_wrong)
_UNSOUND_OLD: Final = viewed(_OldIngress, _is_wrong_old)
_SUSPECTS: Final = (((_V1,), _UNSOUND), ((_V1BETA1, _EXTENSIONS), _UNSOUND_OLD))
"""The versions of an Ingress, and what decides fast about them."""

_CLASS_TWICE: Final = (
    (
        f"from v1.18 to v1.26 an Ingress cannot have both ingressClassName and the annotation {_CLASS}",
        _class_twice, Release(1, 18), Release(1, 26),
    ),
    (
        f"ingressClassName and the annotation {_CLASS} must name the same class",
        _classes_differ, Release(1, 27), None,
    ),
)  # fmt: skip
"""What a server demands of the two ways to name a class: the words, the check, and its first and last release."""

_RELATIVE_PATH: Final = Refusal(RefusalReason.INGRESS_PATH, "a path begins with /", "begin it with /")

RULES: Final = (
    Rule(
        Refusal(RefusalReason.PATH_TYPE, "v1 demands a pathType", "set it; v1beta1 fills in ImplementationSpecific"),
        _KIND, (_V1,), missing("spec.rules[*].http.paths[*].pathType"),
        f"{_SOURCE}: validateHTTPIngressPath", suspects=_UNSOUND,
    ),
    Rule(
        _RELATIVE_PATH, _KIND, (_V1,), _relative_paths, f"{_SOURCE}: validateHTTPIngressPath", suspects=_UNSOUND
    ),
    Rule(
        _RELATIVE_PATH, _KIND, (_V1BETA1, _EXTENSIONS), _relative_paths, f"{_SOURCE}: validateHTTPIngressPath",
        suspects=_UNSOUND_OLD,
    ),
    Rule(
        Refusal(
            RefusalReason.INGRESS_BACKEND,
            "a backend has a resource, or a service with the name or number of a port",
            "complete the backend",
        ),
        _KIND, (_V1,), _no_backend, f"{_SOURCE}: validateIngressBackend", suspects=_UNSOUND,
    ),
    Rule(
        Refusal(
            RefusalReason.INGRESS_PORT_NAME,
            "the name of a port has at most 15 letters, digits and dashes, and at least one letter",
            "use the number of the port",
        ),
        _KIND, (_V1,), _port_names, f"{_SOURCE}: validateIngressBackend", suspects=_UNSOUND,
    ),
    Rule(
        Refusal(
            RefusalReason.INGRESS_SECRET_NAME,
            "v1 demands that the name of a Secret is a DNS subdomain",
            "rename the Secret",
        ),
        _KIND, (_V1,), where("spec.tls[*].secretName", _not_a_subdomain),
        f"{_SOURCE}: validateTLSSecretName", suspects=_UNSOUND,
    ),
    *(
        Rule(
            Refusal(RefusalReason.INGRESS_CLASS_TWICE, demand, "take one of them out for this cluster"),
            _KIND, versions, check, f"{_SOURCE}: ValidateIngressCreate", since=since, until=until, suspects=suspects,
        )
        for versions, suspects in _SUSPECTS
        for demand, check, since, until in _CLASS_TWICE
    ),
    Rule(
        Refusal(
            RefusalReason.MIXED_PROTOCOLS,
            f"without the feature gate {_MIXED}, which is off up to v1.23 by default, the ports of a Service of type "
            "LoadBalancer have one protocol",
            "use a Service for each protocol",
        ),
        ("Service",), ("v1",), _mixed_protocols, "pkg/apis/core/validation/validation.go: ValidateService",
        until=Release(1, 25), suspects=containing(rb'"(UDP|SCTP)"'),
    ),
)  # fmt: skip
