"""The product's own application with a private door through which a benchmark commits events."""
