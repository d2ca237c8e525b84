"""Finds the namespace of an installation, or of what an interrupted removal left, so that nobody has to name it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import ApiServer, Collection, NotFoundError, RejectedError, each_item
from converter.client.collections import SECRETS
from converter.install.detect import DetectionError, server_of
from converter.install.host_removal import SELECTOR
from converter.install.identities import IDENTITIES
from converter.install.tokens import ACCOUNTS, secret_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.kube import Manifest

_BINDING: Final = "converter-controller"
_BINDINGS: Final = Collection("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", namespaced=False)

MARK: Final = _BINDINGS.object_path("", _BINDING)
"""The path of the object in Karmada that names the namespace. A removal deletes it last, so that it can be repeated."""


class ServerAddress(NamedTuple):
    """An API server, as a kubeconfig names it.

    Attributes:
        url: its address.
        ca_bundle: the PEM certificates that sign its certificate, in base64; empty for those that the system trusts.
    """

    url: str
    ca_bundle: str

    def is_same(self, other: ServerAddress) -> bool:
        """Whether two kubeconfigs lead to one API server: its addresses can differ, its authority cannot."""
        if self.ca_bundle or other.ca_bundle:
            return _certificates(self.ca_bundle) == _certificates(other.ca_bundle)
        return bool(self.url) and self.url == other.url


async def installed_namespace(karmada: ApiServer) -> str:
    """Return the namespace of the converter that is installed for a Karmada; empty if none is, or it may not be read.

    A Karmada has one converter at most: its objects without a namespace have fixed names. One of them is the
    ClusterRoleBinding of the controller, which names the namespace of the controller's account. Where it is gone, an
    account that is left says it.

    Raises:
        ApiError: the API server did not answer.
    """
    try:
        binding: Manifest = msgspec.json.decode(await karmada.get(MARK))
    except NotFoundError:
        return await _left_in_karmada(karmada)
    except RejectedError:
        return ""
    subjects = binding.get("subjects") or ()
    return next((str(one["namespace"]) for one in subjects if one.get("name") == _BINDING and one.get("namespace")), "")


async def _left_in_karmada(karmada: ApiServer) -> str:
    try:
        spaces = {
            str(msgspec.json.decode(raw)["metadata"]["namespace"])
            async for raw in each_item(karmada, ACCOUNTS, selector=SELECTOR)
        }
    except (NotFoundError, RejectedError):
        return ""
    return spaces.pop() if len(spaces) == 1 else ""


async def left_on_host(host: ApiServer, karmada: Iterable[ServerAddress]) -> str:
    """Return the namespace of the host cluster in which a removal left the converter of a Karmada; empty for none.

    Several Karmadas can share a host cluster. So a namespace counts only if a Secret in it leads to this one.

    Args:
        host: the API server of the host cluster.
        karmada: what is known of the Karmada API server's address.

    Raises:
        ApiError: the API server did not answer.
    """
    known = [one for one in karmada if one.url or one.ca_bundle]
    spaces: set[str] = set()
    if not known:
        return ""
    try:
        for identity in IDENTITIES:
            params = {"fieldSelector": f"metadata.name={secret_of(identity)}"}
            for secret in msgspec.json.decode(await host.get(SECRETS.path(), params)).get("items") or ():
                if any(_address(secret).is_same(one) for one in known):
                    spaces.add(str(secret["metadata"]["namespace"]))
    except (NotFoundError, RejectedError):
        return ""
    return spaces.pop() if len(spaces) == 1 else ""


def _address(secret: Manifest) -> ServerAddress:
    try:
        return ServerAddress(*server_of(base64.b64decode((secret.get("data") or {}).get("kubeconfig", "")).decode()))
    except (DetectionError, binascii.Error, UnicodeDecodeError):
        return ServerAddress("", "")


def _certificates(bundle: str) -> bytes:
    try:
        return base64.b64decode(bundle).strip()
    except binascii.Error:
        return bundle.encode()
