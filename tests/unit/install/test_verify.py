"""The checks of an installation: each passes on a converter that works, and fails on each that does not."""

import copy
import datetime as dt

import pytest

from converter.admission.rules import RulesWebhook
from converter.client.clock import micro_timestamp
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.install.probes import PROBE
from converter.install.verify import Verifier
from converter.install.verify_outcome import State
from converter.server.rules_reloader import RulesReloader
from tests.fakes.karmada import BOTH, NEW, OLD, Karmada
from tests.fakes.webhook import Webhook
from tests.nonempty import some

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
SPACE = "karmada-system"
OWN = "apiconverter"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{SPACE}/leases/{OWN}-scheduler"
BINDINGS = "/apis/work.karmada.io/v1alpha2/namespaces/{}/resourcebindings"


class Site:
    """A Karmada with the real webhooks, APIServices, discovery and the scheduler's Lease."""

    def __init__(self, own=OWN):
        self.karmada = Karmada(own_scheduler=own)
        self.server = self.karmada.server
        rules = {collection.resource for collection in RULE_COLLECTIONS.values()}
        self.server.collections |= {"apiservices", "leases", *rules}
        check = RulesWebhook(RulesReloader().check)
        self.server.webhooks.append(Webhook("rules.apiconverter.dev", frozenset(rules), check.answer))
        for version in ("batch/v1", "policy/v1", "apps/v1", "rbac.authorization.k8s.io/v1"):
            self.register(version)
        self.serve_discovery("batch/v1beta1", "CronJob")
        self.renew(NOW)

    def register(self, version, *, ours=False, available="True"):
        group, _, number = version.partition("/")
        name = f"{number}.{group}"
        labels = {"apiconverter.dev/discovery": "true"} if ours else {}
        conditions = [{"type": "Available", "status": available, "message": "why"}]
        thing = {"metadata": {"name": name, "labels": labels}, "status": {"conditions": conditions}}
        self.server.objects[f"{SERVICES}/{name}"] = thing

    def serve_discovery(self, version, kind):
        self.register(version, ours=True)
        self.server.objects[f"/apis/{version}"] = {"resources": [{"name": "x", "kind": kind}]}

    def renew(self, moment, holder="one"):
        spec = {"holderIdentity": holder, "renewTime": micro_timestamp(moment), "leaseDurationSeconds": 15}
        self.server.objects[LEASE] = {"metadata": {"name": f"{OWN}-scheduler"}, "spec": spec}

    async def check(self, scheduler=OWN):
        verifier = Verifier(self.server, self.karmada.converter, SPACE, scheduler=scheduler, now=lambda: NOW)
        return {check.name: check for check in await verifier.run()}

    async def states(self, scheduler=OWN):
        return {name: check.state for name, check in (await self.check(scheduler)).items()}


@pytest.fixture
def site():
    site = Site()
    site.karmada.serve("old", OLD)
    site.karmada.serve("new", NEW)
    return site


def stored(site):
    return copy.deepcopy({path: thing for path, thing in site.server.objects.items() if "/apis/work." in path})


async def test_everything_passes_and_nothing_is_left(site):
    before = stored(site)
    found = await site.check()
    assert {check.state for check in some(list(found.values()))} == {State.PASSED}
    assert "old" in found["works"].detail
    assert "batch/v1beta1" in found["works"].detail
    assert OWN in found["bindings"].detail
    assert stored(site) == before
    written = [write for write in site.server.writes if PROBE in write]
    assert [write.split()[0] for write in written] == ["POST", "DELETE"], "one binding, because Karmada had none"


async def test_with_a_binding_nothing_is_written_at_all(site):
    resource = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "shop"}
    binding = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"resource": resource}}
    site.server.put(f"{BINDINGS.format('shop')}/web", binding)
    before = stored(site)
    assert set((await site.states()).values()) == {State.PASSED}
    assert stored(site) == before
    assert site.server.writes == []


async def test_before_a_cluster_joined_there_is_nothing_to_check():
    states = await Site().states()
    assert states["works"] is states["bindings"] is State.SKIPPED
    assert states["status"] is states["scheduler"] is State.PASSED


async def test_a_fleet_of_one_release_needs_no_discovery():
    site = Site()
    site.karmada.serve("new", NEW)
    states = await site.states()
    assert states["works"] is State.PASSED
    assert states["discovery"] is State.SKIPPED


async def test_a_cluster_that_serves_all_versions_is_passed_over():
    site = Site()
    site.karmada.serve("both", BOTH)
    assert (await site.states())["works"] is State.SKIPPED


@pytest.mark.parametrize(
    ("webhook", "failed"),
    [
        ("works.", {"works"}),
        ("bindings.", {"bindings"}),
        ("bindingstatus.", {"status"}),
        ("rules.", {"rules"}),
        ("", {"works", "bindings", "status", "rules"}),
    ],
)
async def test_a_webhook_that_is_not_called_is_found(site, webhook, failed):
    site.server.webhooks = [one for one in site.server.webhooks if not one.name.startswith(webhook)]
    states = await site.states()
    assert {name for name, state in states.items() if state is State.FAILED} == failed


async def test_a_webhook_that_cannot_be_reached_is_found(site):
    site.server.fail = lambda method, path: (
        (500, "InternalError") if (method, path[-6:]) == ("POST", "/works") else None
    )
    assert (await site.states())["works"] is State.FAILED


async def test_a_scheduler_of_another_name_is_found():
    site = Site(own="other")
    site.karmada.serve("old", OLD)
    found = await site.check()
    assert found["bindings"].state is State.FAILED
    assert "other" in found["bindings"].detail


@pytest.mark.parametrize("moment", [NOW - dt.timedelta(minutes=1), None])
async def test_a_scheduler_that_does_not_run_is_found(site, moment):
    del site.server.objects[LEASE]
    if moment is not None:
        site.renew(moment)
    assert (await site.states())["scheduler"] is State.FAILED


async def test_a_scheduler_that_gave_up_its_lease_is_found(site):
    site.renew(NOW, holder="")
    assert (await site.states())["scheduler"] is State.FAILED


async def test_the_old_way_has_no_scheduler_to_check():
    site = Site(own="")
    site.karmada.serve("old", OLD)
    states = await site.states(scheduler="")
    assert states.pop("scheduler") is State.SKIPPED
    assert set(states.values()) == {State.PASSED}


async def test_an_api_service_that_is_down_is_found(site):
    site.register("batch/v1beta1", ours=True, available="False")
    assert (await site.states())["discovery"] is State.FAILED


async def test_a_version_that_is_not_registered_is_found(site):
    del site.server.objects[f"{SERVICES}/v1beta1.batch"]
    del site.server.objects["/apis/batch/v1beta1"]
    assert (await site.states())["discovery"] is State.FAILED


SPEC = {"kind": "Plum", "between": ["example.com/v1", "example.com/v2"], "steps": []}
RULE = RULE_COLLECTIONS["ConversionRule"].object_path("", "plum")


async def test_rule_objects_need_their_crds(site):
    site.server.fail = lambda _method, path: (404, "NotFound") if "conversionrules" in path else None
    assert (await site.states())["rules"] is State.FAILED


async def test_a_right_that_is_missing_is_no_answer_of_the_webhook(site):
    site.server.fail = lambda method, path: (403, "Forbidden") if method == "POST" and "rules" in path else None
    assert (await site.states())["rules"] is State.FAILED


async def test_the_controller_must_have_looked_at_each_rule_object(site):
    site.server.put(RULE, {"kind": "ConversionRule", "metadata": {"name": "plum"}, "spec": SPEC})
    assert (await site.states())["rules"] is State.FAILED
    generation = site.server.objects[RULE]["metadata"].get("generation")
    site.server.objects[RULE]["status"] = {"observedGeneration": generation}
    assert (await site.states())["rules"] is State.PASSED
