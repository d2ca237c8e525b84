"""Runs containerd and kubelet as the first process of namespaces of their own; imports nothing of the harness.

``unshare --pid --mount --fork --kill-child python inside.py node.json``. Whatever way this process ends, the kernel
ends all containers with it, and their mounts go with the last of them: nothing of a node stays behind.

The file holds ``commands`` (``containerd``, ``kubelet``), ``imports`` (commands that load images), ``socket``, and
``scratch``: folders that get an empty file system of their own, because programs write to fixed places there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_SECONDS = 60


def main() -> int:
    """Start both and wait; return 1 as soon as one of them has ended."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    about = json.loads(Path(sys.argv[1]).read_text())
    for folder in about["scratch"]:
        Path(folder).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    containerd = _start(about["commands"]["containerd"], Path("containerd.log"))
    _wait_for(Path(about["socket"]), containerd)
    for command in about["imports"]:
        subprocess.run(command, check=True)
    kubelet = _start(about["commands"]["kubelet"], Path("kubelet.log"))
    ours = {containerd.pid: "containerd", kubelet.pid: "kubelet"}
    while True:
        # The first process of a namespace has to reap what others leave.
        ended, status = os.wait()
        if ended in ours:
            print(f"{ours[ended]} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
            return 1


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)


def _wait_for(socket: Path, containerd: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    probe = ["ctr", "--address", str(socket), "version"]
    while subprocess.run(probe, capture_output=True, check=False).returncode:
        if containerd.poll() is not None or time.monotonic() > deadline:
            sys.exit("containerd does not answer; see containerd.log")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
