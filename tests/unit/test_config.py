"""Rule files are parsed once, and every problem of every kind of document is reported with its file and line."""

import pytest

from converter import config
from converter.catalog import load_catalog
from converter.config import Configuration, RuleFile, parse_rules, read_rule_files
from converter.errors import ProblemCode, RuleBookError
from converter.losses.severity import Severity
from converter.rules.limits import MAX_FILE, MAX_FILES, MAX_PARENTS, MAX_TOTAL
from tests.rulekit import rule_text

HEAD = "apiVersion: apiconverter.dev/v1alpha1\nkind: "
WEIGHTS = HEAD + "FieldWeights\nspec:\n  weights:\n    - {weight: dangerous, fields: [spec.a]}\n"
POLICY = HEAD + "LossPolicy\nspec: {default: {dangerous: deny}}\n"
MIXED = "---\n".join([rule_text("steps: []\n"), WEIGHTS, POLICY])


def problems(*files):
    with pytest.raises(RuleBookError) as caught:
        Configuration.read(files, load_catalog())
    return [(problem.file, problem.line) for problem in caught.value.problems]


def test_one_file_can_hold_every_kind():
    read = Configuration.read([RuleFile("all.yaml", MIXED)])
    assert [rule.name for rule in read.book.rules] == ["thing"]
    assert read.severities.weigh("Thing", ("spec", "a")) is Severity.DANGEROUS
    assert read.loss_policy is not None
    assert read.loss_policy.default[Severity.DANGEROUS] == "deny"


def test_each_file_is_parsed_once(monkeypatch):
    read = []
    parse = config.read_documents
    monkeypatch.setattr(config, "read_documents", lambda text, problems: (read.append(text), parse(text, problems))[1])
    Configuration.read([RuleFile("all.yaml", MIXED), RuleFile("empty.yaml", "")])
    assert read == [MIXED, ""]


def test_problems_of_all_kinds_and_files_are_one_error():
    broken = "---\n".join(
        [
            rule_text("steps: [{jump: {}}]\n"),
            WEIGHTS.replace("dangerous", "deadly"),
            POLICY.replace("deny", "forbid"),
            HEAD + "LossPolicies\n",
            WEIGHTS.replace("v1alpha1", "v1"),
            "5\n",
        ]
    )
    found = problems(RuleFile("b.yaml", broken), RuleFile("a.yaml", POLICY), RuleFile("c.yaml", "x: ["))
    assert found == [
        ("a.yaml", 1),  # the second policy
        *(("b.yaml", line) for line in (7, 13, 17, 19, 22, 28)),
        ("c.yaml", 2),
    ]


def test_a_policy_with_problems_counts_as_one_when_there_are_two():
    assert problems(RuleFile("a.yaml", POLICY.replace("deny", "x")), RuleFile("b.yaml", POLICY)) == [
        ("a.yaml", 3),
        ("b.yaml", 1),
    ]


def test_a_rule_that_fails_its_example_is_still_parsed():
    text = rule_text("steps: []\nexamples: [{left: {a: 1}, right: {}}]\n")
    assert [rule.name for rule in parse_rules([RuleFile("a.yaml", text)])] == ["thing"]
    with pytest.raises(RuleBookError, match="example"):
        Configuration.read([RuleFile("a.yaml", text)])


def test_parsing_alone_reports_documents_of_every_kind():
    with pytest.raises(RuleBookError, match="deadly"):
        parse_rules([RuleFile("a.yaml", WEIGHTS.replace("dangerous", "deadly"))])


def too_large(folder):
    with pytest.raises(RuleBookError) as caught:
        read_rule_files([folder])
    return [problem.code for problem in caught.value.problems]


def test_a_rule_file_has_a_largest_size(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"#" * MAX_FILE)
    assert len(read_rule_files([tmp_path])) == 1
    (tmp_path / "b.yaml").write_bytes(b"#" * (MAX_FILE + 1))
    assert too_large(tmp_path) == [ProblemCode.TOO_LARGE]


def test_all_rule_files_together_have_a_largest_size(tmp_path):
    for number in range(MAX_TOTAL // MAX_FILE + 2):
        (tmp_path / f"{number}.yaml").write_bytes(b"#" * MAX_FILE)
    assert too_large(tmp_path) == [ProblemCode.TOO_LARGE]


def test_there_is_a_largest_number_of_rule_files(tmp_path):
    for number in range(MAX_FILES):
        (tmp_path / f"{number}.yaml").touch()
    assert len(read_rule_files([tmp_path])) == MAX_FILES
    (tmp_path / "more.yaml").touch()
    assert too_large(tmp_path) == [ProblemCode.TOO_LARGE]


def test_a_pattern_of_fields_cannot_take_long_to_match():
    pattern = ".".join(["**"] * (MAX_PARENTS + 1)) + ".x"
    text = WEIGHTS.replace("spec.a", f"'{pattern}'")
    with pytest.raises(RuleBookError) as caught:
        Configuration.read([RuleFile("my.yaml", text)])
    assert [(problem.line, problem.code) for problem in caught.value.problems] == [(5, ProblemCode.TOO_LARGE)]


def test_the_digest_is_that_of_the_texts_in_their_order_and_not_of_their_paths():
    def digest(*files):
        return Configuration.read([RuleFile(path, text) for path, text in files]).digest

    one, other = "# one\n", "# other\n"
    assert digest(("a", one), ("b", other)) == digest(("/x/a", one), ("/x/b", other))
    assert len({digest(("a", one)), digest(("a", other)), digest(("a", one), ("b", other)), digest()}) == 4
