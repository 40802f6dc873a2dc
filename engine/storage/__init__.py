"""Where everything is kept: tables, statements compiled once, SQLite and PostgreSQL, migrations. Knows no rules."""
