"""For test suites: whether manifests land on a fleet of clusters, without a cluster.

>>> from converter.testing import assert_lands, make_fleet
>>> cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {}}
>>> assert_lands(cron, make_fleet("v1.20", "v1.36"), max_severity="none")

The names below are public, as those of ``converter`` are. The package needs no pytest; with pytest, its plugin adds the
fixtures ``converter_fleet`` and ``converter_golden`` and their options.

- ``make_fleet``, ``read_fleet``, ``read_live_fleet``: a ``Fleet`` of releases, of files, or of a live Karmada. It maps
  names to ``Cluster``.
- ``read_manifests``: the manifests of a file, a directory or a text.
- ``land``: what each cluster gets, as ``Landing``, each with its ``Finding``.
- ``assert_lands``: fails with a ``DoesNotLandError``.
- ``make_work``, ``make_review``, ``admit``: what Karmada would send, and the ``Admission`` of the webhook.
- ``Golden``: compares with files; fails with a ``GoldenError``.
- ``FleetError``: a fleet that cannot be used.
- ``ArgumentError``: another argument that cannot be used.
"""

import typing as _typing

if _typing.TYPE_CHECKING:
    from converter.cli.loss_findings import Finding
    from converter.clusters import Cluster, Fleet
    from converter.testing.errors import ArgumentError
    from converter.testing.fleets import FleetError, make_fleet, read_fleet, read_live_fleet
    from converter.testing.golden import Golden, GoldenError
    from converter.testing.landing import DoesNotLandError, Landing, assert_lands, land
    from converter.testing.manifests import read_manifests
    from converter.testing.works import Admission, admit, make_review, make_work
else:
    # Loaded with the first use: pytest imports its plugins, and with them this package, in every run.
    from converter.lazy import exports as _exports

    __getattr__, __dir__ = _exports(
        __name__,
        {
            "Admission": "converter.testing.works",
            "ArgumentError": "converter.testing.errors",
            "Cluster": "converter.clusters",
            "DoesNotLandError": "converter.testing.landing",
            "Finding": "converter.cli.loss_findings",
            "Fleet": "converter.clusters",
            "FleetError": "converter.testing.fleets",
            "Golden": "converter.testing.golden",
            "GoldenError": "converter.testing.golden",
            "Landing": "converter.testing.landing",
            "admit": "converter.testing.works",
            "assert_lands": "converter.testing.landing",
            "land": "converter.testing.landing",
            "make_fleet": "converter.testing.fleets",
            "make_review": "converter.testing.works",
            "make_work": "converter.testing.works",
            "read_fleet": "converter.testing.fleets",
            "read_live_fleet": "converter.testing.fleets",
            "read_manifests": "converter.testing.manifests",
        },
    )

__all__ = [
    "Admission",
    "ArgumentError",
    "Cluster",
    "DoesNotLandError",
    "Finding",
    "Fleet",
    "FleetError",
    "Golden",
    "GoldenError",
    "Landing",
    "admit",
    "assert_lands",
    "land",
    "make_fleet",
    "make_review",
    "make_work",
    "read_fleet",
    "read_live_fleet",
    "read_manifests",
]
