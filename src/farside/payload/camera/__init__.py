"""The cameras: ray tracing of relief and vehicles, and the sensors behind the lenses."""

from farside.payload.camera.device import device
from farside.payload.camera.observe import observe
from farside.payload.camera.picture import look, radiance
from farside.payload.camera.planes import flow, light_planes, truth_planes
from farside.payload.camera.scene import Body, Scene
from farside.payload.camera.view import View

__all__ = ["Body", "Scene", "View", "device", "flow", "light_planes", "look", "observe", "radiance", "truth_planes"]
