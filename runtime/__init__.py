"""Settings, the clock, the wiring of all parts, the committer, the commands. The only place that knows everybody."""
