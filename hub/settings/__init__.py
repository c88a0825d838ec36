"""Settings: everything is read from the environment in `base`; the other modules only switch."""
