"""Debian's Prometheus and promtool, for tests: `make monitoring` installs them."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.waiting import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "monitoring"
RULE_FILES = ("alerts.yaml", "slo-rules.yaml")


def program(name: str) -> str:
    """Find ``prometheus`` or ``promtool``."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; run `make monitoring`, or install Debian's package prometheus")
    return found


def promtool(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run promtool; returns what it said."""
    words = [program("promtool"), *map(str, arguments)]
    done = subprocess.run(words, input=given, capture_output=True, check=False)
    return subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())


def groups() -> list[dict[str, Any]]:
    """All groups of rules of deploy/monitoring."""
    files = [yaml.safe_load((DEPLOY / name).read_text("utf-8")) for name in RULE_FILES]
    return [group for file in files for group in file["spec"]["groups"]]


def rules() -> list[dict[str, Any]]:
    """All rules of deploy/monitoring."""
    return [rule for group in groups() for rule in group["rules"]]


def write_rules(folder: Path, alert: dict[str, Any] | None = None) -> Path:
    """Write the rules as Prometheus reads them, without Kubernetes' object around them.

    Args:
        folder: where to write.
        alert: write only this alert, and the recordings that it needs; None for all rules.
    """
    chosen = groups()
    if alert is not None:
        needed = {record for rule in rules() if (record := rule.get("record", "")) and record + "{" in alert["expr"]}
        chosen = [
            {**group, "rules": [rule for rule in group["rules"] if rule == alert or _records(rule, needed, alert)]}
            for group in chosen
        ]
    file = folder / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [group for group in chosen if group["rules"]]}), "utf-8")
    return file


def _records(rule: dict[str, Any], needed: set[str], alert: dict[str, Any]) -> bool:
    return rule.get("record") in needed and f'"{rule["labels"]["sloth_id"]}"' in alert["expr"]


class Prometheus:
    """A Prometheus that runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: str) -> Any:
        """Ask its API; returns the data."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.loads(answer.read())["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Evaluate an expression now; returns the series."""
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def until(self, expression: str, seconds: float = HANG_SECONDS) -> list[dict[str, Any]]:
        """Wait until an expression has a result."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.query(expression):
                return found
            time.sleep(0.2)
        raise TimeoutError(f"no result: {expression}")


@contextlib.contextmanager
def running(folder: Path, jobs: list[dict[str, Any]], *, seconds: float = 1) -> Iterator[Prometheus]:
    """Run a Prometheus on 127.0.0.1 with the rules of deploy/monitoring.

    Args:
        folder: where it stores everything.
        jobs: its ``scrape_configs``.
        seconds: how often it scrapes and evaluates.
    """
    often = f"{seconds:g}s"
    configuration = {
        "global": {"scrape_interval": often, "scrape_timeout": often, "evaluation_interval": often},
        "rule_files": [str(write_rules(folder))],
        "scrape_configs": jobs,
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield _ready(Prometheus(f"http://127.0.0.1:{port}"), process, folder / "prometheus.log")
        finally:
            process.terminate()
            process.wait(HANG_SECONDS)


def _ready(prometheus: Prometheus, process: subprocess.Popen[bytes], log: Path) -> Prometheus:
    deadline = time.monotonic() + HANG_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{prometheus.url}/-/ready", timeout=5).close()
            return prometheus
        time.sleep(0.1)
    raise RuntimeError(f"Prometheus did not start:\n{log.read_text('utf-8')}")
