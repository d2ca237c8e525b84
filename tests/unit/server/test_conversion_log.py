"""Losses in the log and in the metrics: by weight, without values, with labels that no request can invent."""

from __future__ import annotations

import logging

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.server.conversion_log import ConversionLog
from converter.server.metrics import Metrics
from tests.reviewkit import ask, cronjob, review, webhook, work

OLD = Cluster.from_release("old", Release(1, 22), load_catalog())


def lost(shipped, given, caplog):
    metrics = Metrics(["works"])
    activity = ConversionLog(metrics)
    with caplog.at_level(logging.INFO, logger="converter.conversions"):
        answer = ask(webhook(shipped, OLD, observer=activity), review(given))
    log = [f"{record.message} {record.__dict__}" for record in caplog.records]
    return answer, metrics.text().decode(), activity, log


def test_a_lost_field_is_counted_and_reported_in_one_line_without_its_value(shipped, caplog):
    given = cronjob(timeZone="Secret/Place")
    given["spec"]["jobTemplate"]["spec"]["podReplacementPolicy"] = "Failed"
    answer, metrics, _, log = lost(shipped, work(given), caplog)
    assert answer.allowed
    assert 'converter_lost_fields_total{action="warn",kind="CronJob",severity="dangerous"} 1.0' in metrics
    assert 'converter_lost_fields_total{action="warn",kind="CronJob",severity="degrading"} 1.0' in metrics
    (line,) = log
    assert "Secret/Place" not in metrics + line
    assert "'dangerous': 'spec.timeZone'" in line


def test_what_is_ignored_is_counted_and_not_reported(shipped, caplog):
    given = cronjob(timeZone="UTC")
    given["metadata"]["annotations"]["apiconverter.dev/policy"] = "ignore"
    _, metrics, _, log = lost(shipped, work(given), caplog)
    assert 'converter_lost_fields_total{action="ignore",kind="CronJob",severity="dangerous"} 1.0' in metrics
    assert log == []


def test_nothing_lost_is_nothing_counted(shipped, caplog):
    _, metrics, _, log = lost(shipped, work(cronjob()), caplog)
    assert "converter_lost_fields_total{" not in metrics
    assert log == []


def test_long_paths_are_cut_and_only_the_first_are_logged(shipped, caplog):
    unknown = {f"{'x' * 5000}{number}": 1 for number in range(50)}
    _, _, _, log = lost(shipped, work(cronjob(**unknown)), caplog)
    (line,) = log
    assert len(line) < 12_000
