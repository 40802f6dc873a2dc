"""What a case is and how it may move: plain values and pure functions; no clock, no database."""
