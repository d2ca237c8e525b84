"""Compares the tree of unit tests with the tree of modules.

``python -m tests.suite.layout`` lists the modules that have no test file of their own. Such a module is not wrong: many
are tested through the module that uses them. The list shows where to look first.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT = Path("tests/unit")
#: Trees of modules, and the trees of their tests.
TREES = {Path("converter"): UNIT, Path("tools"): UNIT / "tools"}

#: Test files about something else than one module, and what that is.
TOPICS = {
    "admission/test_captured_works.py": "reviews that a real Karmada sent",
    "admission/test_works_losses.py": "what the webhook on Works answers if a value is lost",
    "admission/test_works_malformed.py": "reviews and Works of a wrong shape",
    "admission/test_refusals.py": "Works that their cluster is known to refuse",
    "cli/test_docs.py": "the pages about the command line",
    "cli/test_given_crds.py": "the option --crds of several commands",
    "conversion/test_convert_fresh.py": "the two ways to convert, against each other",
    "controllers/test_killed_anywhere.py": "a controller that is killed after any of its writes",
    "controllers/test_secrets.py": "what the controllers write and log about a Secret",
    "install/test_locks.py": "the files in requirements/",
    "rules/test_docs.py": "the pages about rules",
    "server/test_rules_reloader_objects.py": "rules of objects next to those of files",
    "test_caches.py": "what requests leave in the caches",
    "test_bounds.py": "every cache, buffer and queue, driven to its bound",
    "works/test_digests.py": "what identifies a manifest of a Work",
    "works/test_let_pass.py": "losses that were let pass, whatever is said about them later",
    "works/test_recheck.py": "what rules made, compared with what changed rules make of the same",
}


def misplaced_tests(root: Path = ROOT) -> list[str]:
    """List the unit tests whose place names no module, apart from ``TOPICS``; relative to tests/unit."""
    files = sorted((root / UNIT).rglob("test_*.py"))
    names = [file.relative_to(root / UNIT) for file in files]
    return [str(name) for name in names if str(name) not in TOPICS and not _has_module(root, name)]


def modules_without_test(root: Path = ROOT) -> list[Path]:
    """List the modules without a test file of their own."""
    return [
        module.relative_to(root)
        for tree, tests in TREES.items()
        for module in sorted((root / tree).rglob("*.py"))
        if not module.name.startswith("__")
        and not (root / tests / module.relative_to(root / tree).parent / f"test_{module.name}").exists()
    ]


def _has_module(root: Path, test: Path) -> bool:
    parts = test.with_name(test.name.removeprefix("test_"))
    home = root if parts.parts[0] == "tools" else root / "converter"
    return (home / parts).exists() or (home / parts.with_suffix("") / "__init__.py").exists()


if __name__ == "__main__":
    sys.stdout.write("".join(f"{module}\n" for module in modules_without_test()))
