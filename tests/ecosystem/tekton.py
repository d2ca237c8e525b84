"""What objects of Tekton need that no schema says: the schemas of tasks and pipelines inside of others are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS: Final = {"limits": {"cpu": "1"}, "requests": {"memory": "64Mi"}}
_STEP: Final = {"name": "build", "image": "go:1", "args": ["build"], "env": [{"name": "A", "value": "b"}]}
_TASKS: Final = (
    {"steps": [_STEP]},
    {"steps": [{**_STEP, "resources": _LIMITS, "computeResources": _LIMITS}], "description": "builds"},
    {
        "params": [{"name": "a", "type": "string", "default": "x"}, {"name": "b", "type": "array", "default": ["y"]}],
        "stepTemplate": {"image": "go:1", "resources": _LIMITS, "computeResources": _LIMITS, "stdin": True},
        "steps": [{**_STEP, "tty": True, "ports": [{"containerPort": 80}]}],
        "sidecars": [{"name": "db", "image": "db:1", "resources": _LIMITS, "computeResources": _LIMITS}],
        "results": [{"name": "sum", "type": "string"}],
        "workspaces": [{"name": "src"}],
    },
    {
        "steps": [{**_STEP, "livenessProbe": {"exec": {"command": ["true"]}}, "terminationMessagePath": "/m"}],
        "resources": {"inputs": [{"name": "src", "type": "git"}]},
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    },
)
"""Tasks in both versions: a Go type drops the fields of the other one."""

_PIPELINES: Final = (
    {"tasks": [{"name": "one", "taskRef": {"name": "build"}}]},
    {
        "params": [{"name": "a", "type": "object", "properties": {"k": {"type": "string"}}, "default": {"k": "v"}}],
        "tasks": [{"name": "one", "taskSpec": _TASKS[2], "when": [{"input": "a", "operator": "in", "values": ["a"]}]}],
        "finally": [{"name": "last", "taskSpec": _TASKS[1], "timeout": "1m0s"}],
    },
    {
        "resources": [{"name": "src", "type": "git"}],
        "tasks": [{"name": "one", "taskSpec": _TASKS[3], "matrix": {"params": [{"name": "a", "value": ["x", "y"]}]}}],
        "results": [{"name": "sum", "value": "$(tasks.one.results.sum)"}],
    },
)
_TASK_STATUS: Final = (
    [
        {
            "podName": "a",
            "taskSpec": _TASKS[2],
            "steps": [{"name": "build", "terminated": {"exitCode": 1, "reason": "Error"}}],
        }
    ],
    [{"podName": "b", "retriesStatus": [{"podName": "c", "taskSpec": _TASKS[1]}]}],
)
_VALUES: Final = ("x", ["a", "b"], {"k": "v"})

WORDS: Final[Mapping[str, tuple[Any, ...]]] = {
    r"lastTransitionTime$": ("2024-01-10T00:00:00Z", "2024-02-11T01:00:00Z"),
    r"(?i)resources?(Spec)?\..*params\.\*\.value$": ("x", "y"),
    r"taskSpec$": _TASKS,
    r"pipelineSpec$": _PIPELINES,
    r"retriesStatus$": _TASK_STATUS,
    r"^status\.runs\..*results\.\*\.value$": ("x", "y"),
    r"(?i)(params\.\*\.(value|default)|results\.\*\.value)$": _VALUES,
    r"(?i)(timeout|timeouts\.(pipeline|tasks|finally))$": ("1m0s", "1h30m0s"),
    r"volumes$": ([{"name": "tmp", "emptyDir": {}}], [{"name": "conf", "configMap": {"name": "c"}}]),
    r"affinity$": ({"nodeAffinity": {}},),
    r"podTemplate\.securityContext$": ({"runAsUser": 1},),
    r"volumeClaimTemplate$": ({"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"]}},),
    r"(?i)(quantity|divisor|sizeLimit|(limits|requests)\.\w+)$": ("1", "500m", "64Mi"),
    r"extraFields$": ({"a": "b"},),
}


def is_valid(manifest: dict[str, Any]) -> bool:
    """Whether Tekton's webhooks would let an object pass, and its code converts it in the same way each time.

    The webhooks refuse bundles and two timeouts, and fill in the type of a parameter that has a default or properties.
    Only texts are parameters of an old ResolutionRequest, and the code lists them in the order of a Go map.
    """
    spec = manifest.get("spec") or {}
    params = spec.get("params") or []
    if manifest["kind"] == "ResolutionRequest" and (
        len(params) > 1 if isinstance(params, dict) else any(not isinstance(one.get("value"), str) for one in params)
    ):
        return False
    return not ("timeout" in spec and "timeouts" in spec) and _is_valid(manifest)


def _is_valid(node: Any) -> bool:
    if isinstance(node, list):
        return all(map(_is_valid, node))
    if not isinstance(node, dict):
        return True
    if "type" not in node and (isinstance(node.get("default"), (list, dict)) or "properties" in node):
        return False
    return "bundle" not in node and all(map(_is_valid, node.values()))
