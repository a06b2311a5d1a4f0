"""Writes facilities.geojson and dwellings.geojson into assets/town/guanlan, from the drafted buildings of the base map.

Deterministic. Needs shapely, and the folder that make_basemap.py has written as argument. No public source gives any of
these whereabouts: every feature is invented and says so. Of a dwelling only the building is kept, nothing of persons.
"""

import json
import math
import sys
from pathlib import Path

from shapely.geometry import Point, shape
from shapely.strtree import STRtree

from geo import HERE, rng, xy

TOWN = HERE.parent / "assets" / "town" / "guanlan"
PER_GRID = 6  # dwellings of one base grid
DRAFT = "invented for this project on a building of the drafted base map; no public source"
SAMPLE = "sample, invented for this project on a building of the drafted base map"


def read_places():
    data = json.loads((TOWN / "places.geojson").read_text(encoding="utf-8"))
    return [(f["properties"], shape(f["geometry"])) for f in data["features"]]


def read_houses(folder):
    """Buildings that could be dwellings, by size; in degrees, with their size in square metres."""
    houses = []
    with open(folder / "buildings.geojsonl", encoding="utf-8") as f:
        for line in f:
            body = shape(json.loads(line)["geometry"])
            if body.geom_type != "Polygon" or len(body.exterior.coords) > 9:
                continue
            plane = [xy(*c) for c in body.exterior.coords]
            size = abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(plane, plane[1:]))) / 2
            if 60 <= size <= 700:
                houses.append(body)
    return houses


def away(a, b):
    (ax, ay), (bx, by) = xy(a.x, a.y), xy(b.x, b.y)
    return math.hypot(ax - bx, ay - by)


def ring(body):
    return [[round(x, 6), round(y, 6)] for x, y in body.exterior.coords]


def feature(properties, geometry):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def dwellings(places, houses, tree):
    out, taken = [], set()
    names = {p["code"]: p for p, _ in places}
    for grid, area in places:
        if grid["kind"] != "base_grid":
            continue
        inside = [int(i) for i in tree.query(area) if area.contains(houses[i])]
        if not inside:
            continue
        # a row of neighbours, somewhere in the grid
        first = rng("dwellings", grid["code"]).choice(sorted(inside))
        middle = houses[first].centroid
        row = sorted(inside, key=lambda i: (round(away(middle, houses[i].centroid), 1), i))[:PER_GRID]
        community = names[grid["parent"]]
        for n, i in enumerate(row, 1):
            taken.add(i)
            zh = community["name_zh"].removesuffix("社区")
            short = grid["code"].split("-")[-1].removeprefix("G")
            properties = {
                "code": f"{grid['code']}-B{n:03}",
                "name_zh": f"{zh}{short}网格{n}栋（样例）",
                "name_en": f"{community['name_en'].removesuffix(' Community')} grid {short}, building {n} (sample)",
                "schematic": True,
                "source": SAMPLE,
            }
            out.append(feature(properties, {"type": "Polygon", "coordinates": [ring(houses[i])]}))
    return out, taken


def facilities(places, houses, tree, taken):
    out = []

    def put(code, kind, zh, en, area, near, skip):
        inside = [int(i) for i in tree.query(area) if int(i) not in taken and area.contains(houses[i])]
        inside.sort(key=lambda i: (round(away(near, houses[i].centroid), 1), i))
        at = houses[inside[min(skip, len(inside) - 1)]].centroid if inside else area.representative_point()
        if inside:
            taken.add(inside[min(skip, len(inside) - 1)])
        properties = {"code": code, "kind": kind, "name_zh": zh, "name_en": en, "schematic": True, "source": DRAFT}
        out.append(feature(properties, {"type": "Point", "coordinates": [round(at.x, 6), round(at.y, 6)]}))

    for p, area in places:
        zh, en, code = p["name_zh"], p["name_en"], p["code"]
        near = area.representative_point()
        if p["kind"] == "sub_district":
            office = Point(114.0560, 22.7285)
            put(f"{code}-F1", "party_mass_centre", f"{zh}党群服务中心", f"{en} Party-mass Service Centre", area, office, 0)
            put(f"{code}-F2", "service_window", f"{zh}综合服务窗口", f"{en} Service Window", area, office, 3)
        elif p["kind"] == "community":
            put(f"{code}-F1", "party_mass_centre", f"{zh}党群服务中心", f"{en} Party-mass Service Centre", area, near, 0)
            put(f"{code}-F2", "service_window", f"{zh}服务窗口", f"{en} Service Window", area, near, 5)
            put(f"{code}-V1", "v_station", f"{zh}V站", f"{en} V-station", area, near, 30)
        elif p["kind"] in ("party_grid", "block"):
            put(f"{code}-V1", "v_station", f"{zh}V站", f"{en} V-station", area, near, 2)
    return out


def write(name, about, all_features):
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in all_features)
    head = f'{{"type":"FeatureCollection","name":"{name}","attribution":"{about} WGS-84.","features":[\n'
    (TOWN / f"{name}.geojson").write_text(head + lines + "\n]}\n", encoding="utf-8")
    print(f"{name}: {len(all_features)}", file=sys.stderr)


def main():
    places = read_places()
    houses = read_houses(Path(sys.argv[1]))
    tree = STRtree(houses)
    homes, taken = dwellings(places, houses, tree)
    write("dwellings", "Invented sample buildings, nothing of persons.", homes)
    write("facilities", "Invented whereabouts.", facilities(places, houses, tree, taken))


if __name__ == "__main__":
    main()
