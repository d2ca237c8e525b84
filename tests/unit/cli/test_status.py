"""``converter status``: the state of an installation for people and for programs."""

import datetime as dt
import json

import pytest

from converter.cli.status import as_json, lines
from converter.install.identities import Identity, TokenProblem
from converter.install.installer import Finding
from converter.install.progress import Availability
from converter.install.status import Certificate, InstallationStatus, Process

END = dt.datetime(2026, 5, 1, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def status(problems=()):
    return InstallationStatus(
        objects=[Finding("ClusterRole", "converter-admission", "different", "rules[0].verbs")],
        processes=[
            Process(Availability("converter-admission", 2, 2), "registry.example/c:1", "1"),
            Process(Availability("converter-discovery", 1, 2), "registry.example/c:1", "1"),
            Process(Availability("converter-scheduler", 0, 1), "", ""),
        ],
        identities=[
            Identity("admission", "k/converter-admission", "k/s", END, END, None),
            Identity("controller", "k/converter-controller", "k/s", None, None, TokenProblem.NO_SECRET),
        ],
        certificates=[Certificate("CA", END)],
        trusted=False,
        services={"v1beta1.batch": "down"},
        works=7,
        problems=list(problems),
    )


def test_there_is_a_line_for_each_thing_and_each_problem():
    assert len(list(lines(status()))) == 9
    assert len(list(lines(status(["one", "two"])))) == 11


def test_times_are_in_utc():
    assert as_json(status())["certificates"] == [{"name": "CA", "expiresAt": "2026-05-01T10:30:00Z"}]


@pytest.mark.parametrize("problems", [[], ["one"]])
def test_programs_get_the_same(problems):
    found = json.loads(json.dumps(as_json(status(problems))))
    assert found["good"] is not bool(problems)
    assert found["problems"] == problems
    assert [one["problem"] for one in found["tokens"]] == [None, "no-secret"]
    assert found["tokens"][1]["expiresAt"] is None
    assert found["processes"][1]["available"] == 1
    assert found["unavailableAPIServices"] == {"v1beta1.batch": "down"}
    assert found["convertedWorks"] == 7
    assert found["webhooksTrusted"] is False
