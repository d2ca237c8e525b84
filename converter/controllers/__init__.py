"""The controllers: anchors, the status that travels through them, and re-conversion when a cluster changes."""
