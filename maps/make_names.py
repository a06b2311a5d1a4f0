"""Writes guanlan.names.csv: the names on the base map and where they stand, so that they can be searched for.

A map file beside which there is no such list is drawn all the same; its names are only not found.
"""

import csv
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"


def middle(geometry):
    """A point on or in a geometry: the middle corner of its longest line or ring."""
    kind, parts = geometry["type"], geometry["coordinates"]
    lines = {
        "Point": lambda: [[parts]],
        "LineString": lambda: [parts],
        "MultiLineString": lambda: parts,
        "Polygon": lambda: parts[:1],
        "MultiPolygon": lambda: [polygon[0] for polygon in parts],
    }[kind]()
    line = max(lines, key=len)
    if kind in ("Polygon", "MultiPolygon"):
        corners = line[:-1]
        return [sum(p[i] for p in corners) / len(corners) for i in (0, 1)]
    return line[len(line) // 2]


def rows():
    for name in ("roads", "water", "landuse"):
        for feature in json.loads((SOURCES / f"{name}.geojson").read_text())["features"]:
            properties = feature["properties"]
            if properties.get("name"):
                lon, lat = middle(feature["geometry"])
                yield properties["name"], properties.get("name:en", ""), lon, lat
    for name in ("pois", "labels", "points", "zones"):
        with open(SOURCES / f"{name}.csv", newline="") as file:
            for row in csv.DictReader(file):
                if row["name_zh"]:
                    yield row["name_zh"], row["name_en"], float(row["lon"]), float(row["lat"])


def main():
    seen = set()
    with open(HERE / "guanlan.names.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["name_zh", "name_en", "lon", "lat"])
        for zh, en, lon, lat in rows():
            if zh not in seen:
                seen.add(zh)
                out.writerow([zh, en, f"{lon:.6f}", f"{lat:.6f}"])


main()
