"""The API-version converter for Karmada: rewrites manifests into the API versions that a cluster serves.

>>> from converter import Converter
>>> converter = Converter.from_rules()
>>> cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {}}
>>> converter.convert(cron, to="batch/v1beta1").manifest["apiVersion"]
'batch/v1beta1'

The public API is the names below, imported from ``converter``. Submodules are internal and may change in any release.

- ``Converter``: reads rules and converts manifests.
- ``Conversion``: the result of a conversion.
- ``ConversionData``: what restores the original exactly; ``PreservedValue`` is one value in it.
- ``UnrestoredValue``: a value that was not restored, because of an edit; its ``Reason`` says why.
- ``Loss``: a value that the target version cannot hold; ``str(loss)`` describes it. It has a ``ManifestId``, a
  ``Severity``, an ``Origin``, a cause (``ByConversion`` or ``ByRelease``, with a ``FieldHistory`` of ``Release``), and
  an identity, its ``LossKey``. If an API server refuses the manifest, the cause has a ``Refusal`` with its
  ``RefusalReason``.
- ``Route``: the rules that lead from one version to another.
- ``ConverterError``: the base of all errors.
- ``ManifestError``: a manifest does not have the shape that Kubernetes gives it.
- ``ConversionError``: a manifest cannot be converted; ``NoRouteError`` and ``RefusedError`` say why.
- ``RuleBookError``: rule files are invalid; ``RuleProblem`` is one problem in them, and ``ProblemCode`` its kind.
"""

import typing as _typing

if _typing.TYPE_CHECKING:
    from converter.catalog import Release
    from converter.conversion import ConversionData, PreservedValue, Reason, Route, UnrestoredValue
    from converter.errors import (
        ConversionError,
        ConverterError,
        ManifestError,
        NoRouteError,
        ProblemCode,
        RefusedError,
        RuleBookError,
        RuleProblem,
    )
    from converter.library import Conversion, Converter
    from converter.losses import Loss, ManifestId, Origin
    from converter.losses.model import ByConversion, ByRelease, FieldHistory, LossKey
    from converter.losses.severity import Severity
    from converter.refusals import Refusal, RefusalReason
else:
    # Loaded with the first use: pytest imports its plugins, and with them this package, in every run.
    from converter.lazy import exports as _exports

    __getattr__, __dir__ = _exports(
        __name__,
        {
            "ByConversion": "converter.losses.model",
            "ByRelease": "converter.losses.model",
            "Conversion": "converter.library",
            "ConversionData": "converter.conversion",
            "ConversionError": "converter.errors",
            "Converter": "converter.library",
            "ConverterError": "converter.errors",
            "FieldHistory": "converter.losses.model",
            "Loss": "converter.losses",
            "LossKey": "converter.losses.model",
            "ManifestError": "converter.errors",
            "ManifestId": "converter.losses",
            "NoRouteError": "converter.errors",
            "Origin": "converter.losses",
            "PreservedValue": "converter.conversion",
            "ProblemCode": "converter.errors",
            "Reason": "converter.conversion",
            "Refusal": "converter.refusals",
            "RefusalReason": "converter.refusals",
            "RefusedError": "converter.errors",
            "Release": "converter.catalog",
            "Route": "converter.conversion",
            "RuleBookError": "converter.errors",
            "RuleProblem": "converter.errors",
            "Severity": "converter.losses.severity",
            "UnrestoredValue": "converter.conversion",
        },
    )

__all__ = [
    "ByConversion",
    "ByRelease",
    "Conversion",
    "ConversionData",
    "ConversionError",
    "Converter",
    "ConverterError",
    "FieldHistory",
    "Loss",
    "LossKey",
    "ManifestError",
    "ManifestId",
    "NoRouteError",
    "Origin",
    "PreservedValue",
    "ProblemCode",
    "Reason",
    "Refusal",
    "RefusalReason",
    "RefusedError",
    "Release",
    "Route",
    "RuleBookError",
    "RuleProblem",
    "Severity",
    "UnrestoredValue",
]
