"""Conversion proper: choose a route through the rules, walk it, report and keep what a version cannot hold."""

from converter.conversion.conversion_data import Kept, KeptValue
from converter.conversion.lost_values import Loss
from converter.conversion.route import Route, Routes
from converter.conversion.convert import Conversion, convert, convert_fresh, restore_source

__all__ = ["Conversion", "Kept", "KeptValue", "Loss", "Route", "Routes", "convert", "convert_fresh", "restore_source"]
