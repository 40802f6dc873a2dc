"""The keys of private values: where they are kept, how they are drawn, destroyed, re-wrapped and backed up."""
