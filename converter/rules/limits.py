"""Bounds on rule files: what is larger is a mistake, and would cost the server time or memory."""

from __future__ import annotations

from typing import Final

MAX_FILE: Final = 1 << 20
"""The size of a rule file in bytes: that of a ConfigMap. The largest shipped one has 90 KB."""

MAX_FILES: Final = 1_000
"""Rule files at all paths together."""

MAX_TOTAL: Final = 4 << 20
"""The size of all rule files together, in bytes. To read the worst files of this size takes about a minute."""

MAX_TEXT: Final = 1_024
"""Characters of a name, a path or a reason. Reasons are stored in annotations."""

MAX_LISTS: Final = 10
"""``[*]`` in one path, with those of the ``in`` around it. Kubernetes nests three; Python allows 20 nested loops."""

MAX_SEGMENTS: Final = 50
"""Segments of such a path. Kubernetes has some 20; Python allows 100 levels of indentation in the generated code."""

MAX_PLACES: Final = 500
"""Places that one rule handles: for each kind its steps, those of an ``in`` once for each path. Shipped: 210."""

MAX_FIELDS: Final = 100
"""Fields of one ``omitEmpty``."""

MAX_PARENTS: Final = 3
"""``**`` in one pattern of fields. Each one multiplies the time to match a path."""

MAX_PROBLEMS: Final = 100
"""Problems that are reported of one file; the rest is counted."""
