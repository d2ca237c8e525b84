"""Who interprets which operation of which version: users, mirrors of users' interpreters, the installation."""

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.controllers.mirrors import MIRRORED, Conversion, conversions_of, mirror_name, plan_mirrors
from converter.karmada.interpreters import Customization, InterpreterWebhooks, Target
from converter.karmada.names import MIRROR_LABEL, MIRROR_OF_ANNOTATION, YIELDS_ANNOTATION
from tests.fakes.interpreters import customization, operations, webhooks

CATALOG = load_catalog()
NATIVE = {
    "CronJob": frozenset({"batch/v1"}),
    "Deployment": frozenset({"apps/v1"}),
    "HorizontalPodAutoscaler": frozenset({"autoscaling/v1", "autoscaling/v2"}),
    "Ingress": frozenset({"networking.k8s.io/v1"}),
    "Gadget": frozenset({"example.dev/v1"}),
}
CRON = Conversion("batch/v1", "batch/v1beta1")
OLD_CRON = Target("batch/v1beta1", "CronJob")
RETAIN = "function Retain(desired, observed) desired.spec.suspend = observed.spec.suspend return desired end"


def user(name, api_version, kind, **scripts):
    thing = customization(name, api_version, kind, **scripts)
    thing["metadata"]["uid"] = f"uid-of-{name}"
    return Customization.read(thing)


def clusters(*releases):
    return [Cluster.from_release(release, Release.parse(release), CATALOG) for release in releases]


def fleet(shipped, kind, *releases):
    return [(c.source, c.target) for c in conversions_of(kind, NATIVE, clusters(*releases), shipped)]


def cron(*users, hooks=(), conversions=(CRON,), shipped=(OLD_CRON,)):
    return plan_mirrors("CronJob", users, hooks, conversions, shipped)


def test_the_conversions_are_those_that_admission_makes_for_the_fleet(shipped):
    assert fleet(shipped, "CronJob", "v1.36") == []
    assert fleet(shipped, "CronJob", "v1.36", "v1.20") == [("batch/v1", "batch/v1beta1")]
    assert fleet(shipped, "Ingress", "v1.16", "v1.18") == [("networking.k8s.io/v1", "networking.k8s.io/v1beta1")]
    assert fleet(shipped, "Gadget", "v1.20") == []
    assert fleet(shipped, "Unheard", "v1.20") == []


def test_templates_are_in_the_best_version_only(shipped):
    assert fleet(shipped, "HorizontalPodAutoscaler", "v1.20") == [("autoscaling/v2", "autoscaling/v2beta2")]


def test_a_mirror_has_the_scripts_for_the_member_s_version_and_is_owned_by_the_user_s():
    mine = user("mine", "batch/v1", "CronJob", retention=RETAIN, healthInterpretation="h")
    (mirror,) = cron(mine).mirrors.values()
    assert mirror["metadata"] == {
        "name": "converter-mirror-mine-v1beta1.batch",
        "labels": {MIRROR_LABEL: "true"},
        "annotations": {MIRROR_OF_ANNOTATION: "mine"},
        "ownerReferences": [
            {
                "apiVersion": "config.karmada.io/v1alpha1",
                "kind": "ResourceInterpreterCustomization",
                "name": "mine",
                "uid": "uid-of-mine",
            }
        ],
    }
    assert mirror["spec"] == {
        "target": {"apiVersion": "batch/v1beta1", "kind": "CronJob"},
        "customizations": {"healthInterpretation": {"luaScript": "h"}, "retention": {"luaScript": RETAIN}},
    }


def test_only_what_karmada_asks_about_members_objects_is_mirrored():
    others = {"replicaResource": "r", "replicaRevision": "v", "statusAggregation": "a", "dependencyInterpretation": "d"}
    assert cron(user("mine", "batch/v1", "CronJob", **others)).mirrors == {}
    mine = user("mine", "batch/v1", "CronJob", **others, **dict.fromkeys(MIRRORED, "x"))
    (mirror,) = cron(mine).mirrors.values()
    assert operations(mirror) == set(MIRRORED)


@pytest.mark.parametrize("api_version", ["batch/v1beta1", "batch/v2alpha1"])
def test_a_customization_for_another_version_than_the_template_s_has_no_mirror(api_version):
    assert cron(user("mine", api_version, "CronJob", retention=RETAIN)).mirrors == {}


def test_without_a_member_that_needs_it_there_is_no_mirror():
    assert cron(user("mine", "batch/v1", "CronJob", retention=RETAIN), conversions=()).mirrors == {}


def test_a_user_s_customization_of_the_old_version_comes_first_for_its_operations():
    old = user("old", "batch/v1beta1", "CronJob", retention="theirs")
    new = user("new", "batch/v1", "CronJob", retention=RETAIN, statusReflection="s")
    plan = cron(old, new)
    (mirror,) = plan.mirrors.values()
    assert operations(mirror) == {"statusReflection"}
    assert plan.handled[OLD_CRON] == {"retention", "statusReflection"}


def test_a_user_s_webhook_for_the_old_version_comes_before_a_mirror():
    hook = webhooks("w", groups=["batch"], versions=["v1beta1"], kinds=["CronJob"], operations=["Retain"])
    plan = cron(user("mine", "batch/v1", "CronJob", retention=RETAIN), hooks=[InterpreterWebhooks.read(hook)])
    assert plan.mirrors == {}
    assert plan.handled[OLD_CRON] == {"retention"}


@pytest.mark.parametrize(("yields", "left"), [("retention", {"statusReflection"}), ("*", set())])
def test_a_user_keeps_operations_from_being_mirrored(yields, left):
    thing = customization("mine", "batch/v1", "CronJob", retention=RETAIN, statusReflection="s")
    thing["metadata"]["annotations"] = {YIELDS_ANNOTATION: yields}
    plan = cron(Customization.read(thing))
    assert {operation for mirror in plan.mirrors.values() for operation in operations(mirror)} == left
    assert plan.handled[OLD_CRON] == left


def test_two_customizations_for_one_version_have_a_mirror_each_and_never_the_same_operation():
    one = user("one", "batch/v1", "CronJob", retention="a")
    two = user("two", "batch/v1", "CronJob", statusReflection="b", retention="never: Karmada refuses it")
    plan = cron(two, one)
    assert {name: operations(mirror) for name, mirror in plan.mirrors.items()} == {
        "converter-mirror-one-v1beta1.batch": {"retention"},
        "converter-mirror-two-v1beta1.batch": {"statusReflection"},
    }


def test_two_sources_of_one_target_never_have_the_same_operation():
    users = [user("a", "batch/v1", "CronJob", retention="a"), user("b", "other.dev/v1", "CronJob", retention="b")]
    both = (CRON, Conversion("other.dev/v1", "batch/v1beta1"))
    assert len(cron(*users, conversions=both, shipped=()).mirrors) == 1


def test_what_nobody_handles_is_the_installation_s():
    assert cron().handled == {OLD_CRON: frozenset()}


def conversion(shipped, kind, release):
    (found,) = conversions_of(kind, NATIVE, clusters(release), shipped)
    return found


INGRESS = [
    ("return desired.spec.defaultBackend", True),
    ("local s = observed.spec.rules[1].http.paths[1].backend.service.name", True),
    ("desired.metadata.name = observed.metadata.name", False),
    ("desired.spec.ingressClassName = observed.spec.ingressClassName", False),
    ("desired.metadata.annotations = observed.metadata.annotations return desired", False),
]


@pytest.mark.parametrize(("script", "moved"), INGRESS)
def test_a_script_that_names_a_field_of_another_place_is_not_mirrored(shipped, script, moved):
    mine = user("mine", "networking.k8s.io/v1", "Ingress", retention=script, healthInterpretation="return true")
    plan = plan_mirrors("Ingress", [mine], [], [conversion(shipped, "Ingress", "v1.18")], [])
    (mirror,) = plan.mirrors.values()
    assert operations(mirror) == {"healthInterpretation"} | (set() if moved else {"retention"})
    assert [(item.operation, item.target) for item in plan.unmirrored] == (
        [("retention", "networking.k8s.io/v1beta1")] if moved else []
    )


def test_what_is_not_mirrored_stays_the_installation_s(shipped):
    target = Target("networking.k8s.io/v1beta1", "Ingress")
    mine = user("mine", "networking.k8s.io/v1", "Ingress", retention="return desired.spec.defaultBackend")
    plan = plan_mirrors("Ingress", [mine], [], [conversion(shipped, "Ingress", "v1.18")], [target])
    assert plan.handled == {target: frozenset()}


@pytest.mark.parametrize("kind", ["CronJob", "HorizontalPodAutoscaler"])
def test_kinds_whose_fields_stay_have_no_moved_fields(shipped, kind):
    assert conversion(shipped, kind, "v1.20").moved == frozenset()


def test_names_are_unique_and_fit():
    long = [mirror_name(name, "networking.k8s.io/v1beta1") for name in ("a" * 253, "a" * 252 + "b")]
    assert len(set(long)) == 2
    assert max(map(len, long)) <= 253
    assert mirror_name("mine", "v1") == "converter-mirror-mine-v1"
