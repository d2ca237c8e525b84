"""`converter convert --in-place` as an admin uses it on a folder of manifests."""

import json
import shutil
import subprocess

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from converter.cli.convert_in_place import patch

CRON = """\
# A job that runs every day.
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name:   daily}   # the name
spec:
    schedule:  "@daily"
"""
CONFIG = "# settings\nkind: ConfigMap\napiVersion: v1\nmetadata:\n   name:  x\n"
MIXED = f"{CONFIG}---\n{CRON}---\n# the last one\n{CONFIG}"
TO = ["--to", "batch/v1", "--skip-unknown", "--in-place"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "cron.yaml").write_text(CRON)
    (tmp_path / "sub" / "mixed.yaml").write_text(MIXED)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def contents(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_only_the_version_changes_and_all_else_stays(folder):
    before = contents(folder)
    assert main(["convert", "-f", str(folder), *TO]) == OK
    wanted = {name: text.replace(b"batch/v1beta1", b"batch/v1") for name, text in before.items()}
    assert contents(folder) == wanted
    assert main(["convert", "-f", str(folder), *TO]) == OK
    assert contents(folder) == wanted


def test_a_dry_run_changes_nothing_and_prints_a_patch(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    before = contents(folder)
    assert main(["convert", "-f", ".", *TO, "--dry-run"]) == OK
    printed = capsys.readouterr().out
    assert contents(folder) == before
    assert main(["convert", "-f", ".", *TO]) == OK
    converted = contents(folder)
    assert [line for line in printed.splitlines() if line.startswith("+++")] == [
        "+++ b/cron.yaml",
        "+++ b/sub/mixed.yaml",
    ]
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for name, text in before.items():
        (folder / name).write_bytes(text)
    subprocess.run(["git", "apply", "-"], input=printed.encode(), cwd=folder, check=True)
    assert contents(folder) == converted


def test_the_diff_is_printed_with_the_change(folder, capsys):
    assert main(["convert", "-f", str(folder / "cron.yaml"), *TO, "--diff"]) == OK
    assert "+apiVersion: batch/v1\n" in capsys.readouterr().out
    assert "batch/v1beta1" not in (folder / "cron.yaml").read_text()


def test_a_manifest_that_cannot_be_converted_stays_and_is_reported(folder, capsys):
    assert main(["convert", "-f", str(folder), "--to", "batch/v1", "--in-place"]) == FINDINGS
    assert contents(folder)["config.yaml"] == CONFIG.encode()
    assert "batch/v1beta1" not in (folder / "cron.yaml").read_text()
    assert "config.yaml" in capsys.readouterr().err


LOSSY = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  timeZone: UTC   # ours\n  schedule: x\n"


def test_a_loss_is_reported_and_kept_out_if_strict(tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text(LOSSY)
    arguments = [
        "convert",
        "-f",
        str(file),
        "--cluster",
        "old",
        "--inventory",
        str(tmp_path / "fleet.yaml"),
        "--in-place",
    ]
    (tmp_path / "fleet.yaml").write_text(
        "apiVersion: apiconverter.dev/v1alpha1\nkind: ClusterInventory\nclusters: [{name: old, release: v1.20}]\n"
    )
    assert main([*arguments, "--strict"]) == FINDINGS
    assert file.read_text() == LOSSY
    assert main(arguments) == OK
    assert file.read_text() == LOSSY.replace("batch/v1", "batch/v1beta1")
    assert capsys.readouterr().err.count("timeZone") == 2


def test_items_of_lists_are_converted_at_their_place(tmp_path):
    file = tmp_path / "list.yaml"
    head = "apiVersion: v1\nkind: List\nitems:\n# one\n"
    text = f"{head}- apiVersion: batch/v1beta1\n  kind: CronJob\n  metadata: {{name:  a}}\n"
    file.write_text(text + "- {apiVersion: v1, kind: ConfigMap,   metadata: {name: b}}\n")
    assert main(["convert", "-f", str(file), *TO]) == OK
    assert (
        file.read_text()
        == text.replace("v1beta1", "v1") + "- {apiVersion: v1, kind: ConfigMap,   metadata: {name: b}}\n"
    )
    typed = "apiVersion: batch/v1beta1\nkind: CronJobList\nitems:\n- metadata: {name: a}  # one\n"
    file.write_text(typed)
    assert main(["convert", "-f", str(file), *TO]) == OK
    assert file.read_text() == typed.replace("v1beta1", "v1")


def test_windows_lines_a_byte_order_mark_and_rights_stay(tmp_path):
    file = tmp_path / "cron.yaml"
    text = ("\ufeff" + CRON.replace("\n", "\r\n")).encode()
    file.write_bytes(text)
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    assert main(["convert", "-f", str(link), *TO]) == OK
    assert file.read_bytes() == text.replace(b"batch/v1beta1", b"batch/v1")
    assert (file.stat().st_mode & 0o777, link.is_symlink()) == (0o640, True)


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_json_keeps_its_indentation(tmp_path, indent):
    file = tmp_path / "cron.json"
    document = {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "ü"}}
    text = json.dumps(document, indent=indent, ensure_ascii=False) + "\n"
    file.write_text(text)
    assert main(["convert", "-f", str(file), *TO]) == OK
    assert file.read_text() == text.replace("v1beta1", "v1")


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- 1\n",
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec: &s {k: 1}\nstatus: *s\n2: x\n",
    ],
)
def test_nothing_is_written_if_one_file_cannot_be_read(folder, capsys, text):
    (folder / "zz.yaml").write_text(text)
    before = contents(folder)
    code = main(["convert", "-f", str(folder), *TO])
    if code == FAILED:
        assert contents(folder) == before
    else:
        assert (folder / "zz.yaml").read_text() == text.replace("v1beta1", "v1")
    assert (folder / "zz.yaml").exists()


@pytest.mark.parametrize("arguments", [["-o", "json", "--in-place"], ["--dry-run"]])
def test_options_that_do_not_go_together_are_wrong_usage(folder, arguments):
    assert main(["convert", "-f", str(folder), "--to", "batch/v1", *arguments]) == FAILED
    assert main(["convert", "-f", "-", "--to", "batch/v1", "--in-place"]) == FAILED


def test_a_patch_says_where_a_file_has_no_last_newline():
    assert list(patch("a.yaml", "a", "b"))[-1].startswith("+b\n\\ ")
