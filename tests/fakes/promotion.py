"""A new control plane with one old member behind its cluster proxy, both of what the catalog says of their releases."""

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind
from tests.fakes.apiserver import FakeApiServer
from tests.shipped import shipped_engine

CATALOG = load_catalog()
CONVERTER = shipped_engine()
CLUSTERS = "/apis/cluster.karmada.io/v1alpha1/clusters"
NEW = "v1.36"
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


class ControlPlane(FakeApiServer):
    """The control plane; `run` puts an object on the member."""

    def __init__(self, member="old", release="v1.20"):
        super().__init__()
        self.member = member
        self.plurals = {gvk: resource.plural for gvk, resource in CATALOG.served(NEW).items()}
        self.plurals |= {gvk: resource.plural for gvk, resource in CATALOG.served(release).items()}
        self.plurals[GroupVersionKind("settings.k8s.io", "v1alpha1", "PodPreset")] = "podpresets"
        self.collections |= set(self.plurals.values()) | {"propagationpolicies"}
        self._serve_discovery()
        served = {}
        for gvk, resource in CATALOG.served(release).items():
            served.setdefault(gvk.api_version, []).append({"kind": gvk.kind, "name": resource.plural})
        self.put(
            f"{CLUSTERS}/{member}",
            {
                "metadata": {"name": member},
                "status": {
                    "kubernetesVersion": f"{release}.15",
                    "apiEnablements": [{"groupVersion": gv, "resources": found} for gv, found in served.items()],
                    "conditions": [{"type": "CompleteAPIEnablements", "status": "True"}],
                },
            },
        )

    def run(self, manifest, **metadata):
        """Put a running object on the member."""
        thing = {**manifest, "metadata": {**manifest["metadata"], **metadata}}
        self.put(f"{CLUSTERS}/{self.member}/proxy{self.path(thing)}", thing)
        return thing

    def path(self, manifest):
        """The path of an object on the server that serves its version."""
        group, _, version = manifest["apiVersion"].rpartition("/")
        (plural,) = {p for gvk, p in self.plurals.items() if gvk == (group, version, manifest["kind"])}
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        namespace = manifest["metadata"].get("namespace")
        space = f"/namespaces/{namespace}" if namespace else ""
        return f"{root}{space}/{plural}/{manifest['metadata']['name']}"

    def stored(self, manifest):
        """What the control plane has of an object."""
        return self.objects.get(self.path(manifest))

    def _serve_discovery(self):
        versions = {}
        for gvk, resource in CATALOG.served(NEW).items():
            found = {"name": resource.plural, "kind": gvk.kind, "namespaced": resource.namespaced, "verbs": VERBS}
            versions.setdefault(gvk.api_version, []).append(found)
        discovery_only = {"name": "cronjobs", "kind": "CronJob", "namespaced": True, "verbs": []}
        versions["batch/v1beta1"] = [discovery_only]
        groups = {}
        for version, resources in versions.items():
            path = f"/apis/{version}" if "/" in version else f"/api/{version}"
            self.objects[path] = {"groupVersion": version, "resources": resources, "metadata": {}}
            if "/" in version:
                groups.setdefault(version.partition("/")[0], []).append({"groupVersion": version})
        self.objects["/apis"] = {"groups": [{"versions": found} for found in groups.values()], "metadata": {}}


def pod_template(**spec):
    """A template of Pods labelled ``app: shop``."""
    return {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def thing(api_version, kind, name, **fields):
    """An object in the namespace demo."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "demo"}, **fields}
