"""Ground floor: events, transactions, wake-ups, what every room needs. Knows no dish, order or person."""
