"""Cases and the rules they run under; knows no HTTP, no mail and no particular workflow."""
