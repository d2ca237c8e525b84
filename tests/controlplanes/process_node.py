"""A node for tests that runs each container as a process on 127.0.0.1: the converter, or a program of Karmada.

What a kubelet does is done here as far as the converter's Pods need it: files of Secrets and ConfigMaps, also when they
change; the token of the ServiceAccount; fields in the environment; probes; restarts; the phases of Pods of Jobs. It
makes no network: a Pod has to use ``hostNetwork``, an address of its own, and ports that are free.
"""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import ssl
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.controlplanes.client import ApiError
from tests.controlplanes.kubelet import NODE
from tests.controlplanes.processes import Process

if TYPE_CHECKING:
    from tests.controlplanes.apiserver import ApiServer
    from tests.controlplanes.client import Client, Json
    from tests.controlplanes.world import World

_IMAGE = "karmada-api-version-converter"
_ADDRESS = "127.0.0.1"
_ROOT = Path(__file__).parents[2]
_SECONDS_BETWEEN_LOOKS = 0.2
_TOKEN_SECONDS = 7200
_STARTED = "2026-11-01T00:00:00Z"
_CAPACITY = {"cpu": "8", "memory": "16Gi", "pods": "110"}


class _MissingError(Exception):
    """A Secret or ConfigMap that a Pod needs is not there (yet)."""


@dataclass
class _Running:
    """A Pod that was started.

    Attributes:
        process: its container.
        folder: what is mounted.
        restarts: how often the process was started again.
        status: the status that was reported last.
    """

    process: Process
    folder: Path
    restarts: int = 0
    status: dict[str, Any] = field(default_factory=dict)


class ProcessNode:
    """A thread that looks at all Pods of a cluster again and again, and runs them.

    Attributes:
        logs: the output of each Pod that ran, by its name.
    """

    def __init__(self, world: World, server: ApiServer) -> None:
        """Register the node and start; the server must be ready."""
        self._world = world
        self._server = server
        self._client: Client = server.client
        self._pods: dict[str, _Running] = {}
        self._stopped = threading.Event()
        self.logs: dict[str, Path] = {}
        self._client.put({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
        self._client.patch("v1", "Node", NODE, {"spec": {"taints": None}})
        ready = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": _CAPACITY, "capacity": _CAPACITY}
        self._client.patch("v1", "Node", NODE, {"status": ready}, subresource="status")
        self._thread = threading.Thread(target=self._work, name="process-node", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and stop all Pods."""
        self._stopped.set()
        self._thread.join()
        for running in self._pods.values():
            running.process.stop()

    def log(self, prefix: str) -> str:
        """Return the output of all Pods whose name begins so, in the order in which they started."""
        found = [path for name, path in self.logs.items() if name.startswith(prefix)]
        return "\n".join(path.read_text(errors="replace") for path in found if path.exists())

    def _work(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                pods = self._client.list("v1", "Pod")
            except (ApiError, OSError, http.client.HTTPException):
                continue
            for uid in self._pods.keys() - {pod["metadata"]["uid"] for pod in pods}:
                self._pods.pop(uid).process.stop()
            for pod in pods:
                try:
                    self._care_for(pod)
                except (ApiError, OSError, http.client.HTTPException, _MissingError):
                    continue  # a conflict, a Secret that is to come, or the server restarts: look again

    def _care_for(self, pod: Json) -> None:
        metadata, spec = pod["metadata"], pod["spec"]
        uid, name, namespace = metadata["uid"], metadata["name"], metadata["namespace"]
        if metadata.get("deletionTimestamp"):
            if uid in self._pods:
                self._pods[uid].process.stop(grace=spec.get("terminationGracePeriodSeconds", 30))
            self._client.raw("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", {"gracePeriodSeconds": 0})
        elif not spec.get("nodeName"):
            self._bind(name, namespace)
        elif uid not in self._pods:
            if pod["status"].get("phase", "Pending") == "Pending":
                self._pods[uid] = self._start(pod)
        else:
            self._watch(pod, self._pods[uid])

    def _bind(self, name: str, namespace: str) -> None:
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
        }
        self._client.raw("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/binding", binding)

    def _start(self, pod: Json) -> _Running:
        name = pod["metadata"]["name"]
        (container,) = pod["spec"]["containers"]
        folder = self._world.run.folder / "pods" / name
        folder.mkdir(parents=True, exist_ok=True)
        mounted = self._mount(pod, container, folder)
        config = self._account(pod, folder)
        environment = {entry["name"]: _value(entry, pod) for entry in container.get("env", ())}
        words = [*container.get("command", ())[1:], *container.get("args", ())]
        arguments = [_expanded(_placed(text, mounted), environment) for text in words]
        if arguments[0] == "controller":
            arguments.append(f"--host-kubeconfig={config}")
        variables = environment | {"PYTHONPATH": str(_ROOT), "KUBECONFIG": str(config)}
        process = Process(self._world.run, f"pod-{name}", [*self._program(container), *arguments], variables)
        self.logs[name] = process.log
        process.start()
        return _Running(process, folder)

    def _program(self, container: Json) -> list[str | Path]:
        """Return the program of an image: of Karmada's by its tag, else the converter of this checkout."""
        name, _, tag = container["image"].rpartition("/")[2].partition(":")
        if name.startswith("karmada-") and name != _IMAGE:
            return [self._world.binary(name, tag.removeprefix("v"))]
        return [sys.executable, "-m", "converter"]

    def _mount(self, pod: Json, container: Json, folder: Path) -> dict[str, Path]:
        """Write the files of volumes; returns the folder for each path in the container."""
        namespace = pod["metadata"]["namespace"]
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
        mounted = {mount["mountPath"]: folder / mount["name"] for mount in container.get("volumeMounts", ())}
        for mount in container.get("volumeMounts", ()):
            place, volume = folder / mount["name"], volumes[mount["name"]]
            place.mkdir(exist_ok=True)
            for name, content in self._files(volume, namespace).items():
                _write(place / name, _placed(content.decode(), mounted).encode())
        return mounted

    def _files(self, volume: Json, namespace: str) -> dict[str, bytes]:
        """Return the files of a volume by their name.

        Raises:
            _MissingError: what it comes from, or a key of it, does not exist.
        """
        kind = "Secret" if "secret" in volume else "ConfigMap" if "configMap" in volume else ""
        if not kind:
            return {}
        source = volume["secret"] if kind == "Secret" else volume["configMap"]
        name = source["secretName"] if kind == "Secret" else source["name"]
        found = self._client.find("v1", kind, name, namespace)
        if found is None:
            if source.get("optional"):
                return {}
            raise _MissingError(name)
        data = found.get("data") or {}
        content = {key: base64.b64decode(text) if kind == "Secret" else text.encode() for key, text in data.items()}
        if "items" not in source:
            return content
        if any(item["key"] not in content for item in source["items"]):
            raise _MissingError(name)
        return {item["path"]: content[item["key"]] for item in source["items"]}

    def _account(self, pod: Json, folder: Path) -> Path:
        """Write a kubeconfig of the Pod's ServiceAccount; without a token where none is mounted."""
        namespace, spec = pod["metadata"]["namespace"], pod["spec"]
        content = json.loads(self._server.kubeconfig.read_text())
        user: dict[str, str] = {}
        if spec.get("automountServiceAccountToken", True):
            path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{spec['serviceAccountName']}/token"
            request = {
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {},
                "spec": {"expirationSeconds": _TOKEN_SECONDS},
            }  # fmt: skip
            user["token"] = self._client.raw("POST", path, request)["status"]["token"]
        content["users"] = [{"name": content["users"][0]["name"], "user": user}]
        file = folder / "account.kubeconfig"
        _write(file, json.dumps(content).encode())
        return file

    def _watch(self, pod: Json, running: _Running) -> None:
        """Report what became of the process, start it again where it should run, and renew its files."""
        spec = pod["spec"]
        (container,) = spec["containers"]
        ended = _exit_code(running.process)
        if ended is None:
            self._mount(pod, container, running.folder)
            status = _status(container, running.restarts, ready=_is_ready(container))
        elif spec.get("restartPolicy", "Always") == "Always":
            running.restarts += 1
            running.process.stop()
            running.process.start()
            status = _status(container, running.restarts, ready=False)
        else:
            status = _ended(container, ended)
        if status != running.status:
            name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
            self._client.patch("v1", "Pod", name, {"status": status}, namespace, subresource="status")
            running.status = status


def _exit_code(process: Process) -> int | None:
    child = process._child
    return None if child is None else child.poll()


def _value(entry: Json, pod: Json) -> str:
    """Return the value of an environment variable: a text, or a field of the Pod."""
    if "value" in entry:
        return str(entry["value"])
    path = entry["valueFrom"]["fieldRef"]["fieldPath"]
    if path == "status.podIP":
        return _ADDRESS
    found: Any = pod
    for part in path.split("."):
        found = found[part]
    return str(found)


def _expanded(text: str, environment: dict[str, str]) -> str:
    for name, value in environment.items():
        text = text.replace(f"$({name})", value)
    return text


def _placed(text: str, mounted: dict[str, Path]) -> str:
    """Replace paths in the container by those on this machine."""
    for path, place in mounted.items():
        if path != "/tmp":
            text = text.replace(path, str(place))
    return text


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, in one step; nothing where it has this content."""
    if path.exists() and path.read_bytes() == content:
        return
    scratch = path.with_name(f".{path.name}.new")
    scratch.touch(mode=0o600)
    scratch.write_bytes(content)
    shutil.move(scratch, path)


def _is_ready(container: Json) -> bool:
    """Ask the readiness probe of a container; without one it is ready."""
    probe = container.get("readinessProbe", {}).get("httpGet")
    if probe is None:
        return True
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    port = ports.get(probe["port"], probe["port"])
    if probe.get("scheme") == "HTTPS":
        anyone = ssl.create_default_context()
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        made: http.client.HTTPConnection = http.client.HTTPSConnection(_ADDRESS, port, timeout=5, context=anyone)
    else:
        made = http.client.HTTPConnection(_ADDRESS, port, timeout=5)
    try:
        made.request("GET", probe["path"])
        return made.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        made.close()


def _status(container: Json, restarts: int, *, ready: bool) -> Json:
    state = {"running": {"startedAt": _STARTED}}
    said = "True" if ready else "False"
    conditions = [{"type": kind, "status": said} for kind in ("Ready", "ContainersReady")]
    return {
        "phase": "Running",
        "startTime": _STARTED,
        "podIP": _ADDRESS,
        "conditions": [{"type": kind, "status": "True"} for kind in ("Initialized", "PodScheduled")] + conditions,
        "containerStatuses": [_container_status(container, restarts, state, ready=ready)],
    }


def _ended(container: Json, code: int) -> Json:
    """The status of a Pod whose process ended and is not started again."""
    times = {"startedAt": _STARTED, "finishedAt": _STARTED}
    state = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", **times}}
    return {
        "phase": "Failed" if code else "Succeeded",
        "startTime": _STARTED,
        "conditions": [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}],
        "containerStatuses": [_container_status(container, 0, state, ready=False)],
    }


def _container_status(container: Json, restarts: int, state: Json, *, ready: bool) -> Json:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": container["image"],
        "containerID": f"process://{container['name']}",
        "ready": ready,
        "started": "running" in state,
        "restartCount": restarts,
        "state": state,
    }
