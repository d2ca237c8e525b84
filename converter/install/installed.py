"""Finds the namespace of an installation in Karmada itself, so that a command needs neither its name nor the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import ApiServer, Collection, NotFoundError, RejectedError

if TYPE_CHECKING:
    from converter.kube import Manifest

_BINDING: Final = "converter-controller"
_BINDINGS: Final = Collection("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", namespaced=False)


async def installed_namespace(karmada: ApiServer) -> str:
    """Return the namespace of the converter that is installed for a Karmada; empty if none is, or it may not be read.

    A Karmada has one converter at most: its objects without a namespace have fixed names. One of them is the
    ClusterRoleBinding of the controller, which names the namespace of the controller's account.

    Raises:
        ApiError: the API server did not answer.
    """
    try:
        binding: Manifest = msgspec.json.decode(await karmada.get(_BINDINGS.object_path("", _BINDING)))
    except (NotFoundError, RejectedError):
        return ""
    subjects = binding.get("subjects") or ()
    return next((str(one["namespace"]) for one in subjects if one.get("name") == _BINDING and one.get("namespace")), "")
