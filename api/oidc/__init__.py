"""Logging in at the house's identity provider (OpenID Connect, code flow); imported only where one is configured."""
