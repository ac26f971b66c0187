"""What belongs together, from pairs of which each says that two things do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Groups:
    """Disjoint sets; each is named by the member that stood first in the pair that made it.

    >>> groups = Groups()
    >>> groups.join("b", "c"), groups.join("a", "b"), groups.join("c", "a")
    (True, True, False)
    >>> groups.members("a")
    ['a', 'b', 'c']
    """

    above: dict[str, str] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)

    def root(self, one: str) -> str:
        """The name of its group; itself when it is alone."""
        while one in self.above:
            one = self.above[one]
        return one

    def join(self, first: str, second: str) -> bool:
        """The group of `second` becomes part of the group of `first`; False when it was."""
        first, second = self.root(first), self.root(second)
        if first == second:
            return False
        self.above[second] = first
        self.below[first] = self.members(first) + self.members(second)
        return True

    def members(self, root: str) -> list[str]:
        """Of the group with that name, the first first."""
        return self.below.get(root, [root])
