"""Values of enumerations: how Go types are read as text, what is made of them, and what the catalog answers."""

import functools
import json
import subprocess

import pytest

from converter.catalog import Release
from converter.catalog.data import read_document
from converter.kube import GroupVersionKind
from tests.nonempty import some
from tests.unit.tools.catalog.test_make import NEW_API, client
from tools.catalog import make, modules, values
from tools.catalog.gotypes import Module, Place

REGISTER = """
// GroupName is the group.
const GroupName = "things.io"
"""
V1 = """
package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
)

// Colour is what a thing looks like; "*/*" stands for all.
// +enum
type Colour string

const (
	// red = "like roses"
	Red   Colour = "Red"
	Blue  Colour = "Blue" // like the sky
	NoColour Colour = ""
)

// Shape is an enumeration whose constants are cast.
// +enum
type Shape string

const Round = Shape("Round")

var (
	Square Shape = "Square"
	Like         = Shape(corev1.Like)
)

// Free is any text.
type Free string

const Example Free = "Example"

type Thing struct {
	metav1.TypeMeta `json:",inline"`
	// spec says what it is.
	Spec   ThingSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
	hidden Colour
}

type ThingSpec struct {
	Common  `json:",inline"`
	Colours []Colour          `json:"colours"`
	Shape   *Shape            `json:"shape,omitempty"`
	Text    Free              `json:"text"`
	ByName  map[string]Colour `json:"byName"`
	Not     Colour            `json:"-"`
	Policy  *corev1.Policy    `json:"policy"`
	Parts   []ThingSpec       `json:"parts"`
}

type Common struct {
	Old OldColour `json:"old"`
}

type OldColour = Colour
"""
CORE = """
package v1

// +enum
type Policy string

const (
	Always Policy = "Always"
	Never = "Never"
	Like = "Like"
	Strange Other = "a" + Like
)

type Other string
"""
TYPES = {
    "V1Thing": {"spec": "#V1ThingSpec"},
    "V1ThingSpec": {
        "byName": "{string", "colours": "[string", "old": "string", "parts": "[#V1ThingSpec", "policy": "string",
        "shape": "string", "text": "string",
    },
}  # fmt: skip
THING = ["things.io", "v1", "Thing", "things", True, [], True, "V1Thing"]


@pytest.fixture
def folder(tmp_path):
    """Make a module of two packages in a folder, with some text replaced."""

    def write(**replaced):
        folder = tmp_path / f"api-{len(list(tmp_path.iterdir()))}"
        for path, group, text in (("things/v1", REGISTER, V1), ("core/v1", 'const GroupName = ""\n', CORE)):
            (folder / path).mkdir(parents=True)
            (folder / path / "register.go").write_text(group)
            changed = functools.reduce(lambda so_far, pair: so_far.replace(*pair), replaced.items(), text)
            (folder / path / "types.go").write_text(changed)
            (folder / path / "types_test.go").write_text('const Wrong Colour = "Wrong"\n')
            (folder / path / "zz_generated.go").write_text('const Wrong Colour = "Wrong"\n')
        return folder

    return write


@pytest.fixture
def module(folder):
    """Read such a module."""
    return lambda **replaced: Module.read(folder(**replaced))


def of(module, package, name):
    return module.values(Place(package, name))


def test_constants_are_read_typed_cast_and_by_the_name_of_another(module):
    read = module()
    assert of(read, "things/v1", "Colour") == {"Red", "Blue"}
    assert of(read, "things/v1", "Shape") == {"Round", "Square", "Like"}
    assert of(read, "core/v1", "Policy") == {"Always"}
    assert read.untyped(Place("core/v1", "Policy")) == {"Never", "Like"}


def test_a_type_with_a_constant_that_cannot_be_read_reports_nothing(module):
    assert of(module(), "core/v1", "Other") == frozenset()


def test_only_marked_types_are_enumerations(module):
    assert module().enumerations() == {("things.io", "Colour"), ("things.io", "Shape"), ("", "Policy")}


def test_fields_are_followed_from_the_kind_through_pointers_lists_aliases_and_packages(module):
    found = values.known(TYPES, [THING], module())
    fields = {json: str(place) for (model, json), place in found.fields.items() if model == "V1ThingSpec"}
    assert fields == {
        "colours": "things/v1.Colour", "old": "things/v1.Colour", "policy": "core/v1.Policy",
        "shape": "things/v1.Shape", "text": "things/v1.Free",
    }  # fmt: skip


@pytest.mark.parametrize("tag", ['json:",inline"', 'json:""'])  # up to v1.36, and since v1.37
def test_what_is_embedded_is_followed(module, tag):
    read = module(**{'json:",inline"': tag})
    assert ("old", Place("things/v1", "Common")) in set(read.owners(Place("things/v1", "ThingSpec")))
    assert ("V1ThingSpec", "old") in values.known(TYPES, [THING], read).fields


def test_kinds_of_other_modules_are_passed_over(module):
    assert values.known(TYPES, [["other.io", *THING[1:]]], module()).fields == {}


def test_one_type_of_the_client_that_is_two_in_go_is_refused(module):
    with pytest.raises(SystemExit, match=r"V1Thing is both things/v1\.\w+ and things/v1\.\w+"):
        values.known(TYPES, [THING, [*THING[:2], "ThingSpec", *THING[3:]]], module())


def changing(*read):
    found = [values.known(TYPES, [THING], module) for module in read]
    groups = {path: package.group for path, package in read[0].packages.items()}
    wanted = values.changing(found, {name for module in read for name in module.enumerations()}, groups)
    return found, {str(place) for place in wanted}


def test_what_came_with_a_release_makes_an_enumeration_count(module):
    found, wanted = changing(module(**{'	Blue  Colour = "Blue"': ""}), module())
    assert wanted == {"things/v1.Colour"}
    place = Place("things/v1", "Colour")
    assert [sorted(release.values[place]) for release in found] == [["Red"], ["Blue", "Red"]]
    marked = values.marked(TYPES, found[0], {place})["V1ThingSpec"]
    assert (marked["colours"], marked["old"]) == ("[string=things/v1.Colour", "string=things/v1.Colour")
    assert (marked["byName"], marked["shape"]) == ("{string", "string")


def test_what_was_there_without_its_type_is_known(module):
    found, wanted = changing(module(), module(**{"Never = ": "Never Policy = "}))
    assert found[0].values[Place("core/v1", "Policy")] == {"Always", "Never"}
    assert wanted == set()


def test_a_release_that_lists_no_values_of_a_type_is_not_a_difference(module):
    assert changing(module(**{" Policy = ": " = "}), module())[1] == set()
    assert changing(module(**{"Always Policy = ": "Always Policy = Gone + "}), module())[1] == set()


def test_a_free_type_never_counts(module):
    assert changing(module(), module(Example="Another"))[1] == set()


MODELS = """
class V1Thing:
    openapi_types = {"spec": "V1ThingSpec"}
    attribute_map = {"spec": "spec"}
class V1ThingSpec:
    openapi_types = {"colours": "list[str]", "text": "str"}
    attribute_map = {"colours": "colours", "text": "text"}
"""
API = NEW_API.replace("/api/v1/things", "/apis/things.io/v1/things")


def test_the_document_says_what_changes_of_the_values_and_is_the_same_again(folder, tmp_path):
    wheels, sources = [], {}
    for release, replaced in (("1.14", {}), ("1.15", {"Blue  Colour": "Blue  Gone"}), ("1.16", {}), ("1.17", {})):
        (tmp_path / release).mkdir()
        wheels.append(client(tmp_path / release, release, {"models/thing": MODELS, "api/core_v1_api": API}))
        if release != "1.14":
            sources[f"v{release}"] = modules.Source(
                folder(**replaced), f"v{release}", f"k8s.io/api@v0{release[1:]}.0", "h1:x="
            )
    document = make.document(wheels, sources, {})
    assert [release["values"] for release in document["releases"]] == [
        {}, {"things/v1.Colour": ["Red"]}, {"things/v1.Colour": ["Blue", "Red"]}, {},
    ]  # fmt: skip
    spec = {"colours": "[string", "text": "string"}
    assert document["shapes"] == [{"spec": "#V1ThingSpec"}, spec, {**spec, "colours": "[string=things/v1.Colour"}]
    assert ["module" in source for source in document["sources"]] == [False, True, True, True]
    assert make.encoded(document) == make.encoded(make.document(wheels, sources, {}))


def test_no_go_is_run_and_a_missing_module_is_reported(monkeypatch):
    asked = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, json.dumps({"Error": "no such version"}), "")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SystemExit, match=r"k8s\.io/api@v0\.15\.12 is not available: no such version"):
        modules.fetch()
    assert asked == [["go", "mod", "download", "-json", "k8s.io/api@v0.15.12"]]


def test_where_there_is_no_go_it_is_reported(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="`go` command"):
        modules.fetch()


def test_the_shipped_file_names_the_modules_of_the_list():
    sources = [source for source in read_document().sources if source.module]
    assert tuple(source.module.partition("@v")[2] for source in sources) == modules.VERSIONS
    assert all(source.sum.startswith("h1:") for source in some(sources))
    assert [source.release for source in sources] == [f"v1.{version.split('.')[1]}" for version in modules.VERSIONS]


# Kubernetes: the constants in staging/src/k8s.io/api/<group>/<version>/types.go of each release.
@pytest.mark.parametrize(
    ("kind", "path", "value", "since"),
    [
        ("batch/v1 Job", "spec.podFailurePolicy.rules[*].action", "FailIndex", 28),
        ("v1 PersistentVolumeClaim", "spec.accessModes", "ReadWriteOncePod", 22),
        ("v1 PersistentVolumeClaim", "spec.accessModes[*]", "ReadWriteOncePod", 22),
        ("v1 Pod", "spec.tolerations[*].operator", "Gt", 35),
        ("v1 Pod", "spec.tolerations[*].operator", "Exists", 15),
        ("v1 Pod", "spec.containers[*].restartPolicy", "Never", 34),
        ("v1 Pod", "spec.containers[*].restartPolicy", "Always", 28),
        ("v1 Pod", "spec.containers[*].restartPolicyRules[*].action", "RestartAllContainers", 35),
        ("v1 ResourceQuota", "spec.scopes", "CrossNamespacePodAffinity", 21),
        ("apps/v1 StatefulSet", "spec.updateStrategy.type", "Recreate", 37),
    ],
)  # fmt: skip
def test_releases_that_know_a_value(catalog, kind, path, value, since):
    version, name = kind.split()
    gvk = GroupVersionKind.of(version, name)
    assert [release.minor for release in catalog.values_ever(gvk, path, value)] == list(range(since, 38))
    at = catalog.values_at(Release(1, 37), gvk, path)
    assert value in at.known
    assert value not in at.lacking
    before = catalog.values_at(Release(1, since - 1), gvk, path)
    assert before is None or value in before.lacking


def test_a_value_that_went(catalog):
    gvk = GroupVersionKind.of("discovery.k8s.io/v1beta1", "EndpointSlice")
    assert [release.minor for release in catalog.values_ever(gvk, "addressType", "IP")] == [17, 18, 19]
    assert catalog.values_at("v1.20", gvk, "addressType").lacking == {"IP"}


@pytest.mark.parametrize("path", ["spec.restartPolicy", "spec.readinessGates[*].conditionType", "spec.x"])
def test_what_is_free_or_never_changed_has_no_values(catalog, path):
    assert catalog.values_at("v1.30", GroupVersionKind.of("v1", "Pod"), path) is None


def test_releases_before_the_sources_begin_have_no_values(catalog):
    claim = GroupVersionKind.of("v1", "PersistentVolumeClaim")
    told = [catalog.values_at(f"v1.{minor}", claim, "spec.accessModes") is not None for minor in (12, 14, 15)]
    assert told == [False, False, True]


def test_releases_that_agree_about_fields_and_not_about_values_have_different_types(catalog):
    gvk = GroupVersionKind.of("v1", "ResourceQuota")
    assert catalog.type_of("v1.20", gvk) is not catalog.type_of("v1.21", gvk)
    spec = [catalog.type_of(release, gvk).fields["spec"].target for release in ("v1.23", "v1.24")]
    assert spec[0] is spec[1]
