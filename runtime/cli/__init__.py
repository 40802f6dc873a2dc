"""The ``banjie`` command: each module holds the commands of one subject."""
