"""Holds the Lease of the controller, so that no replica of it acts: for a pause, and while the converter is removed.

A replica leads only while it holds the Lease, and it respects the duration in the Lease
(`converter.client.leader_election`). So nothing has to be stopped, and no access to the host cluster is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.client import AlreadyExistsError, ConflictError, UnavailableError, find_object
from converter.client.clock import micro_timestamp, utc_now
from converter.client.leader_election import LEASES
from converter.karmada.names import GROUP

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.client.clock import Now

CONTROLLER_LEASE: Final = "apiconverter"
"""The name of the controller's Lease."""

HOLDER: Final = f"{GROUP}/paused"
"""The holder that no replica has as its identity."""

LEADER_STOPS: Final = 12.0
"""Seconds after which a leader that lost its Lease has certainly stopped (`LeaderElector`, ``deadline``)."""

_FOREVER: Final = 2**31 - 1
"""Seconds; the longest duration that a Lease can have."""

_ATTEMPTS: Final = 20


def is_held(lease: dict[str, Any] | None) -> bool:
    """Whether a Lease is held by this module, so that no controller acts."""
    return ((lease or {}).get("spec") or {}).get("holderIdentity") == HOLDER


async def read_lease(server: ApiServer, namespace: str, name: str = CONTROLLER_LEASE) -> dict[str, Any] | None:
    """Read the Lease; None if there is none.

    Raises:
        ApiError: the request failed.
    """
    return await find_object(server, LEASES.object_path(namespace, name))


async def hold(server: ApiServer, namespace: str, name: str = CONTROLLER_LEASE, *, now: Now = utc_now) -> str:
    """Take the Lease from whoever holds it.

    Returns:
        The holder before; empty if nobody held it. That replica may act for `LEADER_STOPS` seconds more.

    Raises:
        ApiError: a request failed, or others wrote the Lease all the time.
    """
    path = LEASES.object_path(namespace, name)
    for _ in range(_ATTEMPTS):
        lease = await read_lease(server, namespace, name)
        if is_held(lease):
            return ""
        before = (lease or {}).get("spec") or {}
        spec = {
            **before,
            "holderIdentity": HOLDER,
            "leaseDurationSeconds": _FOREVER,
            "renewTime": micro_timestamp(now()),
            "acquireTime": micro_timestamp(now()),
            "leaseTransitions": int(before.get("leaseTransitions") or 0) + 1,
        }
        try:
            if lease is None:
                metadata = {"name": name, "namespace": namespace}
                made = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
                await server.create(LEASES.path(namespace), made)
            else:
                await server.replace(path, {**lease, "spec": spec})
        except (ConflictError, AlreadyExistsError):
            continue
        return str(before.get("holderIdentity") or "")
    raise UnavailableError(f"PUT {path}", 0, "", "the Lease changed on each attempt; run the command again")


async def let_go(server: ApiServer, namespace: str, name: str = CONTROLLER_LEASE) -> bool:
    """Delete the Lease if it is held by this module; the next leader then looks at everything again.

    Returns:
        Whether it was held.

    Raises:
        ApiError: a request failed.
    """
    lease = await read_lease(server, namespace, name)
    if lease is None or not is_held(lease):
        return False
    await server.delete(LEASES.object_path(namespace, name), uid=lease["metadata"]["uid"])
    return True
