"""What the rules say: the model of a definition, its loader, its proofs, and nothing about running cases."""
