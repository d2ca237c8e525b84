"""Feature gates: how a cluster sets them, and which fields a server stores."""

import pytest

from converter.catalog import DEFAULT_GATES, FeatureGate, FeatureGatesError, GateSettings, Requirement, Stage
from converter.kube import GroupVersionKind

CRON_JOB = GroupVersionKind.of("batch/v1", "CronJob")
JOB = GroupVersionKind.of("batch/v1", "Job")
POD = GroupVersionKind.of("v1", "Pod")
CLAIM = GroupVersionKind.of("v1", "PersistentVolumeClaim")
DEFINITION = GroupVersionKind.of("apiextensions.k8s.io/v1", "CustomResourceDefinition")
VALIDATIONS = "spec.versions[*].schema.openAPIV3Schema.x-kubernetes-validations"


# Stages and defaults as each release's kube_features.go has them, written down by hand.
@pytest.mark.parametrize(
    ("release", "name", "stage", "default"),
    [
        ("v1.16", "StartupProbe", Stage.ALPHA, False),
        ("v1.20", "IPv6DualStack", Stage.ALPHA, False),
        ("v1.21", "IPv6DualStack", Stage.BETA, True),
        ("v1.24", "CronJobTimeZone", Stage.ALPHA, False),
        ("v1.25", "CronJobTimeZone", Stage.BETA, True),
        ("v1.24", "CustomResourceValidationExpressions", Stage.ALPHA, False),
        ("v1.30", "UserNamespacesSupport", Stage.BETA, False),
        ("v1.30", "JobManagedBy", Stage.ALPHA, False),
        ("v1.36", "JobManagedBy", Stage.GA, True),
    ],
)
def test_a_gate_has_its_stage_and_default_of_the_release(catalog, release, name, stage, default):
    assert catalog.gates(release)[name] == FeatureGate(name, stage, default)


@pytest.mark.parametrize(
    ("release", "gvk", "path", "gate"),
    [
        ("v1.16", POD, "spec.containers[*].startupProbe", "StartupProbe"),
        ("v1.16", POD, "spec.topologySpreadConstraints", "EvenPodsSpread"),
        ("v1.24", CRON_JOB, "spec.timeZone", "CronJobTimeZone"),
        ("v1.24", DEFINITION, VALIDATIONS, "CustomResourceValidationExpressions"),
        ("v1.30", POD, "spec.hostUsers", "UserNamespacesSupport"),
        ("v1.30", JOB, "spec.managedBy", "JobManagedBy"),
        ("v1.36", POD, "spec.schedulingGroup", "GenericWorkload"),
        ("v1.29", CLAIM, "spec.volumeAttributesClassName", "VolumeAttributesClass"),
        ("v1.31", POD, "spec.volumes[*].image", "ImageVolume"),
        ("v1.34", POD, "spec.volumes[*].image", "ImageVolume"),
        ("v1.37", POD, "spec.volumes[*].secret.defaultUser", "AtomicWriteVolumeUserFields"),
        ("v1.37", POD, "spec.volumes[*].emptyDir.mode", "EmptyDirVolumeMode"),
    ],
)
def test_a_field_behind_a_gate_that_is_off_is_not_stored(catalog, release, gvk, path, gate):
    assert catalog.field_at(release, gvk, path) is not None
    assert catalog.stored_type_of(release, gvk).field_at(path) is None
    assert catalog.gate_of(gvk, path, release).name == gate
    on = GateSettings.of({gate: True})
    assert catalog.stored_type_of(release, gvk, on).field_at(path) is not None


def test_a_gate_that_is_on_by_default_hides_nothing_unless_a_cluster_turns_it_off(catalog):
    path = "spec.timeZone"
    assert catalog.stored_type_of("v1.25", CRON_JOB).field_at(path) is not None
    off = GateSettings.parse("CronJobTimeZone=false")
    assert catalog.stored_type_of("v1.25", CRON_JOB, off).field_at(path) is None
    assert catalog.stored_type_of("v1.25", CRON_JOB, GateSettings.parse("AllBeta=false")).field_at(path) is None


@pytest.mark.parametrize("release", ["v1.35", "v1.37"])
def test_an_image_volume_is_stored_where_its_gate_is_on(catalog, release):
    path = "spec.volumes[*].image"
    assert catalog.stored_type_of(release, POD).field_at(path) is not None
    assert catalog.stored_type_of(release, POD, GateSettings.parse("ImageVolume=false")).field_at(path) is None
    assert catalog.requirements(POD, path, release)[-1].with_holder


def test_one_value_of_a_field_needs_a_gate(catalog):
    path = "spec.podFailurePolicy.rules[*].action"
    condition = catalog.stored_type_of("v1.28", JOB).field_at(path).condition
    assert condition.stores("Ignore", {})
    assert not condition.stores("FailIndex", {})
    on = GateSettings.parse("JobBackoffLimitPerIndex=true")
    assert catalog.stored_type_of("v1.28", JOB, on).field_at(path).condition is None
    assert catalog.stored_type_of("v1.29", JOB).field_at(path).condition is None


def test_a_list_of_which_the_first_item_is_stored(catalog):
    service = GroupVersionKind.of("v1", "Service")
    condition = catalog.stored_type_of("v1.20", service).field_at("spec.clusterIPs").condition
    assert condition.stores(["192.0.2.1"], {})
    assert not condition.stores(["192.0.2.1", "2001:db8::1"], {})
    assert catalog.stored_type_of("v1.21", service).field_at("spec.clusterIPs").condition is None


def test_templates_of_other_kinds_are_stored_unchecked_but_for_their_pods(catalog):
    template = catalog.stored_type_of("v1.30", CRON_JOB).field_at("spec.jobTemplate.spec").target
    assert template.field_at("managedBy") is not None
    assert template.field_at("template.spec.hostUsers") is None
    stateful = catalog.stored_type_of("v1.30", GroupVersionKind.of("apps/v1", "StatefulSet"))
    assert stateful.field_at("spec.volumeClaimTemplates[*].spec.volumeAttributesClassName") is not None


def test_a_field_without_a_gate_has_none(catalog):
    assert catalog.gate_of(CRON_JOB, "spec.schedule", "v1.24") is None
    assert catalog.gate_of(CRON_JOB, "spec.timeZone", "v1.20") is None


def test_types_without_gated_fields_are_the_releases_own(catalog):
    config = GroupVersionKind.of("rbac.authorization.k8s.io/v1", "Role")
    assert catalog.stored_type_of("v1.30", config) is catalog.type_of("v1.30", config)


def test_settings_that_make_no_difference_share_their_types(catalog):
    other = GateSettings.parse("CPUManager=true")
    assert catalog.stored_type_of("v1.24", POD, other) is catalog.stored_type_of("v1.24", POD)


@pytest.mark.parametrize("path", ["spec.containers[*].securityContext", "spec.initContainers[*].securityContext"])
def test_a_value_that_the_server_replaces_has_a_condition(catalog, path):
    field = catalog.stored_type_of("v1.24", POD).field_at(f"{path}.procMount")
    assert field.condition.stores("Default", {})
    assert not field.condition.stores("Unmasked", {})
    on = catalog.stored_type_of("v1.24", POD, GateSettings.parse("ProcMountType=true"))
    assert on.field_at(f"{path}.procMount").condition is None


# pkg/api/persistentvolumeclaim/util.go of each release, read by hand.
@pytest.mark.parametrize(
    ("server", "kind", "holder", "stored"),
    [
        ("v1.16", "PersistentVolumeClaim", {}, True),
        ("v1.16", "VolumeSnapshot", {}, False),
        ("v1.16 VolumeSnapshotDataSource=true", "VolumeSnapshot", {}, True),
        ("v1.16", "Populator", {}, False),
        ("v1.17", "VolumeSnapshot", {}, True),
        ("v1.20", "Populator", {}, False),
        ("v1.20 AnyVolumeDataSource=true", "Populator", {}, True),
        ("v1.30", "Populator", {}, False),
        ("v1.30", "Populator", {"dataSourceRef": {"kind": "Populator"}}, True),
    ],
)
def test_a_claims_source_is_stored_by_its_kind(catalog, server, kind, holder, stored):
    release, _, settings = server.partition(" ")
    field = catalog.stored_type_of(release, CLAIM, GateSettings.parse(settings)).field_at("spec.dataSource")
    assert field.condition.stores({"kind": kind, "name": "a"}, holder) is stored


def test_a_reference_into_another_namespace_is_dropped_as_a_whole(catalog):
    needs = catalog.requirements(CLAIM, "spec.dataSourceRef.namespace", "v1.30")
    assert needs[-1].with_holder
    assert needs[-1].gates == {"CrossNamespaceVolumeDataSource"}


def test_settings_are_read_as_the_api_server_takes_them():
    settings = GateSettings.parse(" A=true, B=False ")
    assert settings.switched == (("A", True), ("B", False))
    assert not GateSettings.parse("")
    assert GateSettings.parse("B=false,A=true") == settings
    assert hash(GateSettings.parse("B=false,A=true")) == hash(settings)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("A", "A"),
        ("A=yes", "A=yes"),
        ("A=true,", ""),
        ("A=true,A=false", "A=false"),
        (",".join(f"A{number}=true" for number in range(513)), ""),
    ],
)
def test_settings_that_cannot_be_used_are_named(text, setting):
    with pytest.raises(FeatureGatesError) as raised:
        GateSettings.parse(text)
    assert raised.value.text == setting


def test_a_gate_that_no_release_has_is_found_and_the_nearest_named(catalog):
    problem = GateSettings.parse("CronJobTimezone=true").unknown(catalog.gates_ever)
    assert problem.text == "CronJobTimezone"
    assert " CronJobTimeZone?" in str(problem)  # the nearest
    assert GateSettings.parse("AllAlpha=true,CronJobTimeZone=true").unknown(catalog.gates_ever) is None


def test_a_single_setting_goes_before_one_of_a_whole_stage():
    gates = {"A": FeatureGate("A", Stage.ALPHA, default=False), "B": FeatureGate("B", Stage.BETA, default=True)}
    assert GateSettings.parse("AllAlpha=true,A=false").off(gates) == {"A"}
    assert DEFAULT_GATES.off(gates) == {"A"}
    assert GateSettings.parse("AllBeta=false").off(gates) == {"A", "B"}


@pytest.mark.parametrize(
    ("mark", "off", "met"),
    [("A", {"A"}, False), ("A&B", {"B"}, False), ("A|B", {"B"}, True), ("A|B", {"A", "B"}, False), ("!", set(), False)],
)
def test_a_requirement_is_met_where_each_clause_has_a_gate_that_is_on(mark, off, met):
    assert Requirement.read(mark).met(frozenset(off)) is met


def test_every_gate_that_a_field_needs_is_one_of_its_release(catalog):
    seen = 0
    for release in catalog.releases:
        gates = catalog.gates(release)
        for gvk in catalog.served(release, all_versions=True):
            todo, types = [catalog.type_of(release, gvk)], set()
            while todo:
                at = todo.pop()
                if at is None or at in types:
                    continue
                types.add(at)
                for field in at.fields.values():
                    todo.append(field.innermost.target)
                    for name in field.requirement.gates if field.requirement else ():
                        seen += 1
                        assert name in gates, f"{release} {gvk}: {name}"
    assert seen > 1000
