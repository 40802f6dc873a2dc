"""The witness: a tiny service on a host of its own that cosigns checkpoints, and how a log asks one."""
