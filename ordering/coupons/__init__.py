"""Coupons: what a store gives, what a diner holds, what it saves."""
