"""Forms generated from a definition, and what comes back from them."""
