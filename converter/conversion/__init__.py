"""Conversion proper: choose a route through the rules, walk it, report and keep what a version cannot hold."""

from converter.conversion.kept import Kept, KeptValue
from converter.conversion.losses import Loss
from converter.conversion.route import Route, Routes
from converter.conversion.walk import Conversion, convert, convert_fresh, restore_source

__all__ = ["Conversion", "Kept", "KeptValue", "Loss", "Route", "Routes", "convert", "convert_fresh", "restore_source"]
