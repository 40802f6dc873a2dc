"""A typed client of the API for other systems; it imports nothing else of Banjie."""
