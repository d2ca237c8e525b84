"""Conversion proper: choose a route through the rules, walk it, report and keep what a version cannot hold."""

from converter.conversion.conversion_data import ConversionData, PreservedValue
from converter.conversion.convert import RouteResult, convert, convert_fresh, restore_source
from converter.conversion.lost_values import LostValue
from converter.conversion.route import Route, Routes

__all__ = [
    "ConversionData",
    "LostValue",
    "PreservedValue",
    "Route",
    "RouteResult",
    "Routes",
    "convert",
    "convert_fresh",
    "restore_source",
]
