"""The HTTP API: it translates and decides nothing. Login and the texts of problems stand here; the pages use them."""
