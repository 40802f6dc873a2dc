"""Numbers for those who watch over the service, in the text format of Prometheus."""
