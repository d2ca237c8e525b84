"""Runs the command line: ``python -m converter``."""

from converter.cli import main

raise SystemExit(main())
