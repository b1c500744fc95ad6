"""The navigation cameras in the head of the rover's mast: two eyes, left and right."""
