"""The API versions that each cluster serves: from Karmada's Cluster objects, a release or a file."""

from converter.clusters.cluster import Cluster
from converter.clusters.fleet import Fleet, FleetView
from converter.clusters.inventory import InventoryError, read_inventory

__all__ = ["Cluster", "Fleet", "FleetView", "InventoryError", "read_inventory"]
