//! How the cases get onto the screen. With a graphics card, it draws each mark as an instance of one square. Where the card
//! is a program, marks are copied into tiles by this one, and the tiles to the screen by a pass that does nothing else. With
//! neither, marks are a mesh of the interface's own.

use std::sync::Arc;

use eframe::egui::{Context, Id, PaintCallbackInfo, Rect, Shape};
use eframe::egui_wgpu::{
    Callback, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor,
    wgpu::{self, util::DeviceExt},
};

use crate::ui::pass::{self, BLEND, Pass};

use super::atlas::Letters;
use super::heat_paint::HeatPress;
use super::instances::{Plate, Stamp};
use super::pixels::{Aim, Canvas, Drawing, Quad, TILE};
use super::symbols::Sprites;

/// Names the way in which cases are drawn, `pixels`, `instances` or `mesh`, in place of the one that fits the machine: for measuring
/// and for comparing pictures.
pub const WAY: &str = "YIPANQI_MAP_MARKS";

/// How cases are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As a mesh of the interface's own: always possible.
    Mesh,
    /// As pixels that this program computes, for a graphics card that is a program itself.
    Pixels,
    /// Marks as instances of one square, for a graphics card; signs of groups as a mesh.
    Instances,
}

impl Way {
    /// The way that fits such a graphics card.
    fn for_card(kind: wgpu::DeviceType) -> Self {
        match kind {
            wgpu::DeviceType::Cpu => Self::Pixels,
            _ => Self::Instances,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "mesh" => Some(Self::Mesh),
            "pixels" => Some(Self::Pixels),
            "instances" => Some(Self::Instances),
            _ => None,
        }
    }
}

/// Gets the window ready to draw cases in the way that fits its graphics card. Without it, they are a mesh.
pub fn install_cases(ctx: &Context, gpu: Option<&RenderState>) {
    let Some(gpu) = gpu else { return };
    let preferred = ctx.data(|d| d.get_temp(preferred_id()));
    let named = || std::env::var(WAY).ok().and_then(|name| Way::named(&name));
    let fitting = || Way::for_card(gpu.adapter.get_info().device_type);
    let way = preferred.or_else(named).unwrap_or_else(fitting);
    let (device, format) = (&gpu.device, gpu.target_format);
    match way {
        Way::Mesh => {}
        Way::Pixels => {
            let press = Press::new(device, format);
            let heat = HeatPress::new(device, format);
            let mut renderer = gpu.renderer.write();
            renderer.callback_resources.insert(press);
            renderer.callback_resources.insert(heat);
        }
        Way::Instances => {
            let stamps = Stamps {
                stamp: Stamp::new(device, format),
                plates: Vec::new(),
            };
            gpu.renderer.write().callback_resources.insert(stamps);
        }
    }
    ctx.data_mut(|d| d.insert_temp(way_id(), way));
}

/// Names the way in which this window is to draw cases once it is installed, whatever fits the machine.
pub fn prefer_way(ctx: &Context, way: Way) {
    ctx.data_mut(|d| d.insert_temp(preferred_id(), way));
}

fn preferred_id() -> Id {
    Id::unique("map_cases_preferred_way")
}

/// The way in which this window draws cases.
pub fn way(ctx: &Context) -> Way {
    ctx.data(|d| d.get_temp(way_id())).unwrap_or(Way::Mesh)
}

fn way_id() -> Id {
    Id::unique("map_cases_way")
}

/// The cases of one map in one frame.
pub struct Job {
    /// Which map: there may be several in a window.
    pub map: u64,
    /// What is drawn.
    pub drawing: Arc<Drawing>,
    /// How the world becomes pixels.
    pub aim: Aim,
    /// The letters of the sprites.
    pub letters: Arc<Letters>,
}

impl Job {
    /// As a shape of the interface.
    pub fn shape(self, rect: Rect) -> Shape {
        Callback::new_paint_callback(rect, self).into()
    }
}

/// Draws next to nothing with the pass that copies tiles, so that the driver compiles it before it is needed; `None` where
/// the window does not use it.
pub fn warm_up(ctx: &Context, rect: Rect) -> Option<Shape> {
    (way(ctx) == Way::Pixels).then(|| Callback::new_paint_callback(rect, WarmUp).into())
}

struct WarmUp;

/// The number of a map that is none.
const NO_MAP: u64 = u64::MAX;

impl CallbackTrait for WarmUp {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(press) = resources.get_mut::<Press>() {
            let mut sheet = Sheet::new(device, press, [1, 1]);
            write_tile(queue, &sheet.texture, [0, 0], &vec![0; (TILE * TILE) as usize]);
            let quad = Quad {
                screen: [0, 0, TILE / 2, TILE / 2],
                texture: [0, 0],
            };
            sheet.set_quads(device, [quad].into_iter(), screen);
            press.sheets.push((NO_MAP, sheet));
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        paint_sheet(NO_MAP, &info, pass, resources);
    }
}

/// Copies a rectangle of the texture to the screen as it is.
pub(super) const SHADER: &str = r"
@group(0) @binding(0) var tiles: texture_2d<f32>;

struct Corner {
    @builtin(position) at: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

@vertex
fn corner(
    @builtin(vertex_index) i: u32,
    @location(0) screen: vec4<f32>,
    @location(1) texels: vec4<f32>,
) -> Corner {
    let share = vec2<f32>(f32(i & 1u), f32(i >> 1u));
    let at = mix(screen.xy, screen.zw, share);
    return Corner(vec4<f32>(at, 0.0, 1.0), mix(texels.xy, texels.zw, share));
}

";

/// Fills with the texture as it is.
const FILL: &str = r"
@fragment
fn as_it_is(in: Corner) -> @location(0) vec4<f32> {
    return textureLoad(tiles, vec2<i32>(in.texel), 0);
}

@fragment
fn as_light(in: Corner) -> @location(0) vec4<f32> {
    let color = textureLoad(tiles, vec2<i32>(in.texel), 0);
    return vec4<f32>(light(color.rgb), color.a);
}
";

/// A pipeline that draws a square for each instance and fills it with a texture.
pub(super) fn pipeline(
    device: &wgpu::Device,
    format: wgpu::TextureFormat,
    label: &str,
    shader: &str,
    layout: wgpu::VertexBufferLayout<'_>,
) -> wgpu::RenderPipeline {
    let pass = Pass {
        label,
        shader: &format!("{shader}{FILL}"),
        input: Some(layout),
        topology: wgpu::PrimitiveTopology::TriangleStrip,
        blend: Some(BLEND),
    };
    pass.pipeline(device, format)
}

/// Bytes of a rectangle on its way to the shader: on the screen and in the texture, four numbers each.
const QUAD_BYTES: usize = 32;

/// A map that was not drawn for so many frames gives back its texture.
const FORGOTTEN_AFTER: u32 = 120;

/// Copies tiles to the screen. Kept with the window's other renderers.
struct Press {
    pipeline: wgpu::RenderPipeline,
    sheets: Vec<(u64, Sheet)>,
}

impl Press {
    fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let layout = wgpu::VertexBufferLayout {
            array_stride: QUAD_BYTES as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4],
        };
        Self {
            pipeline: pipeline(device, format, "tiles of cases", SHADER, layout),
            sheets: Vec::new(),
        }
    }

    /// The sheet of a map, large enough for `grid` tiles.
    fn sheet(&mut self, device: &wgpu::Device, map: u64, grid: [u32; 2]) -> &mut Sheet {
        let here = self
            .sheets
            .iter()
            .position(|(id, sheet)| *id == map && sheet.holds(grid));
        let place = here.unwrap_or_else(|| {
            self.sheets.retain(|(id, _)| *id != map);
            let sheet = Sheet::new(device, self, grid);
            self.sheets.push((map, sheet));
            self.sheets.len() - 1
        });
        &mut self.sheets[place].1
    }

    /// Gives back what was not used for long.
    fn age(&mut self) {
        for (_, sheet) in &mut self.sheets {
            sheet.idle += 1;
        }
        self.sheets.retain(|(_, sheet)| sheet.idle < FORGOTTEN_AFTER);
    }
}

/// Draws marks as instances. Kept with the window's other renderers.
struct Stamps {
    stamp: Stamp,
    /// The marks of each map, and since how many frames they were not drawn.
    plates: Vec<(u64, Plate, u32)>,
}

impl Stamps {
    fn draw(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, job: &Job, screen: &ScreenDescriptor) {
        for (.., idle) in &mut self.plates {
            *idle += 1;
        }
        self.plates.retain(|(.., idle)| *idle < FORGOTTEN_AFTER);
        let place = self.plates.iter().position(|(id, ..)| *id == job.map);
        let place = place.unwrap_or_else(|| {
            self.plates.push((job.map, Plate::new(device), 0));
            self.plates.len() - 1
        });
        let (_, plate, idle) = &mut self.plates[place];
        *idle = 0;
        let aim = (&job.aim, screen.size_in_pixels);
        plate.draw((device, queue), &self.stamp, &job.drawing, &job.letters, aim);
    }
}

/// The tiles of one map.
struct Sheet {
    grid: [u32; 2],
    texture: wgpu::Texture,
    bind_group: wgpu::BindGroup,
    canvas: Canvas,
    sprites: Option<Sprites>,
    quads: Option<(wgpu::Buffer, u32)>,
    /// Frames since it was last drawn.
    idle: u32,
}

impl Sheet {
    fn new(device: &wgpu::Device, press: &Press, grid: [u32; 2]) -> Self {
        let texture = pass::texture(device, "tiles of cases", grid.map(|tiles| tiles * TILE as u32));
        let view = texture.create_view(&Default::default());
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("tiles of cases"),
            layout: &press.pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&view),
            }],
        });
        Self {
            grid,
            texture,
            bind_group,
            canvas: Canvas::new(grid),
            sprites: None,
            quads: None,
            idle: 0,
        }
    }

    /// Whether it is large enough, and not much too large.
    fn holds(&self, grid: [u32; 2]) -> bool {
        (0..2).all(|i| self.grid[i] >= grid[i] && self.grid[i] <= grid[i] + 4)
    }

    fn draw(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, job: &Job, screen: &ScreenDescriptor) {
        self.idle = 0;
        let same = |sprites: &&mut Sprites| Arc::ptr_eq(sprites.letters(), &job.letters);
        if self.sprites.as_mut().filter(same).is_none() {
            self.sprites = Some(Sprites::new(job.letters.clone()));
            self.canvas.forget();
        }
        if let Some(sprites) = &mut self.sprites {
            let texture = &self.texture;
            self.canvas
                .update(&job.drawing, &job.aim, sprites, &mut |at, pixels| {
                    write_tile(queue, texture, at, pixels);
                });
        }
        let quads: Vec<Quad> = self.canvas.quads(&job.aim).collect();
        self.set_quads(device, quads.into_iter(), screen);
    }

    fn set_quads(
        &mut self,
        device: &wgpu::Device,
        quads: impl Iterator<Item = Quad>,
        screen: &ScreenDescriptor,
    ) {
        let [width, height] = screen.size_in_pixels.map(|v| v.max(1) as f32);
        let mut bytes = Vec::new();
        for quad in quads {
            let [left, top, right, bottom] = quad.screen.map(|v| v as f32);
            let [u, v] = quad.texture.map(|v| v as f32);
            let across = |x: f32| 2.0 * x / width - 1.0;
            let down = |y: f32| 1.0 - 2.0 * y / height;
            let numbers = [
                across(left),
                down(top),
                across(right),
                down(bottom),
                u,
                v,
                u + right - left,
                v + bottom - top,
            ];
            bytes.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        }
        let count = (bytes.len() / QUAD_BYTES) as u32;
        self.quads = (count > 0).then(|| {
            let buffer = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("tiles of cases"),
                contents: &bytes,
                usage: wgpu::BufferUsages::VERTEX,
            });
            (buffer, count)
        });
    }
}

fn write_tile(queue: &wgpu::Queue, texture: &wgpu::Texture, at: [u32; 2], pixels: &[u32]) {
    let bytes: Vec<u8> = pixels.iter().flat_map(|p| p.to_le_bytes()).collect();
    pass::write(queue, texture, at, [TILE as u32; 2], &bytes);
}

fn paint_sheet(
    map: u64,
    info: &PaintCallbackInfo,
    pass: &mut wgpu::RenderPass<'static>,
    resources: &CallbackResources,
) {
    let Some(press) = resources.get::<Press>() else {
        return;
    };
    let Some((_, sheet)) = press.sheets.iter().find(|(id, _)| *id == map) else {
        return;
    };
    let Some((quads, count)) = &sheet.quads else {
        return;
    };
    whole_screen(info, pass);
    pass.set_pipeline(&press.pipeline);
    pass.set_bind_group(0, &sheet.bind_group, &[]);
    pass.set_vertex_buffer(0, quads.slice(..));
    pass.draw(0..4, 0..*count);
}

/// Places are told for the whole window; what is cut off is the interface's concern.
fn whole_screen(info: &PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>) {
    let [width, height] = info.screen_size_px.map(|v| v as f32);
    pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
}

impl CallbackTrait for Job {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(press) = resources.get_mut::<Press>() {
            press.age();
            let most = device.limits().max_texture_dimension_2d / TILE as u32;
            let grid = Canvas::grid(self.aim.size).map(|v| v.min(most));
            press
                .sheet(device, self.map, grid)
                .draw(device, queue, self, screen);
        } else if let Some(stamps) = resources.get_mut::<Stamps>() {
            stamps.draw(device, queue, self, screen);
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        paint_sheet(self.map, &info, pass, resources);
        let Some(stamps) = resources.get::<Stamps>() else {
            return;
        };
        if let Some((_, plate, _)) = stamps.plates.iter().find(|(id, ..)| *id == self.map) {
            whole_screen(&info, pass);
            plate.paint(&stamps.stamp, pass);
        }
    }
}
