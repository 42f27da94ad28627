"""Choices that cover a menu before they repeat."""

import random


class Deck:
    """Deals each item of a menu, in random order, before any comes again."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self._left: dict[str, list] = {}

    def __call__(self, name: str, menu: list):
        left = self._left.setdefault(f"{name} {menu}", [])
        if not left:
            left.extend(self.random.sample(menu, len(menu)))
        return left.pop()

    def seed(self) -> int:
        """For the generators of others."""
        return self.random.getrandbits(31)
