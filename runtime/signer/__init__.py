"""The signer: the one process that holds the log's key, and never sees the database."""
