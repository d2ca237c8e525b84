"""Real control planes on one machine: builds their binaries, runs them as processes, hands them to tests.

Nothing here imports the converter: the harness must stand when the product does not. ``python -m
tests.controlplanes --help`` is the command; ``docs/how-to/run-control-planes.md`` the manual.
"""
