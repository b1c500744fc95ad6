"""The radio link: budgets hop by hop, margins along an orbit, and the rates that hold.

link = radio().link("relay-earth", station="kashi")
found = budget(link, sight(link, {"relay": orbit.position, "station": kashi.motion, "site": site_motion(site)}, t))
found.margin_db(2e6)

Numbers of Chang'e 4 and Queqiao stand in radio.yaml, published or assumed; ``read_radio`` takes a file of better ones.
"""

from farside.link.radio.antenna import Coverage, Dish
from farside.link.radio.budget import Budget, budget, free_space_loss_db
from farside.link.radio.ladder import Piece, rate_pieces, rungs, volume_per_day
from farside.link.radio.noise import moon_share
from farside.link.radio.radio import Hop, Link, Radio, Terminal, radio, read_radio
from farside.link.radio.sight import Sight, sight
from farside.link.radio.table import budget_table, number

__all__ = [
    "Budget",
    "Coverage",
    "Dish",
    "Hop",
    "Link",
    "Piece",
    "Radio",
    "Sight",
    "Terminal",
    "budget",
    "budget_table",
    "free_space_loss_db",
    "moon_share",
    "number",
    "radio",
    "rate_pieces",
    "read_radio",
    "rungs",
    "sight",
    "volume_per_day",
]
