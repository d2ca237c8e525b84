"""The API-version converter for Karmada: rewrites manifests into the versions a cluster serves.

>>> from converter import Converter
>>> converter = Converter.from_rules()
>>> cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {}}
>>> converter.convert(cron, to="batch/v1beta1").manifest["apiVersion"]
'batch/v1beta1'
"""

from converter.conversion import Conversion, ConversionData, Loss, PreservedValue
from converter.errors import (
    ConversionError,
    ConverterError,
    ManifestError,
    NoRouteError,
    RefusedError,
    RuleBookError,
    RuleProblem,
)
from converter.library import Converter

__all__ = [
    "Conversion",
    "ConversionData",
    "ConversionError",
    "Converter",
    "ConverterError",
    "Loss",
    "ManifestError",
    "NoRouteError",
    "PreservedValue",
    "RefusedError",
    "RuleBookError",
    "RuleProblem",
]
