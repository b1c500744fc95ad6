"""The cameras: ray tracing of relief and vehicles, and the sensors behind the lenses."""

from farside.payload.camera.observe import observe
from farside.payload.camera.picture import radiance
from farside.payload.camera.planes import truth_planes
from farside.payload.camera.scene import Body, Scene
from farside.payload.camera.view import View

__all__ = ["Body", "Scene", "View", "observe", "radiance", "truth_planes"]
