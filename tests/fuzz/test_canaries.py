"""Values planted everywhere in manifests: no log or metric shows one, and of Secrets no output at all."""

from __future__ import annotations

import base64
import io
import json
import logging
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from converter.catalog import Release, load_catalog
from converter.cli import main
from converter.clusters import Cluster
from converter.dashboard.rows import stored_work
from converter.losses.concealed import CONCEALED
from converter.losses.record import LossRecord
from converter.server.conversion_log import ConversionLog
from converter.server.logging import FORMATS, json_line, set_up, text_line
from converter.server.metrics import Metrics
from converter.works.annotations import LOSSES_ANNOTATION
from converter.yaml import dump
from tests.generators.originals import of_once, of_today
from tests.nonempty import some
from tests.reviewkit import ask, review, webhook, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from converter.engine import Engine
    from converter.works.policy import Action
    from tests.generators.originals import Original

CANARY = re.compile(r"canary-?\d+x")
RELEASES = [Release.parse(text) for text in ("v1.16", "v1.20", "v1.24", "v1.36")]
ACTIONS: tuple[Action, ...] = ("warn", "deny")
_KEPT = frozenset({"apiVersion", "kind"})


class Planter:
    """Plants canaries: each is another text, so that a finding says which place it came from."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.count = 0

    def canary(self) -> str:
        """A text that nothing else writes; sometimes in base64, as in ``data``."""
        self.count += 1
        return f"canary{self.count}x"

    def everywhere(self, node: Any, share: float, *, keys: bool = False, path: tuple[Any, ...] = ()) -> Any:
        """Plant into a share of the texts, add unknown fields, and rename keys below the first level on request."""
        if isinstance(node, dict):
            planted = {}
            for key, value in node.items():
                fixed = (not path and key in _KEPT) or (path == ("metadata",) and key in {"name", "namespace"})
                name = f"{key}-{self.canary()}" if keys and len(path) == 1 and path != ("metadata",) else key
                planted[name] = value if fixed else self.everywhere(value, share, keys=keys, path=(*path, key))
            if self._rng.random() < 0.5:
                field = self.canary() if keys and path else self._rng.choice(["unknownField", "password", "stringdata"])
                planted[field] = self._rng.choice([self.canary(), {"a": self.canary()}, [self.canary()]])
            return planted
        if isinstance(node, list):
            return [self.everywhere(value, share, keys=keys, path=(*path, index)) for index, value in enumerate(node)]
        return self.canary() if isinstance(node, str) and self._rng.random() < share else node


def annotated(planter: Planter, manifest: dict[str, Any]) -> dict[str, Any]:
    """Add what kubectl and users write into metadata."""
    applied = json.dumps({**manifest, "data": {"password": planter.canary()}})
    metadata = manifest.setdefault("metadata", {})
    if not isinstance(metadata.get("annotations"), dict):
        metadata["annotations"] = {}
    metadata["annotations"] |= {
        "kubectl.kubernetes.io/last-applied-configuration": applied,
        "example.com/note": planter.canary(),
        "apiconverter.dev/policy": planter.canary(),
    }
    return manifest


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """The log of a server, in its own format; everything is logged."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def ask_about(shipped: Engine, manifests: list[Any], rng: random.Random, logged: io.StringIO) -> tuple[str, str]:
    """Send a Work to the webhook of a random release; returns log and metrics, and the whole answer."""
    release, policy = rng.choice(RELEASES), rng.choice(ACTIONS)
    set_up(rng.choice(FORMATS), "debug", logged)
    logged.seek(0)
    logged.truncate()
    metrics = Metrics(["works"])
    activity = ConversionLog(metrics)
    cluster = Cluster.from_release("old", release, load_catalog())
    given = work(*manifests)
    answer = ask(webhook(shipped, cluster, policy=policy, observer=activity), review(given))
    text = "\n".join([logged.getvalue(), metrics.text().decode()])
    patches = json.dumps(answer.operations)
    applied = answer.applied(given) if answer.operations else given
    stored = applied["metadata"].get("annotations", {})
    shown = [fact.text for row in stored_work(json.dumps(applied).encode()).rows for fact in row.losses]
    record = LossRecord.read(stored.get(LOSSES_ANNOTATION))
    lines = [loss.line for loss in record.losses]
    return text, "\n".join([json.dumps(answer.response), patches, json.dumps(stored), *lines, *shown])


KINDS = [*of_today(), *of_once()]


def test_no_log_or_metric_shows_a_value_of_any_kind(
    shipped: Engine, logged: io.StringIO, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    for number in range(settings().max_examples):
        rng = random.Random(f"canaries {number}")
        original: Original = rng.choice(KINDS)
        planter = Planter(rng)
        manifest = planter.everywhere(original.make(number, "shop"), rng.choice([0.05, 1.0]))
        manifest = annotated(planter, manifest) if rng.random() < 0.5 else manifest
        seen, _ = ask_about(shipped, [manifest], rng, logged)
        counts["planted"] += planter.count
        counts["logged"] += bool(logged.getvalue())
        assert not CANARY.findall(seen), (number, str(original), seen)
    report_count(f"{settings().max_examples} Works, {counts['planted']} values, {counts['logged']} with a log")
    assert counts["logged"]


def secret(planter: Planter, rng: random.Random) -> dict[str, Any]:
    """A Secret as people write it, with mistakes, and canaries in every value and every key of a map."""
    data = {planter.canary(): base64.b64encode(planter.canary().encode()).decode(), "plain": planter.canary()}
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": "demo", "labels": {planter.canary(): planter.canary()}},
        rng.choice(["data", "stringData", "stringdata", "Data"]): data,
        "type": rng.choice(["Opaque", planter.canary()]),
        "immutable": rng.choice([True, False, planter.canary()]),
    }
    if rng.random() < 0.5:
        made["metadata"][planter.canary()] = planter.canary()
    if rng.random() < 0.3:
        made[rng.choice(["data", "stringData"])] = rng.choice([[planter.canary()], planter.canary(), 5, None])
    if rng.random() < 0.3:
        made["metadata"][rng.choice(["annotations", "labels"])] = rng.choice([planter.canary(), [planter.canary()], 5])
    return annotated(planter, planter.everywhere(made, 0.3, keys=rng.random() < 0.5))


def bare(text: str) -> str:
    """A text with what it has in base64, too."""
    found = re.findall(r"[A-Za-z0-9+/]{12,}={0,2}", text)
    decoded = []
    for piece in found:
        try:
            decoded.append(base64.b64decode(piece + "=" * (-len(piece) % 4)).decode("utf-8", "ignore"))
        except ValueError:
            continue
    return "\n".join([text, *decoded])


def test_no_output_of_the_webhook_shows_anything_of_a_secret(
    shipped: Engine, logged: io.StringIO, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    for number in range(settings().max_examples):
        rng = random.Random(f"secrets {number}")
        planter = Planter(rng)
        manifests = [secret(planter, rng)]
        if rng.random() < 0.3:  # next to a manifest that is converted, and one in a List
            manifests += [next(one for one in KINDS if one.gvk.kind == "CronJob").make(number, "job")]
            manifests += [{"apiVersion": "v1", "kind": "List", "items": [secret(planter, rng)]}]
        seen, answer = ask_about(shipped, manifests, rng, logged)
        counts["planted"] += planter.count
        counts["losses"] += CONCEALED.shown in answer
        assert not CANARY.findall(bare(seen)), (number, seen)
        assert not CANARY.findall(bare(answer)), (number, answer)
    report_count(f"{settings().max_examples} Works, {counts['planted']} values, {counts['losses']} with losses")
    assert counts["losses"]


@pytest.mark.parametrize("number", range(3))
def test_no_report_of_the_command_line_shows_anything_of_a_secret(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], report_count: Callable[[str], None]
) -> None:
    rng = random.Random(f"commands {number}")
    planter = Planter(rng)
    file = tmp_path / "secrets.yaml"
    file.write_text("".join(f"---\n{dump(secret(planter, rng))}" for _ in range(20)))
    commands = [["check", "--release", "v1.16", "-o", style] for style in ("table", "json", "sarif", "junit")]
    commands += [["explain", "--to", "v1"], ["explain", "--to", "example.com/v1"], ["convert", "--to", "v2"]]
    size = 0
    for command in some(commands):
        main([*command[:1], "-f", str(file), *command[1:]])
        said = "".join(capsys.readouterr())
        size += len(said)
        assert not CANARY.findall(bare(said)), (command, said)
    report_count(f"{planter.count} values, {size} characters in {len(commands)} reports")
    assert size


def test_an_internal_error_is_logged_without_the_value_that_it_is_about(logged: io.StringIO) -> None:
    set_up("json", "debug", logged)
    value = Planter(random.Random(0)).canary()
    for style in (text_line, json_line):
        logging.getLogger().handlers[0]._style = style
        try:
            try:
                int(value)
            except ValueError as error:
                raise KeyError(value) from error
        except KeyError:
            logging.getLogger("converter").exception("internal error")
    said = logged.getvalue()
    assert not CANARY.findall(said), said
    assert said.count("ValueError") >= 2
    assert said.count("in test_an_internal_error") == 4
