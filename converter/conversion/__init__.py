"""Conversion proper: choose a route through the rules, walk it, report and keep what a version cannot hold."""

from converter.conversion.conversion_data import ConversionData, PreservedValue
from converter.conversion.convert import Conversion, convert, convert_fresh, restore_source
from converter.conversion.lost_values import Loss
from converter.conversion.route import Route, Routes

__all__ = [
    "Conversion",
    "ConversionData",
    "Loss",
    "PreservedValue",
    "Route",
    "Routes",
    "convert",
    "convert_fresh",
    "restore_source",
]
