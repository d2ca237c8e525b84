"""Karmada's facts: its names, its Works and bindings as typed structures, and the status that travels in conditions."""
