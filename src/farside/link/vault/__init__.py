"""The durable store of a node: records and small values, committed in batches that survive a loss of power.

vault = Memory()
key = vault.put(meta, data)
vault.commit()                              # or durable = vault.seal(), and durable() in a thread

Nothing here looks at what the records mean.
"""

from farside.link.vault.disk import Disk
from farside.link.vault.memory import Memory
from farside.link.vault.vault import DamagedRecord, Vault

__all__ = ["DamagedRecord", "Disk", "Memory", "Vault"]
