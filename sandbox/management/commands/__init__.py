"""Commands of the emulator."""
