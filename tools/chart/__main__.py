"""``python -m tools.chart`` writes values.yaml, values.schema.json and the reference page from ``tools.chart.values``.

``--check`` writes nothing, and exits with 1 if a file is not what it would write.
"""

from __future__ import annotations

import sys

from tools.chart.files import FILES, ROOT


def main(arguments: list[str]) -> int:
    """Write or check the files; returns the exit code."""
    stale = [path for path, content in FILES.items() if not path.exists() or path.read_text("utf-8") != content()]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is stale; run `make chart-values`", file=sys.stderr)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(FILES[path](), encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
