"""What is installed on a Karmada control plane: webhook configurations, discovery, access rights, interpreters."""
