"""Files as kubectl takes them: Lists with null, items without kind, concatenated JSON, encodings, deep nesting."""

import json

import pytest

from converter.cli import FAILED, OK, main
from converter.cli.manifest_files import InputError, items_of, read_documents, write_documents
from converter.yaml import AliasError, DuplicateKeyError, TooDeepError

ITEM = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}}


def read(tmp_path, data):
    file = tmp_path / "a.yaml"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return [(document.origin.rpartition("/")[2], document.value) for document in read_documents([str(file)])]


def test_concatenated_json_is_several_documents(tmp_path):
    assert read(tmp_path, '{"a":1}\n{"b":\t2}') == [("a.yaml#1", {"a": 1}), ("a.yaml#2", {"b": 2})]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_not_a_part_of_the_document(tmp_path, encoding):
    assert read(tmp_path, '{"a": "é"}'.encode(encoding)) == [("a.yaml", {"a": "é"})]


def test_null_documents_are_left_out(tmp_path):
    assert read(tmp_path, "---\nnull\n---\na: 1\n---\n") == [("a.yaml", {"a": 1})]


@pytest.mark.parametrize(
    ("data", "cause", "line"),
    [
        (b"a: \xff", UnicodeDecodeError, None), ("a: 1\na: 2", DuplicateKeyError, 2), ("[1]", type(None), None),
        ("[" * 80_000, TooDeepError, 1), ("a: &a [x]\nb: *c", AliasError, 2),
        ('{"a": 1, "a": 2}', DuplicateKeyError, 1),
    ],
)  # fmt: skip
def test_input_that_cannot_be_read_is_an_error_with_the_file(tmp_path, data, cause, line):
    with pytest.raises(InputError) as caught:
        read(tmp_path, data)
    assert caught.value.origin == str(tmp_path / "a.yaml")
    assert type(caught.value.__cause__) is cause
    assert getattr(caught.value.__cause__, "line", None) == line


@pytest.mark.parametrize(
    ("kind", "items", "found"),
    [
        ("List", None, []), ("List", [ITEM], [ITEM]), ("CronJobList", [{"metadata": {}}], [{**ITEM, "metadata": {}}]),
        ("CronJobList", [None], [{"apiVersion": "batch/v1", "kind": "CronJob"}]), ("List", [None], [{}]),
        ("CronJobList", [{"kind": "Job"}], [{"kind": "Job"}]), ("CronJobList", [], []),
    ],
)  # fmt: skip
def test_items_are_those_that_kubectl_sees(kind, items, found):
    assert items_of({"apiVersion": "batch/v1", "kind": kind, "items": items}) == found


@pytest.mark.parametrize(
    ("items", "path"), [("x", "items"), ({"a": 1}, "items"), ([1], "items[0]"), ([{}, "x"], "items[1]")]
)
def test_items_that_are_not_objects_are_refused(items, path):
    with pytest.raises(InputError) as caught:
        items_of({"kind": "List", "items": items})
    assert (caught.value.origin, caught.value.path) == ("List", path)


def test_an_object_without_items_is_not_a_list():
    assert items_of({"kind": "Checklist"}) is None
    assert items_of({"kind": "Widget", "items": [1]}) is None


def test_a_list_of_typed_items_is_converted(tmp_path, capsys):
    file = tmp_path / "a.json"
    file.write_text(
        json.dumps({"apiVersion": "batch/v1", "kind": "CronJobList", "items": [{"metadata": {"name": "a"}}]})
    )
    assert main(["convert", "-f", str(file), "--to", "batch/v1beta1", "-o", "json"]) == OK
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert item == {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "a"}}


def test_keys_and_values_of_yaml_1_1_come_out_as_json(tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: a\n"
        "  labels: {yes: '1', =: x, 12:30: y z}\nspec:\n  schedule: =\n  suspend: off\n"
    )
    assert main(["convert", "-f", str(file), "--to", "batch/v1beta1", "-o", "json"]) == OK
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["metadata"]["labels"] == {"true": "1", "=": "x", "12:30": "y z"}
    assert manifest["spec"] == {"schedule": "=", "suspend": False}


def test_brackets_are_an_error_and_not_a_crash(tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text("[" * 80_000)
    assert main(["convert", "-f", str(file), "--to", "batch/v1"]) == FAILED
    assert f"{file}: " in capsys.readouterr().err


def test_a_stream_is_written_with_separators(capsys):
    import sys  # noqa: PLC0415  capsys replaces it

    write_documents([{"a": "1e3"}, {"b": "08"}], "yaml", sys.stdout)
    assert capsys.readouterr().out == "a: '1e3'\n---\nb: '08'\n"
