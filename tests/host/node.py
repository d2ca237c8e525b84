"""A real node on this machine: containerd, runc, kubelet and kube-proxy, and a network of Pods.

What each setting is for is said beside it; the others are the programs' defaults.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.host.archive import derived
from tests.host.dns import DOMAIN
from tests.host.network import ADDRESS, PODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.controlplanes.apiserver import ApiServer
    from tests.controlplanes.processes import Process
    from tests.controlplanes.world import World

NAME = "host-1"
PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "ip": "iproute2",
    "iptables": "iptables",
}
"""Each program that a node needs, and the Debian package that has it."""

CNI = Path("/usr/lib/cni")
CNI_PACKAGE = "containernetworking-plugins"
SANDBOX = "localhost/sandbox:1"
"""The image that holds a Pod's namespaces."""

_INSIDE = Path(__file__).with_name("inside.py")
_CGROUPS = Path("/sys/fs/cgroup")
#: Where the programs write whatever their settings say.
_SCRATCH = ("/run/containerd", "/run/netns", "/var/log/containers", "/var/lib/cni")


class Node:
    """A node of a host cluster.

    Attributes:
        folder: its data, its settings, and the logs of containerd, of kubelet and of all Pods.
        process: containerd, kubelet and all containers: they end together.
        proxy: leads the addresses of Services to Pods.
    """

    def __init__(self, world: World, server: ApiServer, archives: Sequence[Path]) -> None:
        """Start it; the API server must be ready.

        Args:
            world: the run it belongs to.
            server: the API server of the host cluster.
            archives: OCI archives of the images that Pods use. The first one also serves as the sandbox's image.
        """
        self.folder = world.run.folder / "node"
        for name in ("cni", "pods"):
            (self.folder / name).mkdir(parents=True)
        sandbox = derived(archives[0], self.folder / "sandbox.tar", SANDBOX, ["/usr/bin/sleep", "infinity"])
        self._socket = self.folder / "containerd.sock"
        self._write_containerd()
        self._write_kubelet(world)
        load = ["ctr", "--address", str(self._socket), "--namespace", "k8s.io", "images", "import"]
        about = {
            "socket": str(self._socket),
            "scratch": _SCRATCH,
            "imports": [[*load, str(archive)] for archive in (sandbox, *archives)],
            "commands": {
                "containerd": ["containerd", "--config", str(self.folder / "containerd.toml")],
                "kubelet": [
                    str(world.binary("kubelet", server.version)),
                    f"--config={self.folder / 'kubelet.json'}",
                    f"--kubeconfig={server.kubeconfig}",
                    f"--root-dir={self.folder / 'kubelet'}",
                    f"--cert-dir={self.folder / 'kubelet-pki'}",
                    f"--hostname-override={NAME}",
                    f"--node-ip={ADDRESS}",
                    "--v=2",
                ],
            },
        }
        file = self.folder / "node.json"
        file.write_text(json.dumps(about, indent=2))
        unshare = ["unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"]
        inside = ["sh", "-c", f'cd "{self.folder}" && exec "$@"', "sh", sys.executable, "-I", str(_INSIDE), str(file)]
        self.process: Process = world.run.process("node", [*unshare, *inside])
        self.proxy: Process = world.run.process("kube-proxy", self._proxy(world, server))

    def stop(self) -> None:
        """End the node with all its containers, and delete the groups of processes that they were in."""
        self.process.stop()
        for group in sorted(_CGROUPS.glob("*/k8s.io/*"), reverse=True):
            with contextlib.suppress(OSError):
                group.rmdir()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def log_of(self, pod: str) -> str:
        """Return what the containers of all Pods whose name starts so have written, oldest first."""
        files = sorted(self.folder.glob(f"pods/*_{pod}*_*/*/*.log"))
        return "".join(file.read_text(errors="replace") for file in files)

    def _proxy(self, world: World, server: ApiServer) -> list[str | Path]:
        settings = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clusterCIDR": PODS,
            "hostnameOverride": NAME,
            "clientConnection": {"kubeconfig": str(server.kubeconfig)},
            "bindAddress": ADDRESS,
            "healthzBindAddress": f"127.0.0.1:{world.ports.take()}",
            "metricsBindAddress": f"127.0.0.1:{world.ports.take()}",
            # The machine's table of connections is not this run's to size.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
            "iptables": {"minSyncPeriod": "100ms"},
        }
        file = self.folder / "proxy.json"
        file.write_text(json.dumps(settings, indent=2))
        return [world.binary("kube-proxy", server.version), f"--config={file}", "--v=2"]

    def _write_containerd(self) -> None:
        # A route to each Pod, and no bridge: what goes to a Service and back passes the node's rules both ways.
        addresses = {"type": "host-local", "subnet": PODS, "routes": [{"dst": "0.0.0.0/0"}]}
        network = {"type": "ptp", "ipam": {**addresses, "dataDir": str(self.folder / "addresses")}}
        (self.folder / "cni" / "pods.conflist").write_text(
            json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [network]})
        )
        cri = 'plugins."io.containerd.grpc.v1.cri"'
        (self.folder / "containerd.toml").write_text(
            f"""\
version = 2
root = "{self.folder / "data"}"
state = "{self.folder / "state"}"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
address = "{self._socket}"
[{cri}]
sandbox_image = "{SANDBOX}"
# The machine may be a container itself, in which no process may be favoured.
restrict_oom_score_adj = true
[{cri}.containerd]
snapshotter = "overlayfs"
[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[{cri}.cni]
bin_dir = "{CNI}"
conf_dir = "{self.folder / "cni"}"
"""
        )

    def _write_kubelet(self, world: World) -> None:
        nothing = dict.fromkeys(
            ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available"), "0%"
        )
        settings: dict[str, Any] = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": ADDRESS,
            "clusterDNS": [ADDRESS],
            "clusterDomain": DOMAIN,
            "port": world.ports.take(),
            "healthzPort": world.ports.take(),
            "containerRuntimeEndpoint": f"unix://{self._socket}",
            "tlsCertFile": str(world.pki.server.certificate),
            "tlsPrivateKeyFile": str(world.pki.server.key),
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "podLogsDir": str(self.folder / "pods"),
            "volumePluginDir": str(self.folder / "plugins"),
            # A node without systemd, on cgroups of either version, whose disk is shared with all that runs here.
            "cgroupDriver": "cgroupfs",
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "failCgroupV1": False,
            "failSwapOn": False,
            "localStorageCapacityIsolation": False,
            "evictionHard": nothing,
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            # Seconds instead of a minute until a changed Secret is in a Pod.
            "syncFrequency": "5s",
            "nodeStatusUpdateFrequency": "5s",
        }
        (self.folder / "kubelet.json").write_text(json.dumps(settings, indent=2))
