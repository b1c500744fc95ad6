"""The terrain camera on the lander's mast."""
