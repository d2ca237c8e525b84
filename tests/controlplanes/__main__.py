"""``python -m tests.controlplanes``."""

from __future__ import annotations

import sys

from tests.controlplanes.command import main

if __name__ == "__main__":
    sys.exit(main())
