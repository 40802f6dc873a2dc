"""What one may do: execute commands, ask questions, import registers; knows ports, not databases."""
