"""The radar aboard the rover: a layered ground strewn with rocks, its echoes, and the receiver that records them."""

from farside.payload.lpr.echoes import echoes
from farside.payload.lpr.ground import Ground, Layer, site_ground
from farside.payload.lpr.observe import observe
from farside.payload.lpr.track import Track

__all__ = ["Ground", "Layer", "Track", "echoes", "observe", "site_ground"]
