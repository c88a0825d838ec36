"""What guests say: reviews of completed orders, and feedback to a restaurant."""
