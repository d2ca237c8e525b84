"""The server: aiohttp application, TLS, rules that reload, health, metrics, logging."""
