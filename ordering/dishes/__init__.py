"""What can be ordered: dishes, options, combos, stock, and the menu as one document."""
