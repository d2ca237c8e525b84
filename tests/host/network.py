"""The network of a host cluster: a network namespace without a way out, in which the whole run lives.

``make e2e-host`` starts pytest in namespaces of its own (`NAMESPACES`). So the addresses below are nobody else's, every
server of the run is out of reach from outside, and no route, rule or mount stays behind.
"""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
"""The command before pytest's own."""

ADDRESS = "10.245.0.1"
"""Of the node: API servers and DNS for Pods."""

PODS = "10.244.0.0/24"
SERVICES = "10.96.0.0/16"
RESOLVER = Path("/etc/resolv.conf")


def is_private() -> bool:
    """Whether this process is in a network namespace in which nothing leads outside."""
    return not any(name != "lo" and _is_up(name) for _, name in socket.if_nameindex())


def prepare(folder: Path) -> None:
    """Bring the node's address up, and have this run's programs ask its DNS server.

    Args:
        folder: the run's, for a file.
    """
    for command in (
        ("ip", "link", "set", "lo", "up"),
        ("ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"),
        # kube-proxy's rules turn such an address into a Pod's, but only after a route was found.
        ("ip", "route", "replace", SERVICES, "dev", "lo", "src", ADDRESS),
        ("sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1"),
    ):
        subprocess.run(command, check=True)
    file = folder / "resolv.conf"
    search = "karmada-system.svc.cluster.local svc.cluster.local cluster.local"
    file.write_text(f"nameserver {ADDRESS}\nsearch {search}\noptions ndots:5 timeout:2\n")
    subprocess.run(["mount", "--bind", str(file), str(RESOLVER.resolve())], check=True)


def _is_up(name: str) -> bool:
    said = subprocess.run(["ip", "-o", "link", "show", "dev", name, "up"], capture_output=True, text=True, check=False)
    return bool(said.stdout.strip())
