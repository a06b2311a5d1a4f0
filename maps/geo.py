"""Shared by make_town.py and make_basemap.py: a local plane in metres, deterministic noise, natural-looking lines."""

import csv
import json
import math
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
LON0, LAT0 = 114.062, 22.737
KY = 110_753.0  # metres per degree of latitude here
KX = 111_320.0 * math.cos(math.radians(LAT0)) * 1.00050  # metres per degree of longitude here, on the ellipsoid


def xy(lon, lat):
    """Degrees to metres east and north of the town's middle."""
    return ((lon - LON0) * KX, (lat - LAT0) * KY)


def ll(x, y):
    """Metres back to degrees, unrounded."""
    return (x / KX + LON0, y / KY + LAT0)


def rng(*key):
    """A generator of its own for every purpose, so that a change in one place moves nothing else."""
    return random.Random("guanlan:" + ":".join(map(str, key)))


def features(name):
    """The features of one source, as (properties, geometry)."""
    data = json.loads((SOURCES / name).read_text(encoding="utf-8"))
    return [(f["properties"], f["geometry"]) for f in data["features"]]


def rows(name):
    """The rows of one CSV source."""
    with open(SOURCES / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


class Noise:
    """Smooth value noise in 0..1 with a given wavelength in metres."""

    def __init__(self, key, wavelength):
        self.key, self.step, self.at = key, wavelength, {}

    def _corner(self, i, j):
        v = self.at.get((i, j))
        if v is None:
            v = self.at[i, j] = rng(self.key, i, j).random()
        return v

    def __call__(self, x, y):
        x, y = x / self.step, y / self.step
        i, j = math.floor(x), math.floor(y)
        u, v = x - i, y - j
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
        a = self._corner(i, j) * (1 - u) + self._corner(i + 1, j) * u
        b = self._corner(i, j + 1) * (1 - u) + self._corner(i + 1, j + 1) * u
        return a * (1 - v) + b * v


def spline(points, step=25.0, closed=False):
    """A centripetal-looking smooth curve through the points, sampled about every `step` metres."""
    n = len(points)
    if n < 3:
        return list(points)

    def p(i):
        if closed:
            return points[i % n]
        if i < 0:
            return (2 * points[0][0] - points[1][0], 2 * points[0][1] - points[1][1])
        if i >= n:
            return (2 * points[-1][0] - points[-2][0], 2 * points[-1][1] - points[-2][1])
        return points[i]

    out = []
    for i in range(n if closed else n - 1):
        a, b, c, d = p(i - 1), p(i), p(i + 1), p(i + 2)
        length = math.dist(b, c)
        # tangents limited by the segment's own length, so that uneven points make no loops
        def tangent(before, at, after):
            tx, ty = after[0] - before[0], after[1] - before[1]
            size = math.hypot(tx, ty) or 1.0
            reach = min(length, 0.5 * size)
            return tx / size * reach, ty / size * reach

        (mx, my), (nx, ny) = tangent(a, b, c), tangent(b, c, d)
        k = max(1, round(length / step))
        for s in range(k):
            t = s / k
            h00, h10 = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
            h01, h11 = -2 * t**3 + 3 * t**2, t**3 - t**2
            out.append((h00 * b[0] + h10 * mx + h01 * c[0] + h11 * nx, h00 * b[1] + h10 * my + h01 * c[1] + h11 * ny))
    if not closed:
        out.append(points[-1])
    return out


def wiggle(points, key, amplitude, wavelength, closed=False):
    """Shifts every inner point along smooth noise: a drafted line loses its ruler."""
    nx, ny = Noise(f"{key}:x", wavelength), Noise(f"{key}:y", wavelength)
    out = []
    for i, (x, y) in enumerate(points):
        if not closed and i in (0, len(points) - 1):
            out.append((x, y))
        else:
            out.append((x + amplitude * (2 * nx(x, y) - 1), y + amplitude * (2 * ny(x, y) - 1)))
    return out


def drafted_line(props, geometry, key):
    """A drafted road or stream as a natural line in the plane."""
    points = [xy(*c) for c in geometry["coordinates"]]
    kind = props.get("kind_detail") or props["kind"]
    amplitude = {"motorway": 0, "rail": 0, "subway": 0, "primary": 6, "secondary": 10, "tertiary": 16}.get(kind, 24)
    wave = {"river": 330, "stream": 170}.get(kind, 260)
    line = spline(points, 12 if kind in ("river", "stream") else 20)
    return wiggle(line, key, amplitude, wave) if amplitude else line
