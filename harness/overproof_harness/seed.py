"""The secret of a run: every random number comes from it, and it exists only in the referee until the result."""

from __future__ import annotations

import hashlib
import hmac
import secrets


class Secret:
    """Seeds by label. The commitment is published first, the seed afterwards: nobody could choose it to fit."""

    def __init__(self, value: bytes | None = None) -> None:
        self.value = secrets.token_bytes(32) if value is None else value
        self.commitment = hashlib.sha256(self.value).hexdigest()

    def seed(self, *label: object) -> int:
        """A 63-bit seed, unrelated to that of any other label."""
        text = "/".join(str(part) for part in label).encode()
        return int.from_bytes(hmac.new(self.value, text, hashlib.sha256).digest()[:8], "big") >> 1
