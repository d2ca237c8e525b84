"""`converter rules graph` as an admin uses it."""

import xml.etree.ElementTree as ET

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from tests.rulekit import rule_text


@pytest.mark.parametrize("form", ["text", "mermaid", "svg"])
def test_the_shipped_book_is_drawn(capsys, form):
    assert main(["rules", "graph", "-o", form]) == OK
    assert "networking.k8s.io/v1beta1" in capsys.readouterr().out


def test_one_kind_of_an_admin_s_rules(capsys, tmp_path):
    (tmp_path / "a.yaml").write_text(rule_text("steps: []"))
    (tmp_path / "b.yaml").write_text(rule_text("steps: []", name="b").replace("kind: Thing", "kind: Other"))
    assert main(["rules", "graph", str(tmp_path), "--kind", "Other", "-o", "svg"]) == OK
    root = ET.fromstring(capsys.readouterr().out)
    assert next(text.text for text in root.iter("{http://www.w3.org/2000/svg}text")) == "Other"
    assert main(["rules", "graph", str(tmp_path), "--kind", "Ingress"]) == FINDINGS
    assert main(["rules", "graph", str(tmp_path / "missing")]) == FAILED
