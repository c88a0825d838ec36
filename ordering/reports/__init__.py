"""What a manager asks of the past: sums, counts and times of a store's business days."""
