"""A driver that remembers what it was told, and ways to wait for it."""

from __future__ import annotations

import asyncio
from collections import deque


class Listener:
    """Sends what is queued, keeps what comes, and answers as ``answer(ticket, bundles)`` says (None: later)."""

    def __init__(self, answer=lambda ticket, bundles: True) -> None:
        self.answer = answer
        self.ups, self.downs, self.got, self.arrived, self.failed, self.held = [], [], [], [], [], []
        self.queue: deque = deque()
        self.adapters = []
        self.changed = asyncio.Event()
        self.sending = False

    def _note(self) -> None:
        self.changed.set()

    def up(self, adapter, rate_bps):
        self.ups.append((adapter.neighbour, rate_bps))
        self.adapters.append(adapter)
        if rate_bps:
            self._give(adapter)
        self._note()

    def down(self, adapter, why):
        assert not self.sending
        self.downs.append(why)
        self._note()

    def ready(self, adapter):
        assert not self.sending
        self._give(adapter)
        self._note()

    def taken(self, adapter, tokens):
        assert not self.sending
        self.arrived += tokens
        self._note()

    def lost(self, adapter, tokens):
        assert not self.sending
        self.failed += tokens
        self._note()

    def received(self, adapter, ticket, bundles):
        assert not self.sending
        answer = self.answer(ticket, bundles)
        if answer is None:
            self.held.append((adapter, ticket))
        elif answer:
            self.got += bundles
            adapter.accept(ticket)
        else:
            adapter.refuse(ticket)
        self._note()

    def _give(self, adapter) -> None:
        if self.queue:
            self.sending = True
            adapter.send(self.queue.popleft())
            self.sending = False

    async def until(self, condition, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                await self.changed.wait()
