"""A plain kube-apiserver of any release: no nodes, no controllers, just the API."""

from __future__ import annotations

import http.client
import secrets
from typing import TYPE_CHECKING

from tests.controlplanes import kubeconfig, pins
from tests.controlplanes.waiting import wait_until
from tests.versions import used

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplanes.processes import Process
    from tests.controlplanes.world import World

_START_SECONDS = 120
_STOP_SECONDS = 2
#: Still compiled into v1.16, but off by default since then (CHANGELOG-1.16.md, "Deprecations and Removals").
OLD_GROUPS = (
    "apps/v1beta1=true",
    "apps/v1beta2=true",
    "extensions/v1beta1/daemonsets=true",
    "extensions/v1beta1/deployments=true",
    "extensions/v1beta1/replicasets=true",
    "extensions/v1beta1/networkpolicies=true",
    "extensions/v1beta1/podsecuritypolicies=true",
)
#: Serves every version a release still has, alpha ones too.
ALL_VERSIONS = "api/all=true"
#: Admission plugins that count on controllers: to make service accounts, and to take finalizers off.
NO_CONTROLLERS = ("StorageObjectInUseProtection", "ServiceAccount")
_NO_INSECURE_PORT = 24
_FIRST_READYZ = 16


class ApiServer:
    """A kube-apiserver with a prefix of its own in the run's etcd.

    Attributes:
        name: its name in the run; the log is ``<name>.log``.
        version: the full version of the release it runs now, for instance ``1.20.15``.
        port: where it listens, on 127.0.0.1; stays the same over restarts and upgrades.
        prefix: its prefix in etcd.
        token: a bearer token of an administrator.
        kubeconfig: a file for kubectl and other clients, good as soon as it is ready.
        client: the tests' client.
        process: the process itself.
    """

    def __init__(
        self,
        world: World,
        version: str,
        name: str,
        *,
        prefix: str | None = None,
        authorization: str = "AlwaysAllow",
        runtime_config: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
        variables: dict[str, str] | None = None,
        without_admission: tuple[str, ...] = NO_CONTROLLERS,
    ) -> None:
        """Start the server; ``wait`` for it before use.

        Args:
            world: the run it belongs to.
            version: a release (``1.20``) or a version (``1.20.15``) of the table of pins.
            name: its name in the run.
            prefix: its prefix in etcd; None means one of its own. Two servers of one prefix serve the same objects.
            authorization: value of ``--authorization-mode``.
            runtime_config: groups and versions to switch on or off, besides those of v1.16 that are
                off since then; ``ALL_VERSIONS`` is one choice.
            flags: more flags, put last.
            variables: added to the environment.
            without_admission: admission plugins to switch off; the default suits a server without controllers.
        """
        self._world = world
        self.name = name
        self.version = pins.release("kube-apiserver", version)
        used("kubernetes", self.version)
        self.port = world.ports.take()
        self.prefix = prefix or f"/{name}"
        self.token = secrets.token_hex(16)
        self._authorization = authorization
        self._runtime_config = runtime_config
        self._flags = flags
        self._without_admission = without_admission
        self._tokens = world.run.folder / f"{name}.tokens"
        self._tokens.touch(mode=0o600)
        self._tokens.write_text(f'{self.token},admin,admin,"system:masters"\n')
        self.kubeconfig = kubeconfig.write(
            world.run.folder / f"{name}.kubeconfig", self.port, world.pki.authority, world.pki.admin
        )
        self.client = world.client(self.port)
        self.process: Process = world.run.process(name, self._command(), variables)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def minor(self) -> int:
        """The release's second number: 20 for v1.20."""
        return int(self.version.split(".")[1])

    def wait(self, seconds: float = _START_SECONDS) -> ApiServer:
        """Wait until it is ready, and its ``default`` namespace is there; return itself.

        Raises:
            ProcessError: it ended.
            NotReadyError: it was not ready in time.
        """
        wait_until(
            f"kube-apiserver {self.name} {self.version} (log: {self.process.log})",
            self._is_ready,
            seconds,
            ignore=(OSError, http.client.HTTPException),
        )
        return self

    def start(self) -> None:
        """Start it again after a stop; ``wait`` for it before use."""
        self.process.start()

    def stop(self) -> None:
        """Stop it; its data stays in etcd.

        Old releases wait for a minute for clients that watch. Nothing is lost when they are not let.
        """
        self.client.close()
        self.process.stop(grace=_STOP_SECONDS)

    def kill(self) -> None:
        """Kill it; its data stays in etcd."""
        self.client.close()
        self.process.kill()

    def restart(self) -> None:
        """Stop and start it, and wait until it is ready."""
        self.stop()
        self.start()
        self.wait()

    def upgrade(self, version: str, *flags: str) -> None:
        """Put another release in its place: same data, same port, same keys; returns when it is ready.

        Args:
            version: as when it was made.
            flags: more flags, for this release on.

        Raises:
            UnknownBinaryError: the table of pins does not have the release.
        """
        self.stop()
        self.version = pins.release("kube-apiserver", version)
        used("kubernetes", self.version)
        self._flags = (*self._flags, *flags)
        self.process.command = [str(part) for part in self._command()]
        self.client.forget()
        self.start()
        self.wait()

    def _is_ready(self) -> bool:
        self.process.check()
        answer = self.client.request("GET", "/readyz" if self.minor >= _FIRST_READYZ else "/healthz")
        return answer.body == "ok" and self.client.find("v1", "Namespace", "default") is not None

    def _command(self) -> list[str | Path]:
        pki = self._world.pki
        command: list[str | Path] = [
            self._world.binary("kube-apiserver", self.version),
            f"--etcd-servers={self._world.etcd.url}",
            f"--etcd-prefix={self.prefix}",
            f"--bind-address={self._world.bind}",
            f"--secure-port={self.port}",
            # Nobody reaches it by its address, and 127.0.0.1 is refused for the default/kubernetes endpoints.
            "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none",
            f"--authorization-mode={self._authorization}",
            f"--disable-admission-plugins={','.join(self._without_admission)}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki.accounts_public}",
            f"--service-account-signing-key-file={pki.accounts_key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            f"--tls-cert-file={pki.server.certificate}",
            f"--tls-private-key-file={pki.server.key}",
            f"--client-ca-file={pki.authority.certificate}",
            f"--token-auth-file={self._tokens}",
        ]
        if self.minor < _NO_INSECURE_PORT:
            command.append("--insecure-port=0")
        runtime = (*(OLD_GROUPS if self.minor == _FIRST_READYZ else ()), *self._runtime_config)
        if runtime:
            command.append(f"--runtime-config={','.join(runtime)}")
        command += self._flags
        return command if self._world.names is None else self._world.names.command(command)
