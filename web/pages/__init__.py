"""The pages, one module each: its addresses, and the view its template is given."""
