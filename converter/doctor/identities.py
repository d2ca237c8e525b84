"""Checks the identities: each process has a token that Karmada accepts, and the rights that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import find_object
from converter.client.gather import gather_each
from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.install.dashboard import has_dashboard
from converter.install.identities import IdentitySecrets, identities_of
from converter.install.manifests import Addresses, karmada_part, user_name
from converter.install.tokens import account_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.doctor.patient import Patient
    from converter.kube import Manifest

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


async def check_identities(patient: Patient) -> Result:
    """Find tokens that Karmada refuses, that belong to another account, or that nobody renews.

    Raises:
        ApiError: a request failed.
    """
    dashboard = await has_dashboard(patient.karmada, patient.namespace)
    names = identities_of(scheduler=bool(patient.scheduler_name), dashboard=dashboard)
    command = patient.commands.install()
    if patient.host is None:
        missing = [name for name in names if not await _account(patient, name)]
        result: Result = [Unchecked("identities", "the tokens are in Secrets of the host cluster")]
        facts = {"problem": "no-account"}
        return result + [
            Finding(
                Trouble.IDENTITY_REFUSED, Thing("ServiceAccount", account_of(name), patient.namespace), facts, command
            )
            for name in missing
        ]
    secrets = IdentitySecrets(
        patient.karmada, patient.host, namespace=patient.namespace, host_namespace=patient.namespace, now=patient.now
    )
    return [
        Finding(
            Trouble.IDENTITY_REFUSED,
            Thing("Secret", identity.secret.rpartition("/")[2], patient.namespace),
            {
                "problem": identity.problem.value,
                "account": identity.account,
                "tokenEnds": identity.expires_at.isoformat() if identity.expires_at else "unknown",
            },
            command,
        )
        for identity in await secrets.examine(names)
        if identity.problem is not None
    ]


async def check_rights(patient: Patient) -> Result:
    """Find the rights that the installation grants to its accounts, but Karmada denies.

    Raises:
        ApiError: a request failed.
    """

    async def missing(granted: tuple[str, dict[str, str]]) -> tuple[str, str] | None:
        user, right = granted
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "resourceAttributes": right},
        }
        answer = msgspec.json.decode(await patient.karmada.create(_REVIEWS, body))
        return None if answer["status"]["allowed"] else (user, _text(right))

    dashboard = await has_dashboard(patient.karmada, patient.namespace)
    part = karmada_part(Addresses(namespace=patient.namespace, dashboard=dashboard))
    lost: dict[str, list[str]] = {}
    for answer in await gather_each(missing, _granted(part, patient)):
        if answer is not None:
            lost.setdefault(answer[0], []).append(answer[1])
    command = patient.commands.install()
    return [
        Finding(Trouble.RIGHTS_MISSING, Thing("User", user), {"missing": ", ".join(sorted(rights))}, command)
        for user, rights in sorted(lost.items())
    ]


async def _account(patient: Patient, name: str) -> bool:
    path = f"/api/v1/namespaces/{patient.namespace}/serviceaccounts/{account_of(name)}"
    return await find_object(patient.karmada, path) is not None


def _granted(part: list[Manifest], patient: Patient) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each user with each right that the roles of the installation grant to it."""
    roles = {(item["kind"], item["metadata"]["name"]): item for item in part if item["kind"].endswith("Role")}
    for binding in part:
        if not binding["kind"].endswith("RoleBinding"):
            continue
        role = roles.get((binding["roleRef"]["kind"], binding["roleRef"]["name"]))
        if role is None:
            continue
        space = binding["metadata"].get("namespace", "")
        for subject in binding.get("subjects") or ():
            if subject["kind"] != "ServiceAccount":
                continue
            if subject["name"] == account_of("scheduler") and not patient.scheduler_name:
                continue
            user = user_name(subject.get("namespace", patient.namespace), subject["name"])
            yield from ((user, right) for right in _rights(role, space))


def _rights(role: Manifest, space: str) -> Iterator[dict[str, str]]:
    for rule in role.get("rules") or ():
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                plural, _, subresource = resource.partition("/")
                for verb in rule["verbs"]:
                    for name in rule.get("resourceNames") or ("",):
                        right = {
                            "verb": verb, "group": group, "resource": plural, "subresource": subresource,
                            "namespace": space, "name": name,
                        }  # fmt: skip
                        yield {key: value for key, value in right.items() if value}


def _text(right: dict[str, str]) -> str:
    """Write a right as ``verb:resource.group/subresource``, with ``@namespace`` and ``=name`` if it is limited."""
    group = f".{right['group']}" if "group" in right else ""
    sub = f"/{right['subresource']}" if "subresource" in right else ""
    limits = "".join(f"{mark}{right[key]}" for mark, key in (("@", "namespace"), ("=", "name")) if key in right)
    return f"{right['verb']}:{right['resource']}{group}{sub}{limits}"
