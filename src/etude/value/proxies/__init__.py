"""Proxies: small models that stand for a large one, each trained once and named by its digest."""
