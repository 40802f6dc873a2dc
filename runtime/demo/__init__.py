"""The sample congress: an invented enterprise's session, built by real commands under a set clock."""
