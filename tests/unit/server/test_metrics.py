"""The table of metrics is true: in the module, in the documentation and in the registry."""

import datetime as dt
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from converter.server import metrics as module
from converter.server.metrics import OUTCOMES, RELOADS, Metrics
from tests.nonempty import some

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


@pytest.fixture
def metrics() -> Metrics:
    made = Metrics(["works"])
    made.watch_certificate(lambda: dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    made.watch_clusters(lambda: 4)
    made.conversion("CronJob", "batch/v1", "batch/v1beta1")
    made.lost_field("CronJob", "dangerous", "warn")
    made.took("works", 0.001)
    return made


def exported(metrics: Metrics) -> dict[str, set[str]]:
    """Every metric by the name that a query uses, with its labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        if family.name.endswith("_created"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels}
        found[name] = labels - {"le"}
    return found


def test_the_table_of_the_module_is_the_registry(metrics):
    rows = re.findall(r"^``(\w+)`` {2,}((?:\w+(?:, )?)*) {2,}\S", module.__doc__ or "", re.MULTILINE)
    assert {name: set(filter(None, labels.split(", "))) for name, labels in rows} == exported(metrics)


def test_the_table_of_the_documentation_is_the_registry(metrics):
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", PAGE.read_text(), re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == exported(metrics)


def test_names_follow_the_conventions_of_prometheus(metrics):
    families = list(text_string_to_metric_families(metrics.text().decode()))
    assert len(families) > 9
    for family in families:
        assert re.fullmatch(r"converter(_[a-z]+)+", family.name)
        assert family.documentation
        if family.type == "histogram" or "duration" in family.name or "timestamp" in family.name:
            assert family.name.removesuffix("_created").endswith("_seconds")
        assert ("total" in family.name) is False  # the suffix of counters only


def test_every_outcome_has_a_series_from_the_start():
    text = Metrics(["works"]).text().decode()
    for outcome in some(OUTCOMES):
        assert f'converter_requests_total{{outcome="{outcome}",webhook="works"}} 0.0' in text
    for outcome in some(RELOADS):
        assert f'converter_rules_reloads_total{{outcome="{outcome}"}} 0.0' in text


def test_a_refused_reload_shows_until_one_is_taken(metrics):
    def shown() -> float | None:
        return metrics.registry.get_sample_value("converter_rules_last_reload_successful")

    assert shown() == 1
    metrics.rules_reloaded("refused", 3)
    assert shown() == 0
    metrics.rules_reloaded("taken", 4)
    assert shown() == 1


def test_the_end_of_the_certificate_is_read_at_each_scrape():
    metrics, end = Metrics([]), [dt.datetime(2026, 3, 1, tzinfo=dt.UTC)]
    metrics.watch_certificate(lambda: end[0])
    for moment in (dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, tzinfo=dt.UTC)):
        end[0] = moment
        assert metrics.registry.get_sample_value("converter_certificate_not_after_timestamp_seconds") == (
            moment.timestamp()
        )
