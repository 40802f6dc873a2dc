"""Cases on paper: Word and PDF, made from plain values. It reads no database and knows no workflow."""
