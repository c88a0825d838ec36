"""What the pages cost in a real browser."""
