"""Which scene illustrates what."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .canvas import Sheet
from .landscapes import city, forest, house, mountains, road, sea, space
from .palettes import Palette
from .staged import blinds, door, lighthouse, rays, rings, stairs
from .vistas import bridge, castle, dunes, lanes, network, plate, train, whale

Scene = Callable[[Sheet, Palette, Random, float], None]  # the last: where the ground begins, 0..1

SCENES: dict[str, tuple[Scene, ...]] = {
    "Drama": (sea, house, road, mountains, bridge, train), "Comedy": (rays, rings, whale),
    "Thriller": (city, door, blinds, bridge, train), "Science Fiction": (space, door, network),
    "Horror": (house, forest, stairs, castle), "Romance": (rings, sea, bridge, train),
    "Western": (road, mountains, dunes, train), "Noir": (blinds, city, bridge, stairs),
    "Animation": (rays, space, lighthouse, whale, castle), "Documentary": (mountains, sea, forest,
    dunes),
    "Adventure": (mountains, rays, lighthouse, dunes, castle), "Fantasy": (forest, castle, stairs,
    whale),
    "Mystery": (house, door, lighthouse, train), "Travel": (mountains, road, sea, dunes, train),
    "Children": (rays, whale, lighthouse), "History": (mountains, lighthouse, castle, bridge),
    "Politics": (city, bridge), "Science": (space, forest, network), "Business": (city, bridge,
    network),
    "Culture": (rings, stairs, door), "Sport": (lanes, rays), "Climate": (sea, mountains, forest,
    dunes),
    "Technology": (space, city, network), "Local": (house, lighthouse, sea, bridge),
    "Health": (forest, rings, network), "Food": (plate,), "Literary Fiction": (sea, stairs, door,
    bridge),
    "Biography": (mountains, road, train),
}  # fmt: skip
