"""The cluster that hosts the converter's processes, as far as its identities need it: Secrets, and RBAC before them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from converter.client import ApiServer as Server
from converter.install.identities import IDENTITIES, ensure_identities
from converter.install.manifests import Addresses, karmada_part
from converter.install.tokens import MOUNT, TOKEN_SECONDS, secret_of
from tests.controlplanes.apiserver import ApiServer
from tests.controlplanes.audit import AuditLog
from tests.controlplanes.karmada import NAMESPACE
from tests.e2e.rights import Right, compare
from tests.e2e.secret_volume import SecretVolume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.controlplanes.client import Client
    from tests.controlplanes.fleet import Fleet

_CONTROLLER = Path(__file__).parents[2] / "deploy" / "host" / "controller.yaml"
MEMBER_SCHEMAS = Path(__file__).parents[2] / "deploy/member-schemas/access.yaml"
_ACCESS = {"ServiceAccount", "Role", "RoleBinding"}
_TOKENS = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 86400}}


_HOSTS: dict[Fleet, Host] = {}


def host_of(fleet: Fleet) -> Host:
    """Return the host cluster beside a fleet; the first call starts it."""
    if fleet not in _HOSTS:
        _HOSTS[fleet] = Host(fleet)
    return _HOSTS[fleet]


def close_host(fleet: Fleet) -> Host | None:
    """Forget the host cluster of a fleet that ends; return it if there was one."""
    host = _HOSTS.pop(fleet, None)
    if host is not None:
        host.close()
    return host


class Host:
    """A host cluster for the whole session: its API server enforces the rights of ``deploy/host``.

    Attributes:
        audit: what the controller's account asks its API server.
        volumes: the Secrets of the identities, by identity, once ``mount`` was called.
    """

    def __init__(self, fleet: Fleet) -> None:
        """Start the API server, and give the controller its rights."""
        self._fleet = fleet
        self._folder = fleet.world.run.folder
        self.audit = AuditLog(self._folder, "host-of-converter", NAMESPACE)
        flags = self.audit.flags
        self.server = ApiServer(fleet.world, "1.36", "host-of-converter", authorization="RBAC", flags=flags).wait()
        self.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        for manifest in yaml.safe_load_all(_CONTROLLER.read_text()):
            if manifest["kind"] in _ACCESS:
                manifest["metadata"]["namespace"] = NAMESPACE
                for subject in manifest.get("subjects", ()):
                    subject["namespace"] = NAMESPACE
                self.client.apply(manifest)
        self.volumes: dict[str, SecretVolume] = {}
        self.account = self._account()

    @property
    def client(self) -> Client:
        """The tests' client for it."""
        return self.server.client

    def ensure(self, identities: Sequence[str] = IDENTITIES, seconds: int = TOKEN_SECONDS) -> None:
        """Ensure the identities as ``converter install`` does, and mount their Secrets as Pods do."""
        asyncio.run(self._ensure(identities, seconds))
        for identity in identities:
            if identity not in self.volumes:
                folder = self._folder / f"karmada-{identity}"
                self.volumes[identity] = SecretVolume(self.client, NAMESPACE, secret_of(identity), folder)
            self.volumes[identity].refresh()

    def kubeconfig(self, identity: str) -> Path:
        """Return the kubeconfig of a process: that of its Secret, with the folder in which a Pod mounts it here."""
        folder = self.volumes[identity].folder
        text = (folder / "kubeconfig").read_text().replace(MOUNT, str(folder))
        file = self._folder / f"converter-{identity}.kubeconfig"
        file.write_text(text)
        return file

    def close(self) -> None:
        """Stop following the Secrets; the run stops the API server."""
        for volume in self.volumes.values():
            volume.close()

    async def _ensure(self, identities: Sequence[str], seconds: int) -> None:
        karmada = self._fleet.karmada.apiserver
        bundle = self._fleet.world.pki.authority.bundle
        async with (
            await Server.connect(karmada.kubeconfig) as control_plane,
            await Server.connect(self.server.kubeconfig) as host,
        ):
            await ensure_identities(
                control_plane, host, server_url=karmada.url, ca_bundle=bundle, identities=identities, seconds=seconds
            )

    def _account(self) -> Path:
        """Write the kubeconfig of the controller's account in the host cluster."""
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/converter-controller/token"
        token = self.client.raw("POST", path, _TOKENS)["status"]["token"]
        config = json.loads(self.server.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        file = self._folder / "converter-controller.host.kubeconfig"
        file.write_text(json.dumps(config))
        return file


#: Rights that no request shows, and why they are needed.
NOT_IN_A_REQUEST = {
    Right(f"{NAMESPACE}:converter-controller", "update", "work.karmada.io/works/finalizers"): (
        "the admission plugin OwnerReferencesPermissionEnforcement asks for it, where it is on"
    ),
    Right(f"{NAMESPACE}:converter-scheduler", "get", "/services", NAMESPACE): (
        "the scheduler asks for it with --enable-scheduler-estimator, which it takes over from Karmada's"
    ),
}


def check_rights(fleet: Fleet, host: Host, *, whole: bool) -> None:
    """Check the rights of every identity against the audit logs.

    Args:
        fleet: the fleet.
        host: the host cluster beside it.
        whole: whether each right must have been used; else only that each request is covered by one.
    """
    on_host = [item for item in yaml.safe_load_all(_CONTROLLER.read_text()) if item["kind"] in _ACCESS]
    for item in on_host:
        item["metadata"]["namespace"] = NAMESPACE
    sides = {
        "Karmada": compare(
            [
                *karmada_part(Addresses(namespace=NAMESPACE, dashboard=True)),
                *yaml.safe_load_all(MEMBER_SCHEMAS.read_text()),
            ],
            fleet.karmada.audit.events(),
        ),
        "host": compare(on_host, host.audit.events()),
    }
    for side, found in sides.items():
        print(f"{side}: {found.used} different requests; unused: {sorted(found.unused)}")
        assert found.used, f"{side}: the audit log is empty"
        assert not found.missing, f"{side}: no rule covers {sorted(found.missing)}"
        unused = found.unused - NOT_IN_A_REQUEST.keys()
        assert not (whole and unused), f"{side}: nothing used {sorted(unused)}; take these rights away"
