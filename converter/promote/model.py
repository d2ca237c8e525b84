"""The plan of a promotion as data, and the errors that prevent one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter.errors import ConverterError
from converter.works.forecast import Forecast

if TYPE_CHECKING:
    from converter.kube import Manifest
    from converter.losses import Loss
    from converter.promote.resources import Resource


class MissingObjectError(ConverterError):
    """The member does not have the object.

    Attributes:
        kind: its kind.
        name: its name.
        namespace: its namespace; empty for a cluster-scoped object.
        cluster: the member.
    """

    def __init__(self, kind: str, name: str, namespace: str, cluster: str) -> None:
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.cluster = cluster
        where = f" in namespace {namespace}" if namespace else ""
        super().__init__(f"cluster {cluster} has no {kind} {name}{where}; check the name, and -n and -C")


class MissingNamespaceError(ConverterError):
    """Objects of the kind are in namespaces, and no namespace was given.

    Attributes:
        kind: the kind.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"a {kind} is in a namespace; pass -n NAMESPACE")


@dataclass(frozen=True, slots=True)
class Promotion:
    """One object of the member, and the template made of it.

    Attributes:
        template: the template, in the version that the control plane stores.
        resource: how the control plane serves that version.
        read_as: the apiVersion in which the member has the object.
        unread: what the template does not hold of the object.
        forecast: what the member gets of the template.
    """

    template: Manifest
    resource: Resource
    read_as: str
    unread: tuple[Loss, ...] = ()
    forecast: Forecast = field(default_factory=Forecast)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What is lost on the way to the control plane and back."""
        return self.unread + self.forecast.losses

    @property
    def label(self) -> str:
        """Kind and name: ``CronJob demo/report``."""
        metadata = self.template["metadata"]
        namespace = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
        return f"{self.template['kind']} {namespace}{metadata['name']}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that is not promoted.

    Attributes:
        kind: its kind.
        name: its name.
        why: the reason.
        failed: whether it should have been promoted: it cannot be converted, or Karmada has no version of it.
    """

    kind: str
    name: str
    why: str
    failed: bool = False


@dataclass(slots=True)
class Plan:
    """What to promote.

    Attributes:
        promotions: in the order to create their templates.
        left_out: what is not promoted.
        kind: the kind of the object that was asked for; empty for a whole namespace.
    """

    promotions: list[Promotion] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    kind: str = ""
