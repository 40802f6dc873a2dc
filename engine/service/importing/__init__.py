"""Loading what others kept: registers and event logs, read row by row and retold as commands. No command line here."""
