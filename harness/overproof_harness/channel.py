"""Requests and replies between referee and worker: JSON lines over two inherited pipes.

Every request carries a fresh nonce that its reply must repeat. Candidate code lives in the worker's process, so it may
answer in the worker's name; that gains nothing, because a reply never says whether a result is right: the referee
compares the bytes itself. The nonce catches replies that were written before their request existed.
"""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any, Callable

LONGEST_REPLY = 1 << 20
"""Bytes; a longer line is a protocol violation, not a reason to buffer it."""


class ChannelClosed(Exception):
    """The worker ended or closed its pipe."""


class ChannelTimeout(Exception):
    """No reply within the limit."""


class ProtocolViolation(Exception):
    """A reply that no worker of ours writes."""


class RefereeEnd:
    """The referee's ends of the two pipes."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        self.writing = writing
        self.buffer = b""
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)

    def send(self, message: dict[str, Any], seconds: float = 10.0) -> None:
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        deadline = time.monotonic() + seconds
        while data:
            try:
                data = data[os.write(self.writing, data):]
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ChannelTimeout("the worker does not read its requests") from None
                select.select([], [self.writing], [], left)
            except BrokenPipeError:
                raise ChannelClosed("the worker's pipe is closed") from None

    def receive(self, nonce: str, seconds: float, watch: Callable[[], None]) -> tuple[dict[str, Any], float]:
        """The reply to `nonce` and the moment (perf_counter) at which its line was complete.

        `watch` is called about ten times a second while nothing arrives; it raises when a limit is passed.
        """
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ChannelTimeout("no reply within the limit")
            ready, _, _ = select.select([self.reading], [], [], min(left, 0.1))
            if not ready:
                watch()
                continue
            chunk = os.read(self.reading, 65536)
            if not chunk:
                raise ChannelClosed("the worker ended without a reply")
            self.buffer += chunk
            if len(self.buffer) > LONGEST_REPLY:
                raise ProtocolViolation("a reply longer than one mebibyte")
        arrived = time.perf_counter()
        line, self.buffer = self.buffer.split(b"\n", 1)
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            raise ProtocolViolation("a reply that is not JSON") from None
        if not isinstance(reply, dict) or reply.get("nonce") != nonce:
            raise ProtocolViolation("a reply without the nonce of its request")
        if self.buffer:
            raise ProtocolViolation("more than one reply to a request")
        return reply, arrived

    def close(self) -> None:
        os.close(self.reading)
        os.close(self.writing)
