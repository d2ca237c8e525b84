"""Facts about Karmada: names, typed Works and bindings, conditions, and the status that a message carries."""
