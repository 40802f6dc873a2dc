"""Files of cases: taken in, checked and stripped in a process of their own, kept encrypted, and read again."""
