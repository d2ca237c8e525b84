"""The table of metrics in the documentation is true: for each process, with types and labels."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from converter.certificates.tls import Validity
from converter.controllers.controller import Passes
from converter.server.controller_metrics import ControllerMetrics, watch_informers
from converter.server.metrics import OUTCOMES, RELOADS, DiscoveryMetrics, Metrics, ProcessMetrics
from tests.nonempty import some

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"
LIFE = Validity(dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, tzinfo=dt.UTC))


def common(metrics):
    metrics.watch_rules(lambda: "abc", lambda: "def")
    return metrics


def admission():
    made = common(Metrics(["works"]))
    made.watch_certificate(lambda: LIFE)
    made.watch_clusters(lambda: 4)
    made.watch_token(lambda: LIFE)
    watch_informers(made, lambda: {"clusters": SimpleNamespace(items={"a": 1}, failures=2)})
    made.conversion("CronJob", "batch/v1", "batch/v1beta1")
    made.lost_field("CronJob", "dangerous", "warn")
    made.took("works", 0.001)
    return made


def discovery():
    made = common(DiscoveryMetrics())
    made.watch_certificate(lambda: LIFE)
    made.watch_token(lambda: LIFE)
    watch_informers(made, lambda: {"apiservices": SimpleNamespace(items={}, failures=0)})
    made.answered(200)
    return made


def controller():
    made = common(ControllerMetrics())
    made.watch_clusters(lambda: 4)
    made.watch_token(lambda: LIFE)
    watch_informers(made, lambda: {"works": SimpleNamespace(items={}, failures=0)})
    made.watch_controllers([SimpleNamespace(name="lossy work", passes=Passes(3, 2, 1, 1.5), waiting=7)], lambda: True)
    made.watch_discovery(lambda: False)
    made.watch_scheduler(lambda: True)
    made.watch_waiting_bindings(lambda: 3)
    made.watch_identities(lambda: {"converter-admission": LIFE})
    return made


def dashboard():
    made = common(ProcessMetrics("dashboard"))
    made.watch_clusters(lambda: 4)
    made.watch_token(lambda: LIFE)
    watch_informers(made, lambda: {"works": SimpleNamespace(items={}, failures=0)})
    return made


PROCESSES = {"Admission": admission, "Controller": controller, "Dashboard": dashboard, "Discovery": discovery}


def exported(metrics):
    """Every metric by the name that a query uses, with its type and labels."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels}
        found[name] = (family.type, labels - {"le"})
    return found


def documented(process):
    """The rows of the sections that name a process, or every process."""
    rows = {}
    for section in PAGE.read_text("utf-8").split("\n## ")[1:]:
        title = section.partition("\n")[0].lower()
        if process.lower() not in title and title != "every process":
            continue
        for names, kind, labels in re.findall(r"^\| (`\w+`[^|]*) \| *(\w*) *\|([^|]*)\|", section, re.MULTILINE):
            for name in re.findall(r"`(\w+)`", names):
                rows[name] = (kind, set(re.findall(r"`(\w+)`", labels)))
    return rows


@pytest.mark.parametrize("process", PROCESSES)
def test_the_table_of_the_documentation_is_the_registry(process):
    here = exported(PROCESSES[process]())
    rows = documented(process)
    assert set(rows) == set(here)
    own = {name for name in some(sorted(here)) if name.startswith("converter_")}
    assert {name: here[name] for name in own} == {name: rows[name] for name in own}


@pytest.mark.parametrize("process", PROCESSES)
def test_names_follow_the_conventions_of_prometheus(process):
    families = list(text_string_to_metric_families(PROCESSES[process]().text().decode()))
    assert len(families) > 9
    for family in families:
        assert re.fullmatch(r"(converter|process)(_[a-z]+)+", family.name)
        assert family.documentation
        if "duration" in family.name or "timestamp" in family.name:
            assert family.name.endswith("_seconds")
        assert ("total" in family.name) is False  # the suffix of counters only
        assert not family.name.endswith("_created")


def test_every_outcome_has_a_series_from_the_start():
    text = Metrics(["works"]).text().decode()
    for outcome in some(OUTCOMES):
        assert f'converter_requests_total{{outcome="{outcome}",webhook="works"}} 0.0' in text
    for outcome in some(RELOADS):
        assert f'converter_rules_reloads_total{{outcome="{outcome}"}} 0.0' in text


def test_a_refused_reload_shows_until_one_is_taken():
    metrics = admission()

    def shown() -> float | None:
        return metrics.registry.get_sample_value("converter_rules_last_reload_successful")

    assert shown() == 1
    metrics.rules_reloaded("refused", 3)
    assert shown() == 0
    metrics.rules_reloaded("taken", 4)
    assert shown() == 1


def test_the_validity_of_the_certificate_is_read_at_each_scrape():
    metrics, life = Metrics([]), [LIFE]
    metrics.watch_certificate(lambda: life[0])
    for number in range(2):
        life[0] = Validity(*(moment + dt.timedelta(days=number) for moment in LIFE))
        for name, moment in some(zip(("not_before", "not_after"), life[0], strict=True)):
            value = metrics.registry.get_sample_value(f"converter_certificate_{name}_timestamp_seconds")
            assert value == moment.timestamp()


def test_what_is_unknown_has_no_sample():
    metrics = ControllerMetrics()
    state = [None]
    metrics.watch_token(lambda: None)
    metrics.watch_discovery(lambda: state[0])
    value = metrics.registry.get_sample_value
    assert value("converter_token_not_after_timestamp_seconds") is None
    assert value("converter_discovery_reachable") is None
    for known in (False, True):
        state[0] = known
        assert value("converter_discovery_reachable") == float(known)


def test_passes_are_counted_by_how_they_ended():
    value = controller().registry.get_sample_value
    ends = {
        outcome: value("converter_reconciles_total", {"controller": "lossy_work", "outcome": outcome})
        for outcome in ("done", "retried", "failed")
    }
    assert ends == {"done": 3, "retried": 2, "failed": 1}
    assert value("converter_reconcile_duration_seconds_sum", {"controller": "lossy_work"}) == 1.5
    assert value("converter_reconcile_duration_seconds_count", {"controller": "lossy_work"}) == 6
    assert value("converter_queue_keys", {"controller": "lossy_work"}) == 7
