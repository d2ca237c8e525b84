"""What a value of the chart is: its words, its default, its schema, and another value that a test can set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a user can set.

    Attributes:
        text: what it does, in one or two sentences.
        default: what it is if nobody sets it; JSON.
        schema: the JSON schema of what it may be, without description and default.
        example: another value that it may be. A test sets it and looks for its effect in the output.
        needs: other values, by dotted path, without which it has no effect.
    """

    text: str
    default: Any
    schema: Schema
    example: Any
    needs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Values under one key.

    Attributes:
        text: what they are about.
        members: the values by key, in the order in which files list them.
    """

    text: str
    members: dict[str, Value | Group]


def defaults(group: Group) -> dict[str, Any]:
    """Return the content of values.yaml."""
    return {
        key: member.default if isinstance(member, Value) else defaults(member) for key, member in group.members.items()
    }


def schema(node: Value | Group) -> Schema:
    """Return the JSON schema (draft 7) of a value or of a group."""
    if isinstance(node, Value):
        made = {"description": node.text, **node.schema, "default": node.default, "examples": [node.example]}
        return made | ({"x-needs": node.needs} if node.needs else {})
    return {
        "description": node.text,
        "type": "object",
        "additionalProperties": False,
        "properties": {key: schema(member) for key, member in node.members.items()},
    }


def leaves(group: Group, prefix: str = "") -> Iterator[tuple[str, Value]]:
    """List the values, each with its dotted path."""
    for key, member in group.members.items():
        if isinstance(member, Value):
            yield f"{prefix}{key}", member
        else:
            yield from leaves(member, f"{prefix}{key}.")


# The schemas that most values have.

STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
NAME: Schema = {"type": "string", "pattern": "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", "maxLength": 253}
STRINGS: Schema = {"type": "array", "items": STRING}
MAP: Schema = {"type": "object", "additionalProperties": STRING}
COUNT_OR_PERCENT: Schema = {"type": ["integer", "string", "null"], "pattern": "^[0-9]+%$", "minimum": 0}


def closed(**properties: Schema) -> Schema:
    """Return the schema of an object that has no other keys than these."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


def listing(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def named(*others: str) -> Schema:
    """Return the schema of a Kubernetes object that has a name, and these other fields of any kind."""
    return closed(name=STRING, **{key: {} for key in others}) | {"required": ["name"]}


ANY_OBJECT: Schema = {"type": "object"}
QUANTITY: Schema = {"type": ["string", "integer", "number"]}
QUANTITIES: Schema = {"type": "object", "additionalProperties": QUANTITY}
RESOURCES = closed(
    requests=QUANTITIES, limits=QUANTITIES, claims=listing(named("request")),
)  # fmt: skip
AFFINITY = closed(nodeAffinity=ANY_OBJECT, podAffinity=ANY_OBJECT, podAntiAffinity=ANY_OBJECT)
TOLERATIONS = listing(
    closed(
        key=STRING,
        operator={"enum": ["Exists", "Equal", "Lt", "Gt"]},
        value=STRING,
        effect={"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
        tolerationSeconds={"type": "integer"},
    )
)
SPREAD = listing(
    closed(
        maxSkew={"type": "integer", "minimum": 1},
        topologyKey=STRING,
        whenUnsatisfiable={"enum": ["ScheduleAnyway", "DoNotSchedule"]},
        labelSelector=ANY_OBJECT,
        minDomains={"type": "integer", "minimum": 1},
        nodeAffinityPolicy={"enum": ["Honor", "Ignore"]},
        nodeTaintsPolicy={"enum": ["Honor", "Ignore"]},
        matchLabelKeys=STRINGS,
    )
    | {"required": ["maxSkew", "topologyKey", "whenUnsatisfiable"]}
)
_SECONDS: Schema = {"type": "integer", "minimum": 0}
PROBE = closed(
    httpGet=closed(
        path=STRING, port={"type": ["string", "integer"]}, scheme={"enum": ["HTTP", "HTTPS"]}, host=STRING,
        httpHeaders=listing(named("value")),
    ),
    tcpSocket=ANY_OBJECT, exec=ANY_OBJECT, grpc=ANY_OBJECT,
    initialDelaySeconds=_SECONDS, periodSeconds=_SECONDS, timeoutSeconds=_SECONDS, successThreshold=_SECONDS,
    failureThreshold=_SECONDS, terminationGracePeriodSeconds=_SECONDS,
)  # fmt: skip
ENVIRONMENT = listing(named("value", "valueFrom"))
ENVIRONMENT_FROM = listing(closed(prefix=STRING, configMapRef=ANY_OBJECT, secretRef=ANY_OBJECT))
VOLUMES = listing({"type": "object", "required": ["name"], "properties": {"name": STRING}})
MOUNTS = listing(
    named("mountPath", "readOnly", "subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly")
    | {"required": ["name", "mountPath"]}
)
CONTAINERS = listing({"type": "object", "required": ["name"], "properties": {"name": STRING}})
HOST_ALIASES = listing(closed(ip=STRING, hostnames=STRINGS) | {"required": ["ip"]})
DNS_CONFIG = closed(nameservers=STRINGS, searches=STRINGS, options=listing(closed(name=STRING, value=STRING)))
PEERS = listing(closed(ipBlock=ANY_OBJECT, podSelector=ANY_OBJECT, namespaceSelector=ANY_OBJECT))
