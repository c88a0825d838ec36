"""The line: works on order lines and keeps no second order state."""
