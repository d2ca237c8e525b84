"""The memory of the admission process: at the start, and with many clusters (`python -m tests.bench.capacity`).

Each measurement is a process of its own. Resident memory is that of /proc, after the rules, the catalog and the
clusters are loaded and a review of each kind in the sample was answered.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CLUSTERS = (2, 100, 1000, 5000)

_PROGRAM = """
import sys, re, dataclasses, json, types
from converter.clusters import Fleet
from converter.server.sample import FLEET, review_of, sample_manifests, work_for
from converter.server.wiring import Settings, assemble
served = assemble(Settings(FLEET))
known = list(served.fleet.current.items())
def copied(served):  # as if each came from an answer of its own
    return types.MappingProxyType({kind: tuple(all) for kind, all in json.loads(json.dumps(dict(served))).items()})
many = {}
for n in range(int(sys.argv[1])):
    cluster = known[n % len(known)][1]
    many[f"c{n}"] = dataclasses.replace(cluster, name=f"c{n}", served=copied(cluster.served))
served.fleet.replace(Fleet(many))
for name in list(many)[:50]:
    for manifest in sample_manifests():
        served.app._webhooks["/mutate/works"].answer(review_of(work_for(manifest, name)))
print(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def main() -> None:
    """Measure, and print a table."""
    for clusters in CLUSTERS:
        words = [sys.executable, "-c", _PROGRAM, str(clusters)]
        done = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
        print(f"{clusters:6} clusters: {int(done.stdout.split()[-1]) / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
