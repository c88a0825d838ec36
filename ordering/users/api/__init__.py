"""REST of people and devices."""
