"""What the tests of the ValidatingAdmissionPolicies share: the controller of deploy/karmada, limited by a policy."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from converter.client import ApiServer, NotFoundError, RejectedError
from converter.install.manifests import user_name
from tests.controlplanes import kubeconfig
from tests.waiting import until_passes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from tests.controlplanes.apiserver import ApiServer as Process
    from tests.controlplanes.world import World


@contextlib.asynccontextmanager
async def controller_of(
    world: World, server: Process, unlabelled: tuple[str, Any], label: str
) -> AsyncIterator[ApiServer]:
    """Connect as the controller, as soon as the policy is enforced: the API server says nothing when it begins.

    Args:
        world: the run, whose authority issues the controller's certificate.
        server: the API server.
        unlabelled: a path, and an object without our label that the policy refuses to create there.
        label: the label; only the policy names it, RBAC would refuse for another reason.
    """
    pair = world.pki.authority.issue(user_name("karmada-system", "converter-controller"))
    file = kubeconfig.write(world.run.folder / f"{server.name}.controller", server.port, world.pki.authority, pair)
    path, manifest = unlabelled
    async with await ApiServer.connect(file) as controller:

        async def enforced() -> bool:
            try:
                await controller.create(f"{path}?dryRun=All", manifest)
            except RejectedError as error:
                return label in error.problem
            return False

        await until_passes(enforced)
        yield controller


async def remove(admin: ApiServer, path: str, by: ApiServer | None = None) -> None:
    """Delete an object, if it is there.

    Args:
        admin: reads it.
        path: where it is.
        by: deletes it; the admin, unless somebody else is given.
    """
    with contextlib.suppress(NotFoundError):
        found = msgspec.json.decode(await admin.get(path))
        await (by or admin).delete(path, uid=found["metadata"]["uid"])


async def refused(request: Awaitable[Any], policy: str) -> None:
    """Check that a policy refuses a request, and not RBAC."""
    with pytest.raises(RejectedError) as caught:
        await request
    assert caught.value.status == 403
    assert policy in caught.value.problem, "by the policy, not by RBAC"
