//! Marks drawn by a graphics card: one square for each case, which the card places and fills. What it needs is handed over when
//! other cases are to be drawn; a map that is moved or zoomed hands over a few numbers.

use std::sync::Arc;

use eframe::egui_wgpu::wgpu::{self, util::DeviceExt};

use crate::ui::pass;

use super::atlas::Letters;
use super::paint::pipeline;
use super::pixels::{Aim, Drawing, SPOTS};
use super::symbols::{Look, Sprite, Sprites};

/// Places a square around each spot, on whole pixels, and fills it with its part of the picture of all sprites.
const SHADER: &str = r"
struct Aim {
    middle: vec2<u32>,
    scale: vec2<f32>,
    place: vec2<f32>,
    screen: vec2<f32>,
}

@group(0) @binding(0) var tiles: texture_2d<f32>;
@group(0) @binding(1) var<uniform> aim: Aim;

struct Corner {
    @builtin(position) at: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

@vertex
fn corner(
    @builtin(vertex_index) i: u32,
    @location(0) spot: vec2<u32>,
    @location(1) part: vec4<u32>,
) -> Corner {
    let share = vec2<f32>(f32(i & 1u), f32(i >> 1u));
    let size = vec2<f32>(part.zw);
    // Whole numbers as far as they are large: nothing is lost.
    let away = vec2<f32>(bitcast<vec2<i32>>(spot - aim.middle)) * aim.scale;
    let pixel = floor(away + aim.place) - floor(size / 2.0) + share * size;
    let at = vec2<f32>(2.0, -2.0) * pixel / aim.screen + vec2<f32>(-1.0, 1.0);
    return Corner(vec4<f32>(at, 0.0, 1.0), vec2<f32>(part.xy) + share * size);
}
";

/// Bytes of a mark on its way to the card: its spot, and its part of the picture.
const MARK_BYTES: usize = 16;
/// Width of the picture of all sprites, in pixels.
const WIDTH: u32 = 1024;

/// Draws marks. Kept with the window's other renderers.
pub(super) struct Stamp {
    pipeline: wgpu::RenderPipeline,
}

impl Stamp {
    pub(super) fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let layout = wgpu::VertexBufferLayout {
            array_stride: MARK_BYTES as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &wgpu::vertex_attr_array![0 => Uint32x2, 1 => Uint16x4],
        };
        Self {
            pipeline: pipeline(device, format, "marks of cases", SHADER, layout),
        }
    }
}

/// The picture of all sprites that were wanted so far, and where each is in it.
struct Packed {
    parts: Vec<Option<[u16; 4]>>,
    bind_group: wgpu::BindGroup,
}

/// The marks of one map.
pub(super) struct Plate {
    aim: wgpu::Buffer,
    sprites: Option<Sprites>,
    packed: Option<Packed>,
    marks: Option<(wgpu::Buffer, u32)>,
    version: Option<u64>,
}

impl Plate {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let aim = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("aim of cases"),
            size: 32,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            aim,
            sprites: None,
            packed: None,
            marks: None,
            version: None,
        }
    }

    /// Hands over what has changed.
    pub(super) fn draw(
        &mut self,
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        stamp: &Stamp,
        drawing: &Drawing,
        letters: &Arc<Letters>,
        (aim, screen): (&Aim, [u32; 2]),
    ) {
        queue.write_buffer(&self.aim, 0, &aim_bytes(aim, screen));
        let same = self
            .sprites
            .as_ref()
            .is_some_and(|s| Arc::ptr_eq(s.letters(), letters));
        if !same {
            self.sprites = Some(Sprites::new(letters.clone()));
            (self.packed, self.version) = (None, None);
        }
        if self.version == Some(drawing.version) {
            return;
        }
        self.version = Some(drawing.version);
        self.pack((device, queue), stamp, drawing);
        let Some(packed) = &self.packed else { return };
        let mut bytes = Vec::with_capacity(drawing.marks.len() * MARK_BYTES);
        for mark in &drawing.marks {
            let part = packed.parts[mark.look.index()].unwrap_or_default();
            bytes.extend(mark.at.iter().flat_map(|v| v.to_le_bytes()));
            bytes.extend(part.iter().flat_map(|v| v.to_le_bytes()));
        }
        self.marks = (!bytes.is_empty()).then(|| {
            let buffer = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("marks of cases"),
                contents: &bytes,
                usage: wgpu::BufferUsages::VERTEX,
            });
            (buffer, drawing.marks.len() as u32)
        });
    }

    /// Makes the picture anew where a sprite is wanted that is not in it.
    fn pack(&mut self, (device, queue): (&wgpu::Device, &wgpu::Queue), stamp: &Stamp, drawing: &Drawing) {
        let Some(sprites) = &mut self.sprites else { return };
        let before = self.packed.as_ref().map(|packed| packed.parts.clone());
        let mut wanted = before.clone().unwrap_or_else(|| vec![None; Look::COUNT]);
        for mark in &drawing.marks {
            wanted[mark.look.index()].get_or_insert_default();
        }
        let is_packed = |part: &[u16; 4]| part[2] > 0;
        if before.is_some() && wanted.iter().flatten().all(is_packed) {
            return;
        }
        let (mut pen, mut row) = ([0_u32; 2], 0);
        let mut shelves: Vec<(Sprite, [u32; 2])> = Vec::new();
        for look in Look::all() {
            if wanted[look.index()].is_none() {
                continue;
            }
            let sprite = sprites.mark(look).clone();
            let size = sprite.size.map(|v| v as u32);
            if pen[0] + size[0] > WIDTH {
                pen = [0, pen[1] + row];
                row = 0;
            }
            wanted[look.index()] = Some([pen[0], pen[1], size[0], size[1]].map(|v| v as u16));
            shelves.push((sprite, pen));
            pen[0] += size[0];
            row = row.max(size[1]);
        }
        let height = (pen[1] + row).max(1);
        let mut pixels = vec![0_u8; (WIDTH * height * 4) as usize];
        for (sprite, [left, top]) in shelves {
            let width = sprite.size[0] as usize;
            for (y, line) in sprite.pixels.chunks_exact(width.max(1)).enumerate() {
                let from = 4 * ((top as usize + y) * WIDTH as usize + left as usize);
                for (to, pixel) in pixels[from..from + 4 * width].chunks_exact_mut(4).zip(line) {
                    to.copy_from_slice(&pixel.to_le_bytes());
                }
            }
        }
        let texture = pass::texture(device, "sprites of cases", [WIDTH, height]);
        pass::write(queue, &texture, [0, 0], [WIDTH, height], &pixels);
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("marks of cases"),
            layout: &stamp.pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&texture.create_view(&Default::default())),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: self.aim.as_entire_binding(),
                },
            ],
        });
        self.packed = Some(Packed {
            parts: wanted,
            bind_group,
        });
    }

    /// Draws the marks.
    pub(super) fn paint(&self, stamp: &Stamp, pass: &mut wgpu::RenderPass<'static>) {
        let (Some(packed), Some((marks, count))) = (&self.packed, &self.marks) else {
            return;
        };
        pass.set_pipeline(&stamp.pipeline);
        pass.set_bind_group(0, &packed.bind_group, &[]);
        pass.set_vertex_buffer(0, marks.slice(..));
        pass.draw(0..4, 0..*count);
    }
}

/// The aim as the shader reads it.
fn aim_bytes(aim: &Aim, screen: [u32; 2]) -> Vec<u8> {
    // The spot in the middle of the view, and the pixel of the screen that it lies in.
    let half = aim.size.map(|v| i64::from(v / 2));
    let middle = [0, 1].map(|i| (aim.origin[i] + half[i]) as f64 / aim.scale);
    let middle = middle.map(|v| v.clamp(0.0, SPOTS - 1.0) as u32);
    let place = [0, 1].map(|i| {
        let exact = f64::from(middle[i]) * aim.scale - aim.origin[i] as f64;
        (exact + f64::from(aim.corner[i])) as f32
    });
    let scale = [aim.scale as f32; 2];
    let screen = screen.map(|v| v.max(1) as f32);
    let floats = [scale, place, screen];
    let floats = floats.iter().flatten().flat_map(|v| v.to_le_bytes());
    middle
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .chain(floats)
        .collect()
}
