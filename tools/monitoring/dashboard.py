"""Makes the Grafana dashboard: rows of panels, one query or a few for each."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

_WIDTH = 24
_HEIGHT = 8


class Panel(NamedTuple):
    """A panel.

    Attributes:
        title: its title.
        queries: PromQL by the text of the legend.
        unit: Grafana's name of the unit.
        kind: ``timeseries`` or ``stat``.
        text: what a reader can conclude from it.
    """

    title: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    text: str = ""


def _select(metric: str, where: str = "") -> str:
    labels = ",".join(filter(None, ['namespace=~"$namespace"', where]))
    return f"{metric}{{{labels}}}"


def _rate(metric: str, *by: str, where: str = "") -> str:
    grouped = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouped} (rate({_select(metric, where)}[$__rate_interval]))"


def _increase(metric: str, *by: str) -> str:
    return f"sum by ({', '.join(by)}) (increase({_select(metric)}[$__rate_interval]))"


def _quantile(share: float) -> str:
    return f"histogram_quantile({share}, {_rate('converter_request_duration_seconds_bucket', 'webhook', 'le')})"


def _of_us(expression: str) -> str:
    return f"{expression} and on(instance) converter_build_info"


_REQUESTS = "converter_requests_total"
_PASS = "converter_reconcile_duration_seconds"
_WORKS = 'webhook="works"'
_DENIED = f'{_WORKS},outcome="denied"'
_SLO = '{sloth_service="converter"}'

_IN_USE = 'digest!=""'

_STATE = [
    Panel("Replicas", {"{{process}}": f"count by (process) ({_select('converter_build_info')})"}, kind="stat"),
    Panel("Leaders", {"leaders": f"sum({_select('converter_leader')})"}, kind="stat", text="None is an alert."),
    Panel("Clusters", {"clusters": f"max({_select('converter_clusters')})"}, kind="stat"),
    Panel(
        "Rules",
        {
            "rules": f"max({_select('converter_rules')})",
            "rule books": f"count(group by (digest) ({_select('converter_rulebook_info', _IN_USE)}))",
        },
        kind="stat",
        text="More than one rule book: replicas differ.",
    ),
    Panel("Discovery reachable", {"reachable": f"min({_select('converter_discovery_reachable')})"}, kind="stat"),
    Panel("Scheduler available", {"available": f"min({_select('converter_scheduler_available')})"}, kind="stat"),
    Panel("Releases", {"{{version}}": f"count by (version) ({_select('converter_build_info')})"}, kind="stat"),
]

_ADMISSION = [
    Panel("Reviews", {"{{webhook}} {{outcome}}": f"{_rate(_REQUESTS, 'webhook', 'outcome')} > 0"}, "reqps"),
    Panel("Time to answer", {"99.9 % {{webhook}}": _quantile(0.999), "50 % {{webhook}}": _quantile(0.5)}, "s"),
    Panel(
        "Denied Works",
        {"share": f"{_rate(_REQUESTS, where=_DENIED)} / {_rate(_REQUESTS, where=_WORKS)}"},
        "percentunit",
        text="Each denial is an error of Karmada's binding-sync-work-availability.",
    ),
    Panel(
        "Conversions",
        {"{{kind}} {{source}} → {{target}}": _rate("converter_conversions_total", "kind", "source", "target")},
        "ops",
    ),
    Panel(
        "Lost fields", {"{{severity}} {{action}}": _rate("converter_lost_fields_total", "severity", "action")}, "ops"
    ),
]

_OBJECTIVES = [
    Panel(
        "Error budget left, of 30 days",
        {"{{sloth_slo}}": f"slo:period_error_budget_remaining:ratio{_SLO}"},
        "percentunit",
    ),
    Panel(
        "Burn rate",
        {"{{sloth_slo}}": f"slo:current_burn_rate:ratio{_SLO}"},
        text="1 uses the budget up at the end of the period; 14.4 in two days.",
    ),
]

_CONTROLLER = [
    Panel(
        "Passes",
        {"{{controller}} {{outcome}}": f"{_rate('converter_reconciles_total', 'controller', 'outcome')} > 0"},
        "ops",
    ),
    Panel(
        "Time of a pass",
        {"{{controller}}": f"{_rate(_PASS + '_sum', 'controller')} / ({_rate(_PASS + '_count', 'controller')} > 0)"},
        "s",
    ),
    Panel("Waiting keys", {"{{controller}}": f"sum by (controller) ({_select('converter_queue_keys')})"}),
    Panel("Watched objects", {"{{watch}}": f"max by (watch) ({_select('converter_watched_objects')})"}),
    Panel("Failed watches", {"{{watch}}": _increase("converter_watch_failures_total", "watch")}),
    Panel(
        "Bindings that wait for the scheduler", {"bindings": f"max({_select('converter_scheduler_waiting_bindings')})"}
    ),
]

_LEFT = f"({_select('converter_certificate_not_after_timestamp_seconds')} - time()) / 86400"

_PROCESSES = [
    Panel("Memory", {"{{instance}}": _of_us(_select("process_resident_memory_bytes"))}, "bytes"),
    Panel("CPU", {"{{instance}}": _of_us(f"rate({_select('process_cpu_seconds_total')}[$__rate_interval])")}, "s"),
    Panel("Certificates: days left", {"{{instance}}": _LEFT}, "d"),
    Panel("Log lines dropped", {"{{instance}}": _increase("converter_log_dropped_lines_total", "instance")}),
    Panel("Discovery requests", {"{{code}}": _rate("converter_discovery_requests_total", "code")}, "reqps"),
]

ROWS: Final[dict[str, list[Panel]]] = {
    "State": _STATE,
    "Admission": _ADMISSION,
    "Objectives": _OBJECTIVES,
    "Controller": _CONTROLLER,
    "Processes": _PROCESSES,
}
"""The panels, by row."""


def dashboard() -> dict[str, Any]:
    """Make the dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        panels.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1}})  # fmt: skip
        top += 1
        stats = all(panel.kind == "stat" for panel in row)
        columns = len(row) if stats else 2
        height = _HEIGHT // 2 if stats else _HEIGHT
        for number, panel in enumerate(row):
            place = {
                "x": (number % columns) * (_WIDTH // columns),
                "y": top + (number // columns) * height,
                "w": _WIDTH // columns,
                "h": height,
            }
            panels.append(_panel(panel, place))
        top += -(-len(row) // columns) * height
    for number, shown in enumerate(panels, 1):
        shown["id"] = number
    return {
        "uid": "karmada-api-version-converter",
        "title": "Karmada API-version converter",
        "tags": ["karmada"],
        "schemaVersion": 38,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_source(), _namespaces()]},
        "panels": panels,
    }


def _panel(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "expr": expression, "legendFormat": legend}
            for number, (legend, expression) in enumerate(panel.queries.items())
        ],
    }


def _source() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}


def _namespaces() -> dict[str, Any]:
    return {
        "name": "namespace",
        "type": "query",
        "label": "Namespace",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": "label_values(converter_build_info, namespace)",
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
    }
