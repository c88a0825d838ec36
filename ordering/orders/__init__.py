"""The order: its states, its price, its actions."""
