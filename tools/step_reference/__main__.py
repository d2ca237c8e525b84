"""``python -m tools.step_reference``: writes docs/reference/steps.md; with ``--check``, compares it."""

from __future__ import annotations

import argparse
import sys

from tools.step_reference.page import PAGE, made


def main() -> int:
    """Write or compare; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.step_reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the page differs")
    if not parser.parse_args().check:
        PAGE.write_text(made(), encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made():
        return 0
    print(f"{PAGE} differs: run `python -m tools.step_reference`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
