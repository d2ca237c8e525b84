"""The API-version converter for Karmada."""
