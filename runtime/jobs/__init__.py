"""Work in the background: few, batched, repeatable jobs. What is due stands in other tables; a job only says: look."""
