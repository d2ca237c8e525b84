"""Two replicas of the webhooks behind one address, as behind a Service: one of them goes, and no admission fails."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.balancer import Balancer
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated, admitted_version
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some

#: As a Pod has it: long enough for every probe to see that it is not ready.
DRAIN_SECONDS = 2
AT_ONCE = 6


class Replicated(Installation):
    """With a second replica of the webhooks, and a balancer before both.

    Attributes:
        second: that replica.
        ports: of both.
        balancer: what the control plane reaches.
    """

    def __init__(self, fleet):
        super().__init__(fleet, controllers=2)
        pair = self._world.pki.server
        self.ports = [self.admission_port, self._world.ports.take()]
        self.health_ports["admission-second"] = self._world.ports.take()
        self.second = self._start(
            "admission-second", "serve", "--kubeconfig", str(self._access("admission")),
            "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key),
            "--listen", f"127.0.0.1:{self.ports[1]}", "--drain-seconds", str(DRAIN_SECONDS),
            *self._health("admission-second"), *self.scheduling,
        )  # fmt: skip
        self.balancer = Balancer(self._world.ports.take(), self.ports, self.is_ready)
        self.addresses = self.addresses_of(self.balancer.port)
        self.command("install", "--dashboard", *self.addresses)
        self.wait_for_both()

    def wait_for_both(self):
        """Wait until connections go to either."""
        wait_until("both replicas", lambda: all(self.balancer.ready.values()), 60)

    def is_ready(self, port):
        return self._ready(self.health_ports["admission" if port == self.admission_port else "admission-second"])

    def stop(self):
        super().stop()
        self.second.stop()
        self.balancer.close()


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Replicated(session_fleet)
    yield installed
    installed.stop()


def admit(fleet, number):
    """Have a Work admitted that needs conversion, without storing it: in which version it comes out."""
    return admitted_version(fleet, "old", template("CronJob", f"asked-{number}"))


def admit_many(fleet, count):
    """Several at once, so that the control plane opens connections to both replicas."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set(pool.map(lambda number: admit(fleet, number), range(count)))


def failures(fleet):
    """How many calls of a webhook of ours the control plane has counted as failed."""
    text = fleet.client.request("GET", "/metrics").body
    found = re.findall(
        r"^apiserver_admission_webhook_(?:rejection_count|fail_open_count)\{([^}]*apiconverter\.dev[^}]*)\} (\S+)$",
        text,
        re.MULTILINE,
    )
    return {labels: float(count) for labels, count in found if 'error_type="no_error"' not in labels}


def many(fleet, prefix, count):
    return [Propagated(fleet, template("CronJob", f"{prefix}-{number}"), ["new", "old"]) for number in range(count)]


def test_both_replicas_are_called_and_answer_alike(fleet, converter):
    assert admit_many(fleet, 60) == {"batch/v1beta1"}
    assert all(converter.balancer.connections[port] for port in some(converter.ports)), converter.balancer.connections


def test_one_is_killed_and_the_next_admissions_do_not_fail(fleet, converter):
    """A request that the killed replica was answering may fail; every later one must succeed."""
    assert admit_many(fleet, 30) == {"batch/v1beta1"}
    before = failures(fleet)
    port = converter.ports[0]
    converter.admission.kill()
    wait_until("its connections being broken off", lambda: converter.balancer.connections[port] == 0, 5)
    try:
        assert admit_many(fleet, 60) == {"batch/v1beta1"}
        its = many(fleet, "one-killed", 4)
        with ExitStack() as templates:
            for it in its:
                templates.enter_context(it)
            for it in its:
                it.wait_until_applied()
            assert failures(fleet) == before
        for it in its:
            it.wait_until_gone("old", ["batch/v1beta1"])
        assert failures(fleet) == before
    finally:
        converter.admission.start()
        converter.wait_for_both()


def test_a_replica_is_stopped_while_templates_come_and_no_admission_fails(fleet, converter):
    """A rollout: SIGTERM in the middle of everything."""
    before = failures(fleet)
    answers, errors, enough = set(), [], threading.Event()

    def ask_on_and_on():
        number = 0
        while not enough.is_set():
            number += 1
            try:
                answers.add(admit(fleet, number))
            except Exception as error:  # noqa: BLE001  whatever it is, it is a failure
                errors.append(error)

    asking = [threading.Thread(target=ask_on_and_on) for _ in range(3)]
    stopping = threading.Thread(target=converter.second.stop)
    its = many(fleet, "rollout", 4)
    with ExitStack() as templates:
        try:
            for thread in asking:
                thread.start()
            for number, it in enumerate(its):
                templates.enter_context(it)
                if number == 1:
                    stopping.start()
            for it in its:
                it.wait_until_applied()
            stopping.join()
        finally:
            enough.set()
            for thread in asking:
                thread.join()
            converter.second.start()
        assert (answers, errors) == ({"batch/v1beta1"}, [])
        assert failures(fleet) == before
        converter.wait_for_both()
    for it in its:
        it.wait_until_gone("old", ["batch/v1beta1"])


def test_the_leading_controller_is_killed_and_the_other_takes_over(fleet, converter):
    """The next leader finishes what the killed one began, and reconciles what comes after it."""

    def holder():
        lease = fleet.client.get("coordination.k8s.io/v1", "Lease", "apiconverter", "karmada-system")
        return lease["spec"]["holderIdentity"]

    leader = holder()
    process = next(process for process in converter.controllers if process.name.endswith(leader))
    left, after = many(fleet, "takeover", 2)
    with ExitStack() as templates:
        templates.enter_context(left)
        process.kill()
        try:
            templates.enter_context(after)
            for it in (left, after):
                it.wait_until_applied(90)
                wait_until("the anchor", lambda it=it: it.anchor("old"))
                it.report("old", {"lastScheduleTime": "2026-11-06T02:15:00Z"})
                it.wait_for_status("old", {"lastScheduleTime": "2026-11-06T02:15:00Z"})
            assert holder() not in {"", leader}
        finally:
            process.start()
    for it in (left, after):
        it.wait_until_gone("old", ["batch/v1beta1"])
    assert fleet.client.find("batch/v1", "CronJob", left.name, NAMESPACE) is None
