"""Promotes objects that run on a member: template and policy, so that Karmada adopts them as they are."""
