"""The panoramic camera on the rover's mast: two eyes, left and right."""
