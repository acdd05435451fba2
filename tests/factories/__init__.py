"""Records for tests; every factory makes the smallest one that is valid."""
