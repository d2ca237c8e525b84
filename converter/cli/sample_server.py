"""What ``converter serve --sample`` adds: a dashboard, a command to try, and a file for ``converter demo``."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from converter.cli.streams import announce
from converter.dashboard.access import Everyone
from converter.dashboard.app import Dashboard
from converter.dashboard.sessions import Sessions
from converter.dashboard.sources import fill_with_sample
from converter.dashboard.store import FleetStore
from converter.server.sample import oldest_first, review_of, sample_manifests, work_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from converter.server.run import Address
    from converter.server.wiring import Served

SAMPLE_FOLDER: Final = Path(".run")
"""Where the sample stores its CA and its addresses, for ``converter demo`` and curl."""


@contextlib.asynccontextmanager
async def sample_dashboard(served: Served) -> AsyncIterator[Dashboard]:
    """Make the dashboard of the sample fleet, with the sample manifests as the webhook converts them."""
    store = FleetStore(lambda: served.rules.current)
    fill_with_sample(store, served.fleet.current, served.rules.current)
    dashboard = Dashboard(store, Everyone(), Sessions(), secure=False)
    await dashboard.start()
    try:
        yield dashboard
    finally:
        await dashboard.close()


def welcome(served: Served, bound: Address, authority: Path, *, metrics: Address, page: Address) -> None:
    """Print the address and a command to try, and store the addresses for ``converter demo``.

    Args:
        served: the server.
        bound: where the webhooks are.
        authority: the file of the CA.
        metrics: where health and metrics are.
        page: where the dashboard is.
    """
    folder = authority.parent
    fleet = oldest_first(served.fleet.current)
    cluster = fleet[0].name
    review = folder / "review.json"
    review.write_bytes(review_of(work_for(sample_manifests()[0], cluster)))
    shown = f"{page.plain_url}/"
    facts = {
        "url": bound.url, "ca": str(authority.resolve()), "dashboard": shown, "health": metrics.plain_url,
        "pid": os.getpid(),
    }  # fmt: skip
    (folder / "listening.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    book = served.rules.current.book
    clusters = ", ".join(f"{one.name} ({one.release or 'unknown release'})" for one in fleet)
    announce(
        f"""
The webhook listens on {bound.url}/mutate/works with a throw-away certificate.
  fleet   {clusters}
  rules   {len(book.rules)} rules for {len(book.kinds())} kinds; add your own with --rules DIR
  look    {shown} is the dashboard, with the sample manifests in every cluster
  health  {metrics.plain_url}/readyz, and /metrics for Prometheus

Try it, in another terminal here:

  {_curl(bound, authority, review)}

The command sends an Ingress of networking.k8s.io/v1 for cluster {cluster}. The patch in the answer is a JSON Patch
in base64. `converter demo` (`make demo`) shows the answers for several kinds and every cluster. Ctrl-C stops.
"""
    )


def forget_addresses() -> None:
    """Remove the stored addresses, unless they are those of another process, which runs on."""
    file = SAMPLE_FOLDER / "listening.json"
    with contextlib.suppress(OSError, ValueError):
        if json.loads(file.read_bytes())["pid"] == os.getpid():
            file.unlink()


def _curl(bound: Address, authority: Path, review: Path) -> str:
    words = [
        "curl", "--cacert", str(authority), "-H", "Content-Type: application/json",
        "--data-binary", f"@{review}", f"{bound.url}/mutate/works",
    ]  # fmt: skip
    return shlex.join(words)
