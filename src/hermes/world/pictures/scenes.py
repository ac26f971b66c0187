"""Which scene illustrates what."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .canvas import Sheet
from .landscapes import city, forest, house, mountains, road, sea, space
from .palettes import Palette
from .staged import blinds, door, lighthouse, rays, rings, stairs

Scene = Callable[[Sheet, Palette, Random, float], None]  # the last: where the ground begins, 0..1

SCENES: dict[str, tuple[Scene, ...]] = {
    "Drama": (sea, house, road, mountains), "Comedy": (rays, rings), "Thriller": (city, door,
    blinds),
    "Science Fiction": (space, door), "Horror": (house, forest, stairs), "Romance": (rings, sea),
    "Western": (road, mountains), "Noir": (blinds, city), "Animation": (rays, space, lighthouse),
    "Documentary": (mountains, sea, forest), "Adventure": (mountains, rays, lighthouse),
    "Fantasy": (forest, mountains, stairs), "Mystery": (house, door, lighthouse),
    "Travel": (mountains, road, sea), "Children": (rays,), "History": (mountains, lighthouse),
    "Politics": (city,), "Science": (space, forest), "Business": (city,), "Culture": (rings,
    stairs, door),
    "Sport": (rays, mountains), "Climate": (sea, mountains, forest), "Technology": (space, city),
    "Local": (house, lighthouse, sea), "Health": (forest, rings), "Food": (rays, sea),
    "Literary Fiction": (sea, stairs, door), "Biography": (mountains, road),
}  # fmt: skip
