"""A node in real time: the same protocol machine as in the twin, over sockets, with its store on disk.

config = read_config("lander.yaml")
asyncio.run(serve(config, print))
"""

from farside.link.live.config import Config, read_config
from farside.link.live.driver import Driver, collect_seldom
from farside.link.live.example import write_example, write_key
from farside.link.live.serve import serve
from farside.link.live.spool import put_in_outbox

__all__ = ["Config", "Driver", "collect_seldom", "put_in_outbox", "read_config", "serve", "write_example", "write_key"]
