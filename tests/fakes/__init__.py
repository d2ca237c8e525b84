"""Fakes that the unit tests share: an API server, Karmada's controllers, and time."""
