"""The hazard cameras at the rover's front: two fisheyes, left and right."""
