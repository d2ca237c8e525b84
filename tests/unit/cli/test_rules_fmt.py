"""`converter rules fmt` and `converter rules schema` as a rule author uses them."""

import json

from converter.cli import FAILED, FINDINGS, OK, main
from converter.losses.json_schema import loss_schemas
from converter.rules.json_schema import rules_schema
from tests.rulekit import rule_text

GOOD = rule_text("steps:\n  - rename: {spec.a: spec.b}\n")
BAD = GOOD.replace("  - rename:", "  -   rename:") + "# end\n"


def test_files_are_formatted_once(tmp_path, capsys):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text(BAD)
    assert main(["rules", "fmt", str(tmp_path), "--check", "--diff"]) == FINDINGS
    captured = capsys.readouterr()
    assert str(bad) in captured.err
    assert str(good) not in captured.err
    assert captured.out.count("+++ ") == 1
    assert bad.read_text() == BAD
    assert main(["rules", "fmt", str(tmp_path)]) == OK
    assert bad.read_text() == GOOD + "# end\n"
    assert good.read_text() == GOOD
    assert main(["rules", "fmt", str(tmp_path), "--check"]) == OK


def test_a_file_that_cannot_be_formatted_is_reported_and_nothing_is_written(tmp_path, capsys):
    (tmp_path / "a.yaml").write_text(BAD)
    (tmp_path / "b.yaml").write_text("a: [")
    assert main(["rules", "fmt", str(tmp_path)]) == FAILED
    assert "b.yaml" in capsys.readouterr().err
    assert (tmp_path / "a.yaml").read_text() == BAD
    assert main(["rules", "fmt", str(tmp_path / "missing")]) == FAILED


def test_json_is_left_alone(tmp_path):
    (tmp_path / "a.json").write_text('{"kind":"ConversionRule"}')
    assert main(["rules", "fmt", str(tmp_path), "--check"]) == OK


def test_the_schema_is_printed(capsys):
    assert main(["rules", "schema"]) == OK
    assert json.loads(capsys.readouterr().out) == rules_schema(loss_schemas())
