//! The interface's meshes, drawn with a shader of our own where there is no graphics card and the processor works out every
//! pixel. The interface library's shader can filter textures in two ways, and such a driver does both for every pixel, whichever is
//! wanted: letters then take most of a frame.
//!
//! A plugin takes the shapes and the textures out of what goes to the library's renderer, and puts callbacks in their place.
//! Other callbacks stay where they were.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eframe::egui::epaint::{
    ClippedPrimitive, ClippedShape, ImageData, ImageDelta, Mesh, Primitive, ViewportInPixels,
};
use eframe::egui::{
    ColorImage, Context, FullOutput, PaintCallbackInfo, Plugin, Pos2, Rect, Shape, TextureFilter, TextureId,
    TextureOptions, TextureWrapMode,
};
use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor, wgpu};

use super::pass::{self, BLEND, Pass};

const SHADER: &str = r"
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var filtering: sampler;

struct Corner {
    @builtin(position) at: vec4<f32>,
    @location(0) texel: vec2<f32>,
    @location(1) color: vec4<f32>,
}

@vertex
fn corner(@location(0) at: vec2<f32>, @location(1) texel: vec2<f32>, @location(2) color: vec4<f32>) -> Corner {
    return Corner(vec4<f32>(at, 0.0, 1.0), texel, color);
}

@fragment
fn as_it_is(in: Corner) -> @location(0) vec4<f32> {
    return in.color * textureSample(picture, filtering, in.texel);
}

@fragment
fn as_light(in: Corner) -> @location(0) vec4<f32> {
    let color = in.color * textureSample(picture, filtering, in.texel);
    return vec4<f32>(light(color.rgb), color.a);
}
";

/// Bytes of a corner on its way to the shader: where it is on the screen and in the texture, and its colour.
const CORNER_BYTES: usize = 20;

/// Gets the window ready, where it has no graphics card. Elsewhere the library's renderer is as fast.
pub fn install(ctx: &Context, gpu: Option<&RenderState>) {
    if let Some(gpu) = gpu.filter(|gpu| gpu.adapter.get_info().device_type == wgpu::DeviceType::Cpu) {
        install_anyway(ctx, gpu);
    }
}

fn install_anyway(ctx: &Context, gpu: &RenderState) {
    let brush = Brush::new(&gpu.device, gpu.target_format);
    gpu.renderer.write().callback_resources.insert(brush);
    ctx.add_plugin(Hook::default());
}

/// A mesh that is drawn as those of the window will be, so that the driver compiles the shader for it; `None` in a window
/// whose meshes the library draws.
pub(super) fn warm_up(ctx: &Context, mesh: &Mesh, texture: ImageDelta) -> Option<Shape> {
    ctx.plugin_opt::<Hook>()?;
    let textures = Changes {
        set: vec![(mesh.texture_id, texture)],
        free: vec![mesh.texture_id],
    };
    let batch = Batch {
        meshes: vec![(Rect::EVERYTHING, mesh.clone())],
        textures: Arc::new(Mutex::new(textures)),
    };
    Some(Run::shape(Arc::new(batch), 0..1, true))
}

/// Stands between the interface and the library's renderer.
#[derive(Default)]
struct Hook {
    /// Changes of textures that were not handed over yet: a window that is hidden is not drawn, and loses none of them.
    textures: Waiting,
}

type Waiting = Arc<Mutex<Changes>>;

/// Changes of textures, in their order.
#[derive(Default)]
struct Changes {
    /// Before the meshes are drawn.
    set: Vec<(TextureId, ImageDelta)>,
    /// Afterwards.
    free: Vec<TextureId>,
}

impl Plugin for Hook {
    fn debug_name(&self) -> &'static str {
        "meshes"
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        let shapes = std::mem::take(&mut output.shapes);
        let mut waiting = locked(&self.textures);
        for (id, deltas) in output.textures_delta.set.drain() {
            for delta in deltas {
                if delta.is_whole() {
                    // What nobody saw of it is of no use any more.
                    waiting.set.retain(|(other, _)| *other != id);
                }
                waiting.set.push((id, delta));
            }
        }
        waiting.free.extend(output.textures_delta.free.drain());
        drop(waiting);
        let primitives = ctx.tessellate(shapes, output.pixels_per_point);
        output.shapes = runs(primitives, &self.textures);
    }
}

fn locked(waiting: &Waiting) -> MutexGuard<'_, Changes> {
    // Changes are whole even where somebody panicked beside them.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same with a callback in place of each run of meshes.
fn runs(primitives: Vec<ClippedPrimitive>, textures: &Waiting) -> Vec<ClippedShape> {
    enum Part {
        Meshes(Range<usize>),
        Other(ClippedShape),
    }
    let (mut meshes, mut parts) = (Vec::new(), Vec::new());
    for ClippedPrimitive { clip_rect, primitive } in primitives {
        match primitive {
            Primitive::Mesh(mesh) => {
                let i = meshes.len();
                meshes.push((clip_rect, mesh));
                match parts.last_mut() {
                    Some(Part::Meshes(range)) => range.end = i + 1,
                    _ => parts.push(Part::Meshes(i..i + 1)),
                }
            }
            Primitive::Callback(callback) => {
                parts.push(Part::Other(ClippedShape::new(
                    clip_rect,
                    Shape::Callback(callback),
                )));
            }
        }
    }
    let batch = Arc::new(Batch {
        meshes,
        textures: textures.clone(),
    });
    let shape = |part| match part {
        Part::Other(shape) => shape,
        Part::Meshes(range) => {
            let first = range.start == 0;
            ClippedShape::new(Rect::EVERYTHING, Run::shape(batch.clone(), range, first))
        }
    };
    parts.into_iter().map(shape).collect()
}

/// The meshes of a frame, each with what it is clipped to, and the textures that change before they are drawn.
struct Batch {
    meshes: Vec<(Rect, Mesh)>,
    textures: Waiting,
}

/// Meshes that follow each other.
struct Run {
    batch: Arc<Batch>,
    meshes: Range<usize>,
    /// The first run of a frame hands over what all of them need.
    first: bool,
}

impl Run {
    fn shape(batch: Arc<Batch>, meshes: Range<usize>, first: bool) -> Shape {
        let run = Self { batch, meshes, first };
        Callback::new_paint_callback(Rect::EVERYTHING, run).into()
    }
}

impl CallbackTrait for Run {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(brush) = resources.get_mut::<Brush>().filter(|_| self.first) {
            brush.change(
                (device, queue),
                std::mem::take(&mut *locked(&self.batch.textures)),
            );
            brush.hand_over((device, queue), &self.batch.meshes, screen);
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        if let Some(brush) = resources.get::<Brush>() {
            brush.paint(&self.batch.meshes, self.meshes.clone(), &info, pass);
        }
    }
}

/// Draws meshes. Kept with the window's other renderers.
struct Brush {
    pipeline: wgpu::RenderPipeline,
    samplers: HashMap<TextureOptions, wgpu::Sampler>,
    pictures: HashMap<TextureId, Picture>,
    /// Textures that the frame before this one was the last to need.
    spent: Vec<TextureId>,
    corners: Storage,
    indices: Storage,
    /// Where in them each mesh begins: its first index, and its first corner.
    starts: Vec<(u32, i32)>,
}

/// A texture of the interface.
struct Picture {
    texture: wgpu::Texture,
    bind_group: wgpu::BindGroup,
}

/// Bytes on their way to the driver.
struct Storage {
    buffer: Option<wgpu::Buffer>,
    bytes: Vec<u8>,
    usage: wgpu::BufferUsages,
}

impl Storage {
    fn new(usage: wgpu::BufferUsages) -> Self {
        Self {
            buffer: None,
            bytes: Vec::new(),
            usage: usage | wgpu::BufferUsages::COPY_DST,
        }
    }

    fn hand_over(&mut self, (device, queue): (&wgpu::Device, &wgpu::Queue)) {
        let size = self.bytes.len() as u64;
        let buffer = match self.buffer.take().filter(|buffer| buffer.size() >= size) {
            Some(buffer) => buffer,
            // Room for a little more, so that a list that grows does not ask for a new one in every frame.
            None => device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("meshes"),
                size: (size + size / 2).next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT),
                usage: self.usage,
                mapped_at_creation: false,
            }),
        };
        queue.write_buffer(&buffer, 0, &self.bytes);
        self.buffer = Some(buffer);
    }
}

impl Brush {
    fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let corners = wgpu::VertexBufferLayout {
            array_stride: CORNER_BYTES as u64,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes: &wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32x2, 2 => Unorm8x4],
        };
        let pass = Pass {
            label: "meshes",
            shader: SHADER,
            input: Some(corners),
            topology: wgpu::PrimitiveTopology::TriangleList,
            blend: Some(BLEND),
        };
        let pipeline = pass.pipeline(device, format);
        Self {
            pipeline,
            samplers: HashMap::new(),
            pictures: HashMap::new(),
            spent: Vec::new(),
            corners: Storage::new(wgpu::BufferUsages::VERTEX),
            indices: Storage::new(wgpu::BufferUsages::INDEX),
            starts: Vec::new(),
        }
    }

    /// Makes and changes textures, and lets go of those that the last frame was the last to need.
    fn change(&mut self, (device, queue): (&wgpu::Device, &wgpu::Queue), textures: Changes) {
        for id in self.spent.drain(..) {
            self.pictures.remove(&id);
        }
        for (id, delta) in textures.set {
            let ImageData::Color(image) = &delta.image;
            if delta.is_whole() {
                let picture = self.picture(device, image, delta.options);
                self.pictures.insert(id, picture);
            }
            if let Some(picture) = self.pictures.get(&id) {
                write(queue, &picture.texture, image, delta.pos.unwrap_or_default());
            }
        }
        self.spent.extend(textures.free);
    }

    fn picture(&mut self, device: &wgpu::Device, image: &ColorImage, options: TextureOptions) -> Picture {
        let texture = pass::texture(device, "texture of the interface", sides(image.size));
        let sampler = self
            .samplers
            .entry(options)
            .or_insert_with(|| sampler(device, options));
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("texture of the interface"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&texture.create_view(&Default::default())),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Sampler(sampler),
                },
            ],
        });
        Picture { texture, bind_group }
    }

    /// Hands over corners and indices of all meshes of a frame.
    fn hand_over(
        &mut self,
        gpu: (&wgpu::Device, &wgpu::Queue),
        meshes: &[(Rect, Mesh)],
        screen: &ScreenDescriptor,
    ) {
        let [width, height] = screen
            .size_in_pixels
            .map(|side| side as f32 / screen.pixels_per_point);
        // From points of the window to the square in which the driver draws: -1 to 1, upwards.
        let place = |at: Pos2| [2.0 * at.x / width - 1.0, 1.0 - 2.0 * at.y / height];
        let (corners, indices) = (&mut self.corners.bytes, &mut self.indices.bytes);
        corners.clear();
        indices.clear();
        self.starts.clear();
        let mut first = 0;
        for (_, mesh) in meshes {
            self.starts.push(((indices.len() / 4) as u32, first));
            first += mesh.vertices.len() as i32;
            for vertex in &mesh.vertices {
                let [x, y] = place(vertex.pos);
                let mut bytes = [0; CORNER_BYTES];
                for (bytes, number) in bytes.chunks_exact_mut(4).zip([x, y, vertex.uv.x, vertex.uv.y]) {
                    bytes.copy_from_slice(&number.to_ne_bytes());
                }
                bytes[16..].copy_from_slice(&vertex.color.to_array());
                corners.extend_from_slice(&bytes);
            }
            for index in &mesh.indices {
                indices.extend_from_slice(&index.to_ne_bytes());
            }
        }
        if !indices.is_empty() {
            self.corners.hand_over(gpu);
            self.indices.hand_over(gpu);
        }
    }

    fn paint(
        &self,
        meshes: &[(Rect, Mesh)],
        run: Range<usize>,
        info: &PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
    ) {
        let (Some(corners), Some(indices)) = (&self.corners.buffer, &self.indices.buffer) else {
            return;
        };
        let [width, height] = info.screen_size_px.map(|side| side as f32);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        pass.set_pipeline(&self.pipeline);
        pass.set_vertex_buffer(0, corners.slice(..));
        pass.set_index_buffer(indices.slice(..), wgpu::IndexFormat::Uint32);
        for i in run {
            let (clip_rect, mesh) = &meshes[i];
            let clip = ViewportInPixels::from_points(clip_rect, info.pixels_per_point, info.screen_size_px);
            let [left, top, width, height] =
                [clip.left_px, clip.top_px, clip.width_px, clip.height_px].map(|px| px.max(0) as u32);
            let (Some(picture), Some((start, corner)), 1.., 1..) = (
                self.pictures.get(&mesh.texture_id),
                self.starts.get(i),
                width,
                height,
            ) else {
                continue;
            };
            pass.set_scissor_rect(left, top, width, height);
            pass.set_bind_group(0, &picture.bind_group, &[]);
            pass.draw_indexed(*start..start + mesh.indices.len() as u32, *corner, 0..1);
        }
    }
}

fn sides(size: [usize; 2]) -> [u32; 2] {
    size.map(|side| side as u32)
}

fn write(queue: &wgpu::Queue, texture: &wgpu::Texture, image: &ColorImage, at: [usize; 2]) {
    let mut bytes = Vec::with_capacity(4 * image.pixels.len());
    for color in &image.pixels {
        bytes.extend_from_slice(&color.to_array());
    }
    pass::write(queue, texture, sides(at), sides(image.size), &bytes);
}

fn sampler(device: &wgpu::Device, options: TextureOptions) -> wgpu::Sampler {
    let filter = |filter| match filter {
        TextureFilter::Nearest => wgpu::FilterMode::Nearest,
        TextureFilter::Linear => wgpu::FilterMode::Linear,
    };
    let address = match options.wrap_mode {
        TextureWrapMode::ClampToEdge => wgpu::AddressMode::ClampToEdge,
        TextureWrapMode::Repeat => wgpu::AddressMode::Repeat,
        TextureWrapMode::MirroredRepeat => wgpu::AddressMode::MirrorRepeat,
    };
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some("textures of the interface"),
        mag_filter: filter(options.magnification),
        min_filter: filter(options.minification),
        address_mode_u: address,
        address_mode_v: address,
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use eframe::egui::epaint::Shadow;
    use eframe::egui::{
        Align2, Color32, FontId, Image, ScrollArea, Stroke, TextureHandle, Ui, UiBuilder, Vec2, include_image,
    };
    use image::RgbaImage;

    use super::*;
    use crate::ui::flat;
    use crate::ui::picture::{PictureSize, open_driver, render, render_by_library};

    const SIZE: PictureSize = PictureSize {
        width: 480,
        height: 360,
    };

    /// A picture of stripes, with edges that differ from what lies beyond them.
    fn stripes(ctx: &Context, name: &str, size: [usize; 2], options: TextureOptions) -> TextureHandle {
        let pixel = |i: usize| {
            let (x, y) = (i % size[0], i / size[0]);
            Color32::from_rgb((x * 255 / size[0]) as u8, (y % 2 * 255) as u8, 40)
        };
        let image = ColorImage::new(size, (0..size[0] * size[1]).map(pixel).collect());
        ctx.load_texture(name, image, options)
    }

    struct Scene {
        pictures: Vec<(TextureHandle, f32)>,
        passes: usize,
    }

    impl Scene {
        fn new(ctx: &Context) -> Self {
            crate::ui::theme::install(ctx);
            egui_extras::install_image_loaders(ctx);
            let repeated = TextureOptions {
                wrap_mode: TextureWrapMode::Repeat,
                ..TextureOptions::NEAREST
            };
            let mirrored = TextureOptions {
                wrap_mode: TextureWrapMode::MirroredRepeat,
                ..TextureOptions::LINEAR
            };
            let pictures = [
                ("small", [18, 11], TextureOptions::LINEAR, 1.0),
                ("coarse", [5, 3], TextureOptions::NEAREST, 1.0),
                ("even", [16, 16], TextureOptions::LINEAR, 1.0),
                ("large", [70, 65], TextureOptions::LINEAR, 1.0),
                ("repeated", [9, 9], repeated, 3.0),
                ("mirrored", [9, 9], mirrored, 3.0),
                ("beyond", [9, 9], TextureOptions::LINEAR, 2.0),
            ];
            let pictures =
                pictures.map(|(name, size, options, far)| (stripes(ctx, name, size, options), far));
            Self {
                pictures: pictures.into(),
                passes: 0,
            }
        }

        /// All kinds of shapes, over and under a callback, clipped and not. Each pass needs new letters, so that the texture of
        /// letters is changed in passes that nobody draws.
        fn draw(&mut self, ui: &mut Ui) -> bool {
            self.passes += 1;
            let painter = ui.painter().clone();
            let whole = ui.max_rect();
            painter.rect_filled(whole, 0.0, Color32::from_rgb(30, 34, 40));
            flat::below(ui, Color32::from_rgb(60, 20, 90), |_| {
                Rect::from_min_size(whole.min + Vec2::splat(20.0), Vec2::new(200.0, 90.0))
            });
            painter.rect_filled(
                whole.shrink(60.0),
                9,
                Color32::from_rgba_unmultiplied(250, 200, 10, 90),
            );
            painter.circle(
                whole.center(),
                33.3,
                Color32::from_white_alpha(120),
                Stroke::new(1.5, Color32::RED),
            );
            let shadow = Shadow {
                offset: [3, 4],
                blur: 8,
                spread: 1,
                color: Color32::from_black_alpha(160),
            };
            painter.add(shadow.as_shape(
                Rect::from_min_size(Pos2::new(300.0, 20.0), Vec2::new(60.0, 40.0)),
                4,
            ));
            let words = "观澜街道 Guanlan 0123456789 垃圾堆放"
                .chars()
                .take(4 + 3 * self.passes);
            let words: String = words.collect();
            for (i, size) in [11.0, 14.0, 23.5].into_iter().enumerate() {
                let at = Pos2::new(24.3, 24.0 + 28.0 * i as f32);
                painter.text(
                    at,
                    Align2::LEFT_TOP,
                    &words,
                    FontId::proportional(size),
                    Color32::WHITE,
                );
            }
            for (i, (picture, far)) in self.pictures.iter().enumerate() {
                let at = Pos2::new(10.0 + 66.0 * i as f32, 200.0);
                let part = Rect::from_min_size(Pos2::ZERO, Vec2::splat(*far));
                for (down, side) in [(0.0, picture.size_vec2()), (80.0, Vec2::new(60.0, 47.0))] {
                    let rect = Rect::from_min_size(at + Vec2::new(0.0, down), side);
                    painter.image(picture.id(), rect, part, Color32::WHITE);
                }
            }
            let corner = Rect::from_min_size(Pos2::new(380.0, 20.0), Vec2::new(90.0, 60.0));
            ui.scope_builder(UiBuilder::new().max_rect(corner), |ui| {
                ScrollArea::vertical().show(ui, |ui| {
                    for i in 0..9 {
                        let _ = ui.button(format!("{i} 个网格"));
                    }
                });
            });
            let icon = Image::new(include_image!("../../assets/icons/search.svg"));
            icon.paint_at(ui, Rect::from_min_size(Pos2::new(240.0, 30.0), Vec2::splat(18.0)));
            self.passes > 9
        }
    }

    /// By how much the pictures differ: at most in one colour of one pixel, and on the average.
    fn difference(one: &RgbaImage, other: &RgbaImage) -> (u8, f64) {
        assert_eq!(one.dimensions(), other.dimensions());
        let differences = || {
            one.as_raw()
                .iter()
                .zip(other.as_raw())
                .map(|(a, b)| a.abs_diff(*b))
        };
        let sum: u64 = differences().map(u64::from).sum();
        (
            differences().max().unwrap_or(0),
            sum as f64 / one.as_raw().len() as f64,
        )
    }

    /// Needs Vulkan: without a driver it fails and names the package.
    #[test]
    fn a_window_looks_as_the_library_would_draw_it() {
        for size in [SIZE, PictureSize::new(3840, 2880).unwrap()] {
            let picture = |own: bool| {
                let ctx = Context::default();
                let mut scene = Scene::new(&ctx);
                let mut pass = |ui: &mut Ui| scene.draw(ui);
                let drawn = if own { render } else { render_by_library };
                let picture = drawn(&ctx, size, &mut pass).unwrap();
                assert_eq!(ctx.plugin_opt::<Hook>().is_some(), own);
                picture
            };
            let (own, library) = (picture(true), picture(false));
            let (most, mean) = difference(&own, &library);
            assert!(
                most <= 2 && mean < 0.01,
                "{size}: at most {most}, {mean:.3} on the average"
            );
        }
    }

    /// Needs Vulkan: without a driver it fails and names the package.
    #[test]
    fn a_texture_is_kept_as_long_as_it_is_drawn_and_no_longer() {
        let ctx = Context::default();
        let gpu = open_driver(SIZE).unwrap();
        install(&ctx, Some(&gpu));
        let mut picture = Some(stripes(&ctx, "seldom", [40, 40], TextureOptions::LINEAR));
        let id = picture.as_ref().map(TextureHandle::id).unwrap();
        // Not every frame of the interface is drawn: that of a hidden window is not.
        let mut frame = |shown: bool, drop: bool| {
            let output = ctx.run_ui(Default::default(), |ui| {
                ui.painter().rect_filled(ui.max_rect(), 0.0, Color32::GRAY);
                if let Some(picture) = &picture {
                    let part = Rect::from_min_size(Pos2::ZERO, Vec2::splat(1.0));
                    ui.painter().image(picture.id(), part, part, Color32::WHITE);
                }
            });
            if drop {
                picture = None;
            }
            assert!(
                output.textures_delta.is_empty(),
                "the library's renderer gets none of them"
            );
            if shown {
                let jobs = ctx.tessellate(output.shapes, output.pixels_per_point);
                let mut encoder = gpu.device.create_command_encoder(&Default::default());
                let screen = ScreenDescriptor {
                    size_in_pixels: [SIZE.width, SIZE.height],
                    pixels_per_point: 1.0,
                };
                gpu.renderer
                    .write()
                    .update_buffers(&gpu.device, &gpu.queue, &mut encoder, &jobs, &screen);
            }
            let renderer = gpu.renderer.read();
            let brush: &Brush = renderer.callback_resources.get().unwrap();
            brush.pictures.contains_key(&id)
        };
        assert!(!frame(false, false));
        assert!(frame(true, true), "its first frame was not drawn");
        assert!(frame(false, false), "nobody has told the driver yet");
        assert!(
            frame(true, false),
            "the frame that gives it back may have drawn it"
        );
        assert!(!frame(true, false));
    }
}
