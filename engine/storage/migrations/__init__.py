"""The schema's history: one module for each change, run by Alembic. What the tables are now stands in ``tables``."""
