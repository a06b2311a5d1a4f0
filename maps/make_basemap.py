"""Draws the offline base map from the drafts in maps/sources: GeoJSON layers named as in the Protomaps schema.

Deterministic. Needs shapely. Writes one newline-delimited GeoJSON per layer into the folder given as argument; build.sh
turns them into guanlan.pmtiles. What is known (stations, names, the district's outline) is placed as the sources say;
lanes, buildings and the outlines of woods and ponds are invented and carry schematic=true.
"""

import json
import math
import sys
from pathlib import Path

import shapely
from shapely import STRtree
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.ops import polygonize, split, unary_union

from geo import HERE, Noise, drafted_line, features, ll, rng, rows, spline, wiggle, xy

DETAIL_M = 450  # lanes and buildings are drawn this far beyond the sub-district
FRAME = (113.80, 22.53, 114.34, 22.96)  # degrees: the ground that is drawn at all
LAYERS = {name: [] for name in ("earth", "landuse", "water", "roads", "buildings", "boundaries", "places", "pois")}
ROAD_WIDTH = {"motorway": 38, "primary": 34, "secondary": 24, "tertiary": 15, "rail": 16, "subway": 0}


def polygons(geometry, least=0.0):
    """The polygons of any geometry that are at least so large (m2)."""
    parts = getattr(geometry, "geoms", [geometry])
    return [p for p in parts if p.geom_type == "Polygon" and p.area >= least and not p.is_empty]


def to_plane(geometry):
    return shapely.transform(geometry, lambda a: [xy(*p) for p in a])


def put(layer, geometry, min_zoom, /, **props):
    """Adds a feature (given in metres) to a layer."""
    geometry = shapely.transform(geometry, lambda a: [ll(*p) for p in a])
    props = {k.replace("name_en", "name:en"): v for k, v in props.items() if v not in (None, "")}
    props.setdefault("schematic", True)
    record = {"type": "Feature", "tippecanoe": {"minzoom": min_zoom}, "properties": props}
    LAYERS[layer].append((record, geometry))


# --- water, woods, roads from the drafts ----------------------------------------------------------------------------


def ribbon(line, start, end, key):
    """A river's water surface: the line widened from `start` to `end` metres, the banks a little uneven."""
    line = LineString(line)
    noise = Noise(key, 120)
    left, right = [], []
    points = list(line.coords)
    total, run = line.length, 0.0
    for k, (x, y) in enumerate(points):
        if k:
            run += math.dist(points[k - 1], points[k])
        a, b = points[max(0, k - 1)], points[min(len(points) - 1, k + 1)]
        d = math.dist(a, b) or 1.0
        nx, ny = -(b[1] - a[1]) / d, (b[0] - a[0]) / d
        half = (start + (end - start) * run / total) / 2 * (0.85 + 0.3 * noise(x, y))
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    quads = [Polygon([left[k], left[k + 1], right[k + 1], right[k]]).buffer(0.6) for k in range(len(points) - 1)]
    return unary_union(quads).buffer(1.5).buffer(-1.5).simplify(0.8)


def blob(x, y, radius, aspect, bearing, key):
    """A pond or lake: an ellipse with bays."""
    r = rng("blob", key)
    turn = math.radians(90 - bearing)
    count = 9 if radius < 100 else 15
    points = []
    for k in range(count):
        angle = 2 * math.pi * (k + r.uniform(-0.25, 0.25)) / count
        reach = radius * r.uniform(0.62, 1.25)
        u, v = reach * math.cos(angle) * math.sqrt(aspect), reach * math.sin(angle) / math.sqrt(aspect)
        points.append((x + u * math.cos(turn) - v * math.sin(turn), y + u * math.sin(turn) + v * math.cos(turn)))
    return Polygon(spline(points, max(6, radius / 8), closed=True)).buffer(0)


def draw_water():
    surfaces = []
    for n, (p, g) in enumerate(features("water.geojson")):
        named = dict(name=p.get("name"), name_en=p.get("name:en"))
        if g["type"] == "LineString":
            line = drafted_line(p, g, f"water.geojson:{n}")
            area = ribbon(line, p["width_start_m"], p["width_end_m"], f"bank:{n}")
            big = p["width_end_m"] > 40
            put("water", area, 8 if big else 12, kind=p["kind"])
            # the middle line carries the name
            put("water", LineString(line).simplify(3), 9 if big else 13, kind=p["kind"], **named)
            surfaces.append(area)
        else:
            x, y = xy(*g["coordinates"])
            area = blob(x, y, p["radius_m"], p["aspect"], p["bearing_deg"], n)
            kind = "lake" if p["kind"] in ("lake", "reservoir", "pond") else p["kind"]
            put("water", area, 9 if p["radius_m"] > 140 else 12 if p["radius_m"] > 60 else 13, kind=kind, kind_detail=p["kind"])
            if named["name"]:
                put("water", area.representative_point(), 12 if p["radius_m"] > 60 else 14, kind=kind, **named)
            surfaces.append(area)
    return surfaces


def draw_green():
    """Woods, golf and parks with natural edges; returns them as (kind, polygon)."""
    out = []
    for n, (p, g) in enumerate(features("landuse.geojson")):
        ring = [xy(*c) for c in g["coordinates"][0][:-1]]
        size = math.sqrt(Polygon(ring).area)
        line = spline(ring, 25, closed=True)
        if p["kind"] in ("forest", "wood"):
            for part, (amplitude, wave) in enumerate([(0.24, 0.55), (0.13, 0.26), (0.05, 0.11)]):
                line = wiggle(line, f"wood:{n}:{part}", size * amplitude, size * wave, closed=True)
        else:
            line = wiggle(line, f"green:{n}", size * 0.03, size * 0.3, closed=True)
        area = max(polygons(Polygon(line).buffer(0)), key=lambda q: q.area).buffer(14).buffer(-14)
        out.append((p, max(polygons(area), key=lambda q: q.area)))
    return out


def major_roads():
    """The drafted roads as (properties, LineString)."""
    return [(p, LineString(drafted_line(p, g, f"roads.geojson:{n}"))) for n, (p, g) in enumerate(features("roads.geojson"))]


def draw_major(roads, known):
    first = {"motorway": 8, "primary": 9, "secondary": 11, "tertiary": 12, "rail": 10, "subway": 12}
    rank = {"motorway": 100, "primary": 300, "secondary": 320, "tertiary": 350, "rail": 500, "subway": 510}
    for p, line in roads:
        kd = p["kind_detail"]
        common = dict(kind=p["kind"], kind_detail=kd, sort_rank=rank[kd], min_zoom=first[kd])
        here, beyond = line, None
        if kd == "secondary":  # the names of lesser roads are only trusted in and around the town
            here, beyond = line.intersection(known), line.difference(known)
            for part in getattr(beyond, "geoms", [beyond]):
                if part.geom_type == "LineString" and not part.is_empty:
                    put("roads", part.simplify(1), first[kd], **common)
        for part in getattr(here, "geoms", [here]):
            if part.geom_type == "LineString" and not part.is_empty:
                put("roads", part.simplify(1), first[kd], name=p.get("name"), name_en=p.get("name:en"), **common)


def draw_interchanges(roads):
    """Ramps where an avenue meets an expressway inside the detailed part."""
    motorways = [l for p, l in roads if p["kind_detail"] == "motorway"]
    avenues = [l for p, l in roads if p["kind_detail"] in ("primary", "motorway")]
    done = []
    ramps = []
    for m in motorways:
        for a in avenues:
            if a is m:
                continue
            hit = m.intersection(a)
            for p in getattr(hit, "geoms", [hit]):
                if p.geom_type != "Point" or abs(p.x) > 9000 or abs(p.y) > 9000 or any(p.distance(q) < 300 for q in done):
                    continue
                done.append(p)
                s, t = m.project(p), a.project(p)
                for u in (-330, 330):
                    for v in (-230, 230):
                        if not (0 < s + u < m.length and 0 < t + v < a.length):
                            continue
                        start, end = m.interpolate(s + u), a.interpolate(t + v)
                        near = ((m.interpolate(s + u * 0.25).x + a.interpolate(t + v * 0.25).x) / 2, (m.interpolate(s + u * 0.25).y + a.interpolate(t + v * 0.25).y) / 2)
                        curve = [((1 - k) ** 2 * start.x + 2 * k * (1 - k) * near[0] + k * k * end.x, (1 - k) ** 2 * start.y + 2 * k * (1 - k) * near[1] + k * k * end.y) for k in (i / 12 for i in range(13))]
                        ramps.append(LineString(curve))
                        put("roads", ramps[-1], 13, kind="highway", kind_detail="motorway", is_link=True, sort_rank=180, min_zoom=13)
    return ramps


# --- the streets of built-up land -----------------------------------------------------------------------------------


def long_axis(polygon):
    """Direction and lengths of the tightest rectangle: (ux, uy, long, short)."""
    ring = list(polygon.minimum_rotated_rectangle.exterior.coords)
    a, b = math.dist(ring[0], ring[1]), math.dist(ring[1], ring[2])
    (x0, y0), (x1, y1) = (ring[0], ring[1]) if a >= b else (ring[1], ring[2])
    d = max(a, b) or 1.0
    return (x1 - x0) / d, (y1 - y0) / d, d, min(a, b)


def cut(polygon, r, bend):
    """Cuts a polygon across its long side with a slightly crooked line. Returns (pieces, lines) or None."""
    ux, uy, long, short = long_axis(polygon)
    ring = list(polygon.minimum_rotated_rectangle.exterior.coords)
    mx, my = sum(p[0] for p in ring[:4]) / 4, sum(p[1] for p in ring[:4]) / 4
    for attempt in range(8):
        shift = r.uniform(-0.12, 0.12) * long * (1 + attempt / 3)
        cx, cy = mx + ux * shift, my + uy * shift
        turn = r.gauss(0, bend * 0.13 + attempt * 0.12)
        vx, vy = -uy * math.cos(turn) + ux * math.sin(turn), ux * math.cos(turn) + uy * math.sin(turn)
        reach = short * 0.75 + 80
        points = []
        for k in range(-2, 3):
            off = r.gauss(0, bend * 0.045) * short if abs(k) < 2 else 0
            points.append((cx + vx * reach * k / 2 + ux * off, cy + vy * reach * k / 2 + uy * off))
        line = LineString(spline(points, 18))
        pieces = [p for p in split(polygon, line).geoms if p.geom_type == "Polygon"]
        if len(pieces) < 2 or max(p.area for p in pieces) > 0.9 * polygon.area:
            continue
        inside = polygon.intersection(line)
        return pieces, [l for l in getattr(inside, "geoms", [inside]) if l.geom_type == "LineString" and l.length > 12]
    return None


# kind of land -> (size of a finished plot in m2, crookedness)
PLOT = {"village": (3600, 1.0), "old_town": (2600, 1.3), "centre": (7500, 0.5), "estate": (24000, 0.6), "industrial": (26000, 0.35), "grass": (60000, 0.8), "school": (26000, 0.3)}


def street(area, kind):
    """What a cut through that much land is: (kind_detail, half the width, first zoom, sort rank)."""
    if area > 90_000:
        return ("residential", 5.5, 13, 360)
    if area > 30_000:
        return ("residential", 4.5, 13, 365)
    if kind in ("village", "old_town"):
        return ("residential", 3.0, 14, 370) if area > 9_000 else ("service", 2.0, 14, 380)
    return ("service", 3.5, 14, 380)


def subdivide(polygon, kind, r, plots):
    """Cuts land down to plots, drawing a street at every cut. Appends (plot, kind) to `plots`."""
    size, bend = PLOT[kind]
    stack = [polygon]
    while stack:
        land = stack.pop()
        if land.area < size * r.uniform(0.8, 1.5):
            plots.append((land, kind))
            continue
        result = cut(land, r, bend)
        if result is None:
            plots.append((land, kind))
            continue
        pieces, lines = result
        kd, half, first, rank = street(land.area, kind)
        for line in lines:
            STREETS.append((line, half))
            put("roads", line.simplify(0.6), first, kind="minor_road", kind_detail=kd, sort_rank=rank, min_zoom=first)
        stack += sorted((p for p in pieces if p.area > 120), key=lambda p: (p.bounds[0], p.bounds[1]))


# --- buildings ------------------------------------------------------------------------------------------------------


def rectangle(cx, cy, ux, uy, w, d):
    """A rectangle `w` along (ux, uy) and `d` across."""
    a, b = w / 2, d / 2
    return Polygon([(cx + ux * s * a - uy * t * b, cy + uy * s * a + ux * t * b) for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def house(polygon, min_zoom, floors):
    put("buildings", polygon, min_zoom, kind="building", height=floors * 3)


def rows_of(plot, r, ux, uy, width, depth, gap, lane, fill, min_zoom, floors, skew=0.03, clip=False):
    """Rows of buildings along (ux, uy): `width`, `depth` and `gap` are ranges in metres, `lane` the space between rows."""
    prepared = plot
    shapely.prepare(prepared)
    cx, cy = plot.centroid.x, plot.centroid.y
    local = [((x - cx) * ux + (y - cy) * uy, -(x - cx) * uy + (y - cy) * ux) for x, y in plot.exterior.coords]
    s0, s1 = min(p[0] for p in local), max(p[0] for p in local)
    t, t1 = min(p[1] for p in local), max(p[1] for p in local)
    placed = 0
    t += r.uniform(0.3, 1.5)
    row = 0
    while t < t1:
        d = r.uniform(*depth)
        s = s0 + r.uniform(0, 3)
        while s < s1:
            w = r.uniform(*width)
            if r.random() < fill:
                x, y = s + w / 2, t + d / 2
                angle = r.gauss(0, skew)
                vx, vy = ux * math.cos(angle) - uy * math.sin(angle), uy * math.cos(angle) + ux * math.sin(angle)
                dd = d * r.uniform(0.86, 1.0)
                shape = rectangle(cx + x * ux - y * uy, cy + x * uy + y * ux, vx, vy, w, dd)
                if prepared.contains(shape):
                    house(shape, min_zoom, r.randint(*floors))
                    placed += 1
                elif clip and prepared.intersects(shape):
                    rest = polygons(plot.intersection(shape), 0.55 * shape.area)
                    if rest and len(rest[0].exterior.coords) <= 7:
                        house(rest[0], min_zoom, r.randint(*floors))
                        placed += 1
            s += w + r.uniform(*gap)
        t += d + (lane[0] if row % 2 == 0 else lane[1]) * r.uniform(0.8, 1.25)
        row += 1
    return placed


def plus(cx, cy, turn, size):
    """A tower with the usual cross-shaped plan."""
    a, b = size / 2, size / 5
    ring = [(-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b), (b, a), (-b, a), (-b, b), (-a, b), (-a, -b), (-b, -b)]
    return Polygon([(cx + x * math.cos(turn) - y * math.sin(turn), cy + x * math.sin(turn) + y * math.cos(turn)) for x, y in ring])


def fill_industrial(plot, r):
    """Halls, each on its own yard, some with a wing; dormitories along one side."""
    yards, stack = [], [plot]
    while stack:
        land = stack.pop()
        if land.area < r.uniform(3200, 9500):
            yards.append(land)
        else:
            result = cut(land, r, 0.0)
            if result is None:
                yards.append(land)
            else:
                stack += [p for p in result[0] if p.area > 200]
    for yard in yards:
        inner = polygons(yard.buffer(-r.uniform(5, 8)), 250)
        if not inner or r.random() < 0.10:
            continue
        inner = max(inner, key=lambda p: p.area)
        ux, uy, long, short = long_axis(inner)
        if r.random() < 0.22:  # dormitories
            rows_of(inner, r, ux, uy, (28, 44), (11, 13), (8, 12), (15, 15), 0.95, 14, (6, 8), 0.0)
            continue
        middle = inner.minimum_rotated_rectangle.centroid
        for scale in (0.97, 0.86, 0.74, 0.6, 0.46):
            hall = rectangle(middle.x, middle.y, ux, uy, long * scale, short * scale)
            if hall.difference(inner).area < 0.02 * hall.area:
                hall = hall.intersection(inner)
                if r.random() < 0.3 and hall.geom_type == "Polygon" and short * scale > 36:  # L shape
                    bite = rectangle(middle.x + ux * long * 0.34 * scale - uy * short * 0.3 * scale, middle.y + uy * long * 0.34 * scale + ux * short * 0.3 * scale, ux, uy, long * 0.5 * scale, short * 0.55 * scale)
                    hall = hall.difference(bite)
                for part in polygons(hall, 150):
                    house(part.simplify(1.5), 13 if part.area > 1500 else 14, r.randint(2, 5))
                break


def fill_estate(plot, r):
    inner = polygons(plot.buffer(-4), 700)
    for land in inner:
        ux, uy, long, short = long_axis(land)
        # slabs face south, more or less
        if abs(uy) > 0.75:
            ux, uy = -uy, ux
        put("landuse", land, 13, kind="residential")
        if r.random() < 0.45:  # towers
            step = r.uniform(37, 47)
            cx, cy = land.centroid.x, land.centroid.y
            turn = math.atan2(uy, ux)
            n = int(max(long, short) / step) + 2
            for i in range(-n, n + 1):
                for j in range(-n, n + 1):
                    x = (i + (0.5 if j % 2 else 0)) * step + r.uniform(-4, 4)
                    y = j * step * 0.9 + r.uniform(-4, 4)
                    tower = plus(cx + x * ux - y * uy, cy + x * uy + y * ux, turn, r.uniform(23, 29))
                    if land.contains(tower):
                        house(tower, 14, r.randint(24, 33))
        else:
            rows_of(land, r, ux, uy, (34, 58), (12, 14), (8, 13), (19, 24), 0.97, 14, (6, 18), 0.0)
        garden = land.centroid
        if land.contains(garden.buffer(13)) and r.random() < 0.7:
            put("landuse", blob(garden.x, garden.y, 12, 1.5, r.uniform(0, 180), f"g{garden.x:.0f}{garden.y:.0f}"), 14, kind="grass")


def fill_school(plot, r):
    inner = polygons(plot.buffer(-8), 2500)
    if not inner:
        return
    land = max(inner, key=lambda p: p.area)
    put("landuse", land, 12, kind="school")
    ux, uy, long, short = long_axis(land)
    c = land.minimum_rotated_rectangle.centroid
    w = min(long * 0.42, 120)
    d = min(short * 0.6, 62)
    x, y = c.x - ux * long * 0.23, c.y - uy * long * 0.23
    field = LineString([(x - ux * (w - d) / 2, y - uy * (w - d) / 2), (x + ux * (w - d) / 2, y + uy * (w - d) / 2)]).buffer(d / 2)
    if land.contains(field):
        put("landuse", field, 13, kind="pitch")
    rest = land.difference(field.buffer(10))
    for part in polygons(rest, 1200):
        rows_of(part, r, ux, uy, (34, 56), (11, 15), (12, 18), (18, 18), 0.75, 14, (4, 6), 0.0)


def fill(plot, kind, r, wide):
    """Builds on one plot. `wide` finds the main streets near it, which take more room than a lane."""
    land = plot.buffer(-2.6 if kind in ("village", "old_town") else -5.0)
    for k in wide.query(land):
        land = land.difference(WIDE[k])
    for part in polygons(land, 90):
        part = part.simplify(0.5)
        ux, uy, long, short = long_axis(part)
        if kind in ("village", "old_town"):
            if kind == "village" and part.area > 1500 and r.random() < 0.025:
                put("landuse", part, 14, kind="park")
                continue
            small = kind == "old_town"
            rows_of(part, r, ux, uy, (7, 12) if small else (9.5, 14.5), (8, 13) if small else (10, 13), (0.4, 1.6) if small else (1.2, 2.6), (2.0, 3.2) if small else (2.0, 4.6), 0.93, 15, (2, 4) if small else (5, 8), 0.035, True)
        elif kind == "centre":
            put("landuse", part, 13, kind="commercial")
            if part.area > 2500 and r.random() < 0.16:
                cx, cy = part.centroid.x, part.centroid.y
                podium = part.buffer(-6)
                if podium.geom_type == "Polygon" and podium.area > 900:
                    house(podium.simplify(1), 13, 5)
                    continue
            rows_of(part, r, ux, uy, (16, 34), (14, 20), (3, 7), (7, 11), 0.93, 14, (6, 12), 0.01, True)
        elif kind == "industrial":
            put("landuse", part, 12, kind="industrial")
            fill_industrial(part, r)
        elif kind == "estate":
            fill_estate(part, r)
        elif kind == "school":
            fill_school(part, r)
        else:
            put("landuse", part, 13, kind="grass" if r.random() < 0.6 else "scrub")
            if r.random() < 0.3:
                rows_of(part, r, ux, uy, (10, 22), (9, 14), (14, 60), (25, 60), 0.3, 14, (1, 3), 0.3)


# --- the whole ------------------------------------------------------------------------------------------------------


def build():
    places = json.loads((HERE.parent / "assets/town/guanlan/places.geojson").read_text(encoding="utf-8"))["features"]
    town = to_plane(shapely.geometry.shape(next(f for f in places if f["properties"]["code"] == "GL")["geometry"]))
    frame = Polygon([xy(FRAME[0], FRAME[1]), xy(FRAME[2], FRAME[1]), xy(FRAME[2], FRAME[3]), xy(FRAME[0], FRAME[3])])
    put("earth", to_plane(box(113.0, 22.0, 115.1, 23.5)), 8, kind="earth")

    water = draw_water()
    green = draw_green()
    roads = major_roads()
    draw_major(roads, town.buffer(1000))
    ramps = draw_interchanges(roads)
    wet = unary_union(water)
    for p, area in green:
        for part in polygons(area.difference(wet), 400):
            put("landuse", part, 9 if part.area > 600_000 else 11 if part.area > 60_000 else 13, kind=p["kind"], name=p.get("name"), name_en=p.get("name:en"))
        if p["kind"] == "golf_course":
            golf(area, wet)
        elif p["kind"] in ("forest", "wood") and area.intersects(town):
            trails(area, wet)
    closed = unary_union([a for _, a in green] + [w.buffer(16 if w.area > 60_000 else 7) for w in water])

    detail = town.buffer(DETAIL_M + 150).buffer(-150).simplify(90)
    through = [l for p, l in roads if p["kind_detail"] in ("primary", "secondary", "tertiary")]
    expressways = unary_union([l.buffer(30) for p, l in roads if p["kind_detail"] == "motorway"] + [r.buffer(11) for r in ramps] + [l.buffer(16) for p, l in roads if p["kind_detail"] == "rail"])
    for p, line in roads:
        if p["kind_detail"] in ("primary", "secondary", "tertiary"):
            WIDE.append(line.buffer(ROAD_WIDTH[p["kind_detail"]] / 2))
    riverside(water, roads, detail)

    near_town(detail, through, closed.union(expressways), town)
    far_lands(frame, detail, through, closed.union(expressways))
    boundary(town)
    labels(town)


def golf(area, wet):
    """Fairways: long light strips that wind through the course."""
    r = rng("golf", round(area.centroid.x))
    x0, y0, x1, y1 = area.bounds
    made = []
    for _ in range(260):
        if len(made) > area.area / 38_000:
            break
        x, y, angle = r.uniform(x0, x1), r.uniform(y0, y1), r.uniform(0, math.pi * 2)
        bend = r.uniform(-0.5, 0.5)
        points = [(x, y)]
        for k in range(4):
            angle += bend
            points.append((points[-1][0] + 75 * math.cos(angle), points[-1][1] + 75 * math.sin(angle)))
        strip = LineString(spline(points, 15)).buffer(r.uniform(16, 24))
        if area.buffer(-20).contains(strip) and not strip.intersects(wet) and all(strip.distance(m) > 18 for m in made):
            made.append(strip)
            put("landuse", strip.simplify(1.5), 13, kind="grass")
            put("landuse", Point(points[-1]).buffer(11), 15, kind="pitch")
    for _ in range(int(area.area / 120_000)):
        x, y = r.uniform(x0, x1), r.uniform(y0, y1)
        copse = blob(x, y, r.uniform(35, 70), 2.2, r.uniform(0, 180), f"copse{x:.0f}")
        if area.contains(copse) and not copse.intersects(wet) and all(copse.distance(m) > 4 for m in made):
            put("landuse", copse, 13, kind="wood")


def trails(area, wet):
    """Footpaths over a hill."""
    r = rng("trail", round(area.centroid.x), round(area.centroid.y))
    x0, y0, x1, y1 = area.bounds
    for k in range(max(1, int(area.area / 800_000))):
        points = []
        for _ in range(5):
            for _ in range(30):
                p = Point(r.uniform(x0, x1), r.uniform(y0, y1))
                if area.contains(p):
                    points.append((p.x, p.y))
                    break
        if len(points) < 3:
            continue
        points.sort(key=lambda p: (p[0] if x1 - x0 > y1 - y0 else p[1]))
        line = LineString(wiggle(spline(points, 20), f"trail{k}", 30, 160)).intersection(area.buffer(-5)).difference(wet)
        for part in getattr(line, "geoms", [line]):
            if part.geom_type == "LineString" and part.length > 80:
                put("roads", part.simplify(2), 14, kind="path", kind_detail="footway", sort_rank=400, min_zoom=14)


def riverside(water, roads, detail):
    """A greenway on both banks of the main river."""
    river = next(LineString(drafted_line(p, g, f"water.geojson:{n}")) for n, (p, g) in enumerate(features("water.geojson")) if p.get("name") == "观澜河")
    for side in (-1, 1):
        bank = river.offset_curve(side * 44).intersection(detail)
        for part in getattr(bank, "geoms", [bank]):
            if part.length > 60:
                put("roads", part.simplify(1.5), 14, kind="path", kind_detail="footway", name="观澜河碧道", name_en="Guanlan River Greenway", sort_rank=400, min_zoom=14)
    strip = river.buffer(52).intersection(detail)
    strip = strip.difference(unary_union(water))
    for part in polygons(strip, 800):
        put("landuse", part.simplify(1), 12, kind="grass")
    global RIVER_STRIP
    RIVER_STRIP = river.buffer(52)


def near_town(detail, through, closed, town):
    """Streets, plots and buildings in and just around the sub-district."""
    edges = unary_union([l.intersection(detail) for l in through] + [detail.exterior])
    faces = list(polygonize(edges))
    land = []
    barrier = closed.union(RIVER_STRIP)
    for face in faces:
        land += polygons(face.difference(barrier), 700)
    zones = [(z["kind"], *xy(float(z["lon"]), float(z["lat"])), float(z["reach_m"])) for z in rows("zones.csv")]
    noise = {k: Noise(f"zone:{k}", 330) for k in PLOT}

    def kind_at(x, y):
        def pull(kind, zx, zy, reach):
            return 1 - math.hypot(x - zx, y - zy) / reach + 0.9 * (noise[kind](x, y) - 0.5)

        best = max(zones, key=lambda z: pull(*z))
        if pull(*best) < -1.3:
            return "grass"
        return best[0]

    # first large blocks, then a kind for each, then its own streets
    blocks = []
    for n, piece in enumerate(sorted(land, key=lambda p: p.bounds)):
        r = rng("block", n)
        stack = [piece]
        while stack:
            area = stack.pop()
            if area.area < r.uniform(45_000, 95_000):
                blocks.append(area)
                continue
            result = cut(area, r, 0.55)
            if result is None:
                blocks.append(area)
                continue
            pieces, lines = result
            for line in lines:
                main = area.area > 260_000
                half = 7.5 if main else 5.5
                STREETS.append((line, half))
                WIDE.append(line.buffer(half + 1))
                put("roads", line.simplify(0.8), 12 if main else 13, kind="minor_road", kind_detail="tertiary" if main else "residential", sort_rank=350 if main else 360, min_zoom=12 if main else 13)
            stack += sorted((p for p in pieces if p.area > 200), key=lambda p: (p.bounds[0], p.bounds[1]))
    # a street runs round the detailed part, so that the finer and the looser net meet
    rim = detail.exterior.difference(barrier)
    for line in getattr(rim, "geoms", [rim]):
        if line.length > 60:
            WIDE.append(line.buffer(8))
            put("roads", line.simplify(2), 13, kind="minor_road", kind_detail="residential", sort_rank=360, min_zoom=13)
    plots = []
    for n, area in enumerate(blocks):
        r = rng("plots", n)
        p = area.representative_point()
        kind = kind_at(p.x, p.y)
        if kind in ("estate", "village", "centre") and 16_000 < area.area < 75_000 and r.random() < 0.07:
            plots.append((area, "school"))
            continue
        if area.area < 2500 and kind in ("industrial", "estate"):
            kind = "grass" if r.random() < 0.6 else "village"
        if kind in ("village", "old_town"):
            put("landuse", area, 11, kind="residential")
        elif kind == "industrial":
            put("landuse", area, 11, kind="industrial")
        elif kind != "grass":
            put("landuse", area, 11, kind="residential")
        subdivide(area, kind, r, plots)
    wide = STRtree(WIDE)
    count = {}
    for n, (plot, kind) in enumerate(plots):
        count[kind] = count.get(kind, 0) + 1
        fill(plot, kind, rng("fill", n), wide)
    print("plots", dict(sorted(count.items())), file=sys.stderr)


def far_lands(frame, detail, through, closed):
    """The neighbours: built-up ground and a loose net of streets, ever looser with the distance."""
    far = frame.difference(detail)
    edges = unary_union([l for l in through] + [frame.exterior])
    towns = [(xy(float(g["wgs84_lon"]), float(g["wgs84_lat"])), 3400) for g in rows("geonames.csv") if g["name"] != "Guanlan"]
    towns += [(xy(float(g["lon"]), float(g["lat"])), 3000) for g in rows("labels.csv") if g["name_zh"] != "观澜"]
    noise, works = Noise("far", 900), Noise("works", 700)
    wide = STRtree(WIDE)

    def pull(c, away):
        """How built up it is there: above 0 a town, below -0.35 open country."""
        value = max(1 - math.hypot(c.x - x, c.y - y) / reach for (x, y), reach in towns) + 1.1 * (noise(c.x, c.y) - 0.5)
        return max(value, 0.5 - away / 4000 + 0.8 * (noise(c.x, c.y) - 0.5))

    n = 0
    for face in sorted(polygonize(edges), key=lambda p: p.bounds):
        for piece in sorted(polygons(face.intersection(far).difference(closed), 5000), key=lambda p: p.bounds):
            n += 1
            r = rng("far", n)
            stack = [piece]
            while stack:
                area = stack.pop()
                c = area.representative_point()
                away = detail.distance(c)
                built = pull(c, away)
                size = 26_000 + 22 * away if built > -0.05 else 60_000 + 60 * away
                if away > 12_000:
                    size = 2_500_000
                if area.area < size * r.uniform(0.8, 1.6):
                    if built > -0.35 and area.area > 2500:
                        inner = area.buffer(-9 if area.area < 200_000 else -18)
                        kind = "industrial" if works(c.x, c.y) > 0.56 else "residential"
                        for part in polygons(inner, 1500):
                            put("landuse", part.simplify(3 if away < 1500 else 8), 11 if built > 0.1 else 12, kind=kind)
                            if away < 1100 and part.area < 60_000:
                                sketch(part, kind, r, wide)
                    continue
                result = cut(area, r, 0.6)
                if result is None:
                    continue
                pieces, lines = result
                for line in lines:
                    big = area.area > 700_000
                    if built > -0.35 or (big and away < 6000):
                        first = 13 if area.area > 250_000 else 14
                        first = 12 if big and away < 9000 else first
                        put("roads", line.simplify(3), first, kind="minor_road", kind_detail="tertiary" if big else "residential", sort_rank=350 if big else 360, min_zoom=first)
                stack += sorted((p for p in pieces if p.area > 1500), key=lambda p: (p.bounds[0], p.bounds[1]))


def sketch(part, kind, r, wide):
    """A few large buildings just outside, so that the town does not stop at its boundary."""
    land = part.buffer(-4)
    for k in wide.query(land):
        land = land.difference(WIDE[k])
    for piece in polygons(land, 1500):
        ux, uy, _, _ = long_axis(piece)
        if kind == "industrial":
            rows_of(piece, r, ux, uy, (40, 80), (24, 38), (12, 22), (16, 22), 0.85, 14, (2, 5), 0.0)
        else:
            rows_of(piece, r, ux, uy, (22, 48), (13, 17), (8, 14), (16, 22), 0.85, 14, (5, 12), 0.0)


def boundary(town):
    """The district's outline: its general shape from Tianditu, the finer one along this sub-district."""
    district = to_plane(shapely.geometry.shape(features("longhua_tianditu.geojson")[0][1])).buffer(0)
    ring = features("outline.geojson")[0][1]["coordinates"][0]
    outer = LineString([xy(*p) for p in ring[: [tuple(p) for p in ring].index((114.088828, 22.704003)) + 1]])
    district = district.difference(outer.buffer(1300, cap_style="flat").difference(town)).union(town).buffer(3).buffer(-3)
    whole = max(polygons(district), key=lambda p: p.area)
    put("boundaries", LineString(whole.exterior.coords).simplify(1), 8, kind="county", kind_detail=6, schematic=False, name="龙华区", name_en="Longhua District")


def labels(town):
    rank = {"Tangxia": 9, "Pinghu": 9, "Longhua": 10, "Fenggang": 9, "Qingxi": 9}
    for g in rows("geonames.csv"):
        if g["name"] == "Guanlan":
            continue
        zh = {"Fenggang": "凤岗"}.get(g["name"], g["alternates_zh"].split(";")[0])
        size = rank.get(g["name"], 8)
        put("places", Point(xy(float(g["wgs84_lon"]), float(g["wgs84_lat"]))), 8 if size > 8 else 10, kind="locality", name=zh, name_en=g["name"], population_rank=size, sort_key=20 - size, min_zoom=8 if size > 8 else 10, schematic=False)
    for g in rows("labels.csv"):
        put("places", Point(xy(float(g["lon"]), float(g["lat"]))), int(g["min_zoom"]), kind="locality", name=g["name_zh"], name_en=g["name_en"], population_rank=int(g["population_rank"]), sort_key=20 - int(g["population_rank"]), min_zoom=int(g["min_zoom"]))
    for z in rows("zones.csv"):
        if z["name_zh"]:
            put("places", Point(xy(float(z["lon"]), float(z["lat"]))), 14, kind="neighbourhood", name=z["name_zh"], name_en=z["name_en"], population_rank=3, sort_key=40, min_zoom=14)
    for p in rows("points.csv"):
        if p["kind"] == "metro":
            zh, en = p["name_zh"].removesuffix("地铁站"), p["name_en"].removesuffix(" metro station")
            put("pois", Point(xy(float(p["lon"]), float(p["lat"]))), 12, kind="station", name=zh, name_en=en, min_zoom=12, schematic=False)
    for p in rows("pois.csv"):
        put("pois", Point(xy(float(p["lon"]), float(p["lat"]))), int(p["min_zoom"]), kind=p["kind"], name=p["name_zh"], name_en=p["name_en"], min_zoom=int(p["min_zoom"]))


STREETS, WIDE, RIVER_STRIP = [], [], None


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    build()
    for layer, records in LAYERS.items():
        with open(out / f"{layer}.geojsonl", "w", encoding="utf-8") as f:
            for record, geometry in records:
                geometry = shapely.set_precision(geometry, 1e-7) if geometry.geom_type != "Point" else geometry
                if geometry.is_empty:
                    continue
                body = json.loads(shapely.to_geojson(geometry))
                f.write(json.dumps({**record, "geometry": body}, ensure_ascii=False, separators=(",", ":")) + "\n")
        print(f"{layer}: {len(records)}", file=sys.stderr)


if __name__ == "__main__":
    main()
