//! Polygons as well-known binary, in the header that GeoPackage puts before it. Written here, because whatever a file
//! claims about its length must not be believed.

use geo::BoundingRect;

use crate::town::boundary::Shape;

/// Why there are no polygons.
type What = String;

/// Polygons of rings of positions.
type Outline = Vec<Vec<Vec<[f64; 2]>>>;

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

struct Bytes<'a> {
    rest: &'a [u8],
    little: bool,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], What> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or("its geometry ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], What> {
        self.take(N)?
            .try_into()
            .map_err(|_| "its geometry ends too early".to_owned())
    }

    fn byte(&mut self) -> Result<u8, What> {
        Ok(self.take(1)?[0])
    }

    fn order(&mut self) -> Result<(), What> {
        self.little = match self.byte()? {
            0 => false,
            1 => true,
            _ => return Err("its geometry is no well-known binary".to_owned()),
        };
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, What> {
        let bytes = self.array()?;
        Ok(if self.little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn f64(&mut self) -> Result<f64, What> {
        let bytes = self.array()?;
        Ok(if self.little {
            f64::from_le_bytes(bytes)
        } else {
            f64::from_be_bytes(bytes)
        })
    }

    /// A count of things of at least `least` bytes each.
    fn count(&mut self, least: usize) -> Result<usize, What> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / least {
            return Err("its geometry claims more than it holds".to_owned());
        }
        Ok(count)
    }

    /// The type of the geometry that follows, and how many numbers each position has.
    fn kind(&mut self) -> Result<(u32, usize), What> {
        self.order()?;
        let code = self.u32()?;
        // Both ways to say that there are heights and measures.
        let flags = (code >> 30) & 3;
        let plain = code & 0x0fff_ffff;
        let (kind, class) = (plain % 1000, plain / 1000);
        let extra = match (flags, class) {
            (0, 0) => 0,
            (0, 1 | 2) | (1 | 2, 0) => 1,
            (0, 3) | (3, 0) => 2,
            _ => return Err("its geometry is of an unknown type".to_owned()),
        };
        if code & 0x2000_0000 != 0 {
            self.u32()?;
        }
        Ok((kind, 2 + extra))
    }

    fn polygon(&mut self, numbers: usize) -> Result<Vec<Vec<[f64; 2]>>, What> {
        let rings = self.count(4)?;
        let mut all = Vec::with_capacity(rings);
        for _ in 0..rings {
            let count = self.count(8 * numbers)?;
            let mut ring = Vec::with_capacity(count);
            for _ in 0..count {
                let position = [self.f64()?, self.f64()?];
                self.take(8 * (numbers - 2))?;
                ring.push(position);
            }
            all.push(ring);
        }
        Ok(all)
    }
}

/// The polygons of a geometry of a GeoPackage.
pub(super) fn read(blob: &[u8]) -> Result<Outline, What> {
    let mut bytes = Bytes {
        rest: blob,
        little: true,
    };
    if bytes.take(2)? != b"GP" {
        return Err("its geometry has no GeoPackage header".to_owned());
    }
    let (_, flags) = (bytes.byte()?, bytes.byte()?);
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err("its geometry has a wrong GeoPackage header".to_owned()),
    };
    bytes.take(4 + 8 * envelope)?;
    let (kind, numbers) = bytes.kind()?;
    match kind {
        POLYGON => Ok(vec![bytes.polygon(numbers)?]),
        MULTI_POLYGON => {
            let count = bytes.count(9)?;
            let mut all = Vec::with_capacity(count);
            for _ in 0..count {
                let (kind, numbers) = bytes.kind()?;
                if kind != POLYGON {
                    return Err("its geometry holds something else than polygons".to_owned());
                }
                all.push(bytes.polygon(numbers)?);
            }
            Ok(all)
        }
        _ => Err("found another geometry, expected a Polygon or MultiPolygon".to_owned()),
    }
}

/// A place as a geometry of a GeoPackage: always a MultiPolygon, as the file's columns say.
pub(super) fn write(shape: &Shape, srs: i32) -> Vec<u8> {
    // Little-endian, with an envelope of two dimensions.
    let mut out = vec![b'G', b'P', 0, 0b11];
    out.extend(srs.to_le_bytes());
    let bounds = shape.outline().bounding_rect();
    let envelope = bounds.map_or([0.0; 4], |b| [b.min().x, b.max().x, b.min().y, b.max().y]);
    out.extend(envelope.iter().flat_map(|n| n.to_le_bytes()));
    let head = |out: &mut Vec<u8>, kind: u32, count: usize| {
        out.push(1);
        out.extend(kind.to_le_bytes());
        out.extend((count as u32).to_le_bytes());
    };
    let drawn = shape.drawn();
    head(&mut out, MULTI_POLYGON, drawn.outline.len());
    for rings in &drawn.outline {
        head(&mut out, POLYGON, rings.len());
        for ring in rings {
            out.extend((ring.len() as u32).to_le_bytes());
            out.extend(ring.iter().flatten().flat_map(|n| n.to_le_bytes()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_geometry_claims_is_not_believed() {
        let mut blob = vec![b'G', b'P', 0, 1, 0, 0, 0, 0, 1];
        blob.extend(POLYGON.to_le_bytes());
        blob.extend(u32::MAX.to_le_bytes());
        assert_eq!(
            read(&blob),
            Err("its geometry claims more than it holds".to_owned())
        );
        for end in 0..blob.len() {
            assert!(read(&blob[..end]).is_err());
        }
        assert!(read(b"PNG").is_err());
    }
}
