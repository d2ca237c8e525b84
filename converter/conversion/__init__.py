"""Conversion proper: choose a route through the rules, walk it, and report and preserve what a version cannot hold."""

from converter.conversion.conversion_data import ConversionData, PreservedValue
from converter.conversion.convert import RouteResult, compare_fresh, convert, convert_fresh
from converter.conversion.lost_values import LostValue
from converter.conversion.restore import Reason, UnrestoredValue
from converter.conversion.route import CompiledRoute, Route, Routes
from converter.conversion.way_back import Restored, restore_source, undo

__all__ = [
    "CompiledRoute",
    "ConversionData",
    "LostValue",
    "PreservedValue",
    "Reason",
    "Restored",
    "Route",
    "RouteResult",
    "Routes",
    "UnrestoredValue",
    "compare_fresh",
    "convert",
    "convert_fresh",
    "restore_source",
    "undo",
]
