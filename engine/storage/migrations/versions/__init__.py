"""The changes of the schema, each written by hand and never edited once a release has it."""
