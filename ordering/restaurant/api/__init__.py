"""REST of restaurants and their tables."""
