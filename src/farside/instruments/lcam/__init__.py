"""The landing camera."""
