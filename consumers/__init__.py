"""Sockets: they tell, never decide."""
