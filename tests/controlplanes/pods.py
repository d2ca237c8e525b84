"""One Pod as a process of this machine: its files, arguments and environment are those of the Pod's spec.

What the kubelet does is done here: Secrets, ConfigMaps and tokens become files, which follow changes by a swap of a
symlink; the process sees them where the Pod mounts them. A Pod has an address of its own in 127.0.0.0/8, on which its
process listens instead of on every address.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import ssl
import time
from typing import TYPE_CHECKING, Any

from tests.controlplanes.names import unshared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.controlplanes.client import Client, Json
    from tests.controlplanes.names import Names
    from tests.controlplanes.processes import Process
    from tests.controlplanes.world import World

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_VARIABLE = re.compile(r"\$\((\w+)\)")
_EVERY_ADDRESS = re.compile(r"^(--[a-z-]+=)(?:0\.0\.0\.0|\[::\])?:(\d+)$")
_LIFE = 3600


class NotYetError(Exception):
    """Something that the Pod mounts is not there."""


class Pod:
    """A Pod of a Deployment.

    Attributes:
        name: its name.
        template: the template it was made from.
        address: its own.
        process: its process; None until it could be started.
    """

    process: Process | None = None

    def __init__(self, world: World, client: Client, names: Names, deployment: Json, number: int) -> None:
        self.name = f"{deployment['metadata']['name']}-{number}"
        self.namespace = deployment["metadata"]["namespace"]
        self.template = deployment["spec"]["template"]
        self.address = names.address()
        self._world = world
        self._client = client
        self._names = names
        self._folder = world.run.folder / "pods" / f"{self.namespace}-{self.name}"
        self._etc = self._folder / "etc"
        self._mounted: dict[str, Path] = {}
        self._token_until = 0.0

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        labels: dict[str, str] = self.template["metadata"]["labels"]
        return labels

    @property
    def container(self) -> Json:
        """Its only container."""
        container: Json
        (container,) = self.template["spec"]["containers"]
        return container

    def start(self, program: Callable[[Json], tuple[list[str], dict[str, str]]]) -> None:
        """Start its process, as soon as everything that it mounts is there.

        Args:
            program: gives the program of a container, without its arguments, and variables for it.

        Raises:
            NotYetError: something is not there.
        """
        self.refresh()
        words, variables = program(self.container)
        self._etc.mkdir(parents=True, exist_ok=True)
        shutil.copytree("/etc", self._etc, symlinks=True, dirs_exist_ok=True, ignore_dangling_symlinks=True)
        environment = {"POD_NAME": self.name, "POD_NAMESPACE": self.namespace, "POD_IP": self.address}
        for entry in self.container.get("env") or ():
            if "value" in entry:
                environment[entry["name"]] = entry["value"]
        arguments = [_VARIABLE.sub(lambda found: environment[found[1]], word) for word in self._arguments()]
        arguments = [_EVERY_ADDRESS.sub(rf"\g<1>{self.address}:\g<2>", word) for word in arguments]
        steps = [f"cat {self._names.file} > {self._etc}/hosts", f"mount --bind {self._etc} /etc",
                 f"mount --bind {self._names.file} /etc/hosts", "mount -t tmpfs none /run"]  # fmt: skip
        for place, folder in sorted(self._mounted.items()):
            inside = place if not place.startswith("/etc/") else f"{self._etc}{place.removeprefix('/etc')}"
            steps += [f"mkdir -p {inside}", f"mount --bind {folder} {place}"]
        script = " && ".join([*steps, 'exec "$@"'])
        variables = variables | {name: environment[name] for name in environment if name.startswith("POD_")}
        variables |= {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": self._client.server.rpartition(":")[2],
        }
        command = [*unshared(script), "sh", *words, *arguments]
        self.process = self._world.run.process(f"{self.namespace}-{self.name}", command, variables)

    def refresh(self) -> None:
        """Write the files of its volumes as they are now.

        Raises:
            NotYetError: one is not there.
        """
        spec = self.template["spec"]
        volumes = {volume["name"]: volume for volume in spec.get("volumes") or ()}
        for mount in self.container.get("volumeMounts") or ():
            if "emptyDir" in volumes[mount["name"]]:  # the machine's own folder does
                continue
            files = self._files(volumes[mount["name"]])
            self._write(mount["mountPath"], files)
        if spec.get("automountServiceAccountToken", True) and time.monotonic() > self._token_until:
            self._write(ACCOUNT, self._account(spec["serviceAccountName"]))
            self._token_until = time.monotonic() + _LIFE / 2

    def ready(self) -> bool:
        """Whether its readiness probe, or its liveness probe, succeeds."""
        if self.process is None or self.process.pid is None:
            return False
        probe = self.container.get("readinessProbe") or self.container["livenessProbe"]
        asked = probe["httpGet"]
        port = self.port(asked["port"])
        if asked.get("scheme") == "HTTPS":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.address, port, timeout=5, context=ssl._create_unverified_context()
            )
        else:
            connection = http.client.HTTPConnection(self.address, port, timeout=5)
        try:
            connection.request("GET", asked["path"])
            return 200 <= connection.getresponse().status < 400
        except OSError:
            return False
        finally:
            connection.close()

    def port(self, port: str | int) -> int:
        """Return the number of a port."""
        if isinstance(port, int):
            return port
        return next(int(one["containerPort"]) for one in self.container["ports"] if one["name"] == port)

    def stop(self) -> None:
        """Stop its process, as the kubelet does."""
        if self.process is not None:
            self.process.stop(grace=self.template["spec"].get("terminationGracePeriodSeconds", 30))
            self._world.run.processes.remove(self.process)

    def _arguments(self) -> list[str]:
        return [*(self.container.get("command") or ())[1:], *(self.container.get("args") or ())]

    def _files(self, volume: Json) -> dict[str, bytes]:
        kind, source, name = ("Secret", volume.get("secret"), "secretName")
        if source is None:
            kind, source, name = ("ConfigMap", volume["configMap"], "name")
        found = self._client.find("v1", kind, source[name], self.namespace)
        if found is None:
            if source.get("optional"):
                return {}
            raise NotYetError(f"{kind} {source[name]}")
        data: dict[str, Any] = found.get("data") or {}
        content = {key: base64.b64decode(value) if kind == "Secret" else value.encode() for key, value in data.items()}
        if not source.get("items"):
            return content
        missing = [item["key"] for item in source["items"] if item["key"] not in content]
        if missing and not source.get("optional"):
            raise NotYetError(f"{kind} {source[name]} without {missing}")
        return {item["path"]: content[item["key"]] for item in source["items"] if item["key"] in content}

    def _account(self, name: str) -> dict[str, bytes]:
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{name}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _LIFE}}
        answer = self._client.raw("POST", path, body)
        found = json.loads(answer) if isinstance(answer, str | bytes) else answer
        authority = self._world.pki.authority.certificate.read_bytes()
        return {"token": found["status"]["token"].encode(), "ca.crt": authority, "namespace": self.namespace.encode()}

    def _write(self, place: str, files: dict[str, bytes]) -> None:
        """Write the files of a mount into a new folder, and swap the symlink to it, as the kubelet does."""
        folder = self._mounted.setdefault(place, self._folder / "mounts" / place.strip("/").replace("/", "_"))
        folder.mkdir(parents=True, exist_ok=True)
        data = folder / "..data"
        if data.is_symlink() and {one.name: one.read_bytes() for one in data.resolve().iterdir()} == files:
            return
        if not files:
            return
        fresh = folder / f"..{time.time_ns()}"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        link = folder / "..data_tmp"
        link.symlink_to(fresh.name)
        old = data.resolve() if data.is_symlink() else None
        link.replace(data)
        for name in files:
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(f"..data/{name}")
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
