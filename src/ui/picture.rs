//! The hall as a picture, drawn without a window: for reports, for tests, and for machines without a display.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use eframe::egui::{self, Color32, TexturesDelta, Theme, Ui, Vec2};
use egui_wgpu::{
    RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuError, WgpuSetup,
    WgpuSetupCreateNew,
};
use image::RgbaImage;

use crate::case::CaseId;
use crate::indicator::Period;

use super::Palette;
use super::app::Hall;

/// The shortest side of a picture, in pixels.
pub const SIDE_MIN: u32 = 64;
/// The longest side of a picture, in pixels.
pub const SIDE_MAX: u32 = 16384;
/// The width for which the hall is laid out, in points; wider pictures get more pixels per point.
const LAYOUT_WIDTH: f32 = 1920.0;
/// How long a picture waits for what is still being read.
pub const SETTLE: Duration = Duration::from_secs(15);
/// How long to pause between two passes while something is still being read.
const PAUSE: Duration = Duration::from_millis(15);
/// So many passes are run in any case: panels find their sizes, and animations come to their end.
const PASSES_MIN: u32 = 8;
/// By how much the window's clock moves on from pass to pass, in seconds.
const PASS_SECS: f64 = 0.05;
/// How long the graphics driver may take for one picture. Drivers without a graphics card are slow.
const DRIVER_PATIENCE: Duration = Duration::from_secs(120);
/// Bytes that are read back from the driver at once.
const STRIP_BYTES: u32 = 32 << 20;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is no Vulkan driver.
    #[error(
        "there is no Vulkan driver that can draw ({0}). On Debian and Ubuntu a driver that needs no graphics card comes with: \
         sudo apt-get install mesa-vulkan-drivers"
    )]
    NoDriver(String),
    /// The driver can't draw pictures of that size.
    #[error("the graphics driver draws pictures of at most {max} pixels a side, not {size}")]
    TooLarge {
        /// What was asked.
        size: PictureSize,
        /// What is possible, in pixels.
        max: u32,
    },
    /// The driver gave up.
    #[error("the graphics driver could not draw the picture: {0}")]
    Driver(String),
}

/// The size of a picture, in pixels. Written `WIDTHxHEIGHT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureSize {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl PictureSize {
    /// A size whose sides are within [`SIDE_MIN`] and [`SIDE_MAX`].
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let fits = |side| (SIDE_MIN..=SIDE_MAX).contains(&side);
        (fits(width) && fits(height)).then_some(Self { width, height })
    }

    /// Pixels per point: 1 up to common screens, 2 for 3840 pixels across, so that large pictures are sharp and can
    /// still be read.
    pub fn pixels_per_point(self) -> f32 {
        (self.width as f32 / LAYOUT_WIDTH).round().max(1.0)
    }

    fn points(self) -> Vec2 {
        Vec2::new(self.width as f32, self.height as f32) / self.pixels_per_point()
    }
}

impl std::fmt::Display for PictureSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl std::str::FromStr for PictureSize {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text.split_once(['x', 'X', '×']);
        sides
            .and_then(|(width, height)| Self::new(width.trim().parse().ok()?, height.trim().parse().ok()?))
            .ok_or_else(|| {
                format!("expected WIDTHxHEIGHT in pixels, e.g. 1920x1080, each from {SIDE_MIN} to {SIDE_MAX}")
            })
    }
}

/// What is done in the hall before its picture is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HallStep {
    /// Go to the sample day.
    SampleDay,
    /// Select a case.
    Select(CaseId),
    /// Look for this.
    Find(String),
    /// Open the page of indicators, of that period.
    Indicators(Period),
    /// Look back to that moment.
    LookBack(DateTime<Utc>),
    /// Show this moment beside it; now where `None`.
    LookBeside(Option<DateTime<Utc>>),
}

/// Draws `hall`, which was opened on `ctx`, once all that it shows is there. `steps` are taken one after the other,
/// each when the one before it has come to rest.
///
/// # Errors
/// Where there is no Vulkan driver, or it fails.
pub fn of_hall(
    ctx: &egui::Context,
    hall: &mut Hall,
    steps: Vec<HallStep>,
    size: PictureSize,
) -> Result<RgbaImage, PictureError> {
    let mut steps = steps.into_iter();
    render(ctx, size, &mut |ui| {
        hall.frame(ui);
        if !hall.is_settled() {
            return false;
        }
        match steps.next() {
            None => return true,
            Some(HallStep::SampleDay) => hall.open_sample_day(),
            Some(HallStep::Select(id)) => hall.select(id),
            Some(HallStep::Find(text)) => hall.find_text(&text),
            Some(HallStep::Indicators(period)) => hall.open_indicators_of(period),
            Some(HallStep::LookBack(at)) => hall.look_back(at),
            Some(HallStep::LookBeside(at)) => hall.look_beside(at),
        }
        false
    })
}

/// Draws whatever `pass` draws. Passes are run until it answers that all it shows is there; after [`SETTLE`]
/// it is drawn as it is.
///
/// # Errors
/// Where there is no Vulkan driver, or it fails.
pub fn render(
    ctx: &egui::Context,
    size: PictureSize,
    pass: &mut dyn FnMut(&mut Ui) -> bool,
) -> Result<RgbaImage, PictureError> {
    let gpu = open_driver(size)?;
    crate::ui::meshes::install(ctx, Some(&gpu));
    render_with(ctx, &gpu, size, pass)
}

/// The same, all meshes drawn by the interface library's renderer: to compare with.
#[cfg(test)]
pub(super) fn render_by_library(
    ctx: &egui::Context,
    size: PictureSize,
    pass: &mut dyn FnMut(&mut Ui) -> bool,
) -> Result<RgbaImage, PictureError> {
    render_with(ctx, &open_driver(size)?, size, pass)
}

fn render_with(
    ctx: &egui::Context,
    gpu: &RenderState,
    size: PictureSize,
    pass: &mut dyn FnMut(&mut Ui) -> bool,
) -> Result<RgbaImage, PictureError> {
    // The map's vector tiles are drawn by a renderer of their own.
    crate::ui::map::install(ctx, Some(gpu));
    crate::ui::flat::install(ctx, Some(gpu));
    crate::ui::map::install_cases(ctx, Some(gpu));
    let until = Instant::now() + SETTLE;
    let mut passes = 0;
    loop {
        let mut settled = false;
        let input = input(gpu, size, f64::from(passes) * PASS_SECS);
        let mut output = ctx.run_ui(input, |ui| settled = pass(ui));
        passes += 1;
        take_textures(gpu, &mut output.textures_delta);
        settled &= !ctx.has_pending_images();
        if passes >= PASSES_MIN && (settled || Instant::now() > until) {
            if !settled {
                tracing::warn!("the picture is drawn before everything was read");
            }
            let shapes = ctx.tessellate(output.shapes, output.pixels_per_point);
            let texture = draw(gpu, size, &shapes, Palette::of(ctx.theme() == Theme::Dark).ground)?;
            return read_back(gpu, size, &texture);
        }
        if !settled {
            std::thread::sleep(PAUSE);
        }
    }
}

fn input(gpu: &RenderState, size: PictureSize, time: f64) -> egui::RawInput {
    let mut input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size.points())),
        max_texture_side: Some(gpu.device.limits().max_texture_dimension_2d as usize),
        time: Some(time),
        ..egui::RawInput::default()
    };
    if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
        viewport.native_pixels_per_point = Some(size.pixels_per_point());
    }
    input
}

/// Opens a driver that draws without a window. A driver without a graphics card goes first: it is the same everywhere.
pub(super) fn open_driver(size: PictureSize) -> Result<RenderState, PictureError> {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.instance_descriptor.backends = wgpu::Backends::VULKAN;
    setup.native_adapter_selector = Some(Arc::new(|adapters, _surface| {
        let rank = |adapter: &&wgpu::Adapter| match adapter.get_info().device_type {
            wgpu::DeviceType::Cpu => 0,
            wgpu::DeviceType::DiscreteGpu => 1,
            _ => 2,
        };
        adapters
            .iter()
            .min_by_key(rank)
            .cloned()
            .ok_or_else(|| "none is installed".to_owned())
    }));
    let side = size.width.max(size.height);
    setup.device_descriptor = Arc::new(move |adapter| {
        let most = adapter.limits().max_texture_dimension_2d;
        let mut limits = wgpu::Limits::default();
        limits.max_texture_dimension_2d = side.max(limits.max_texture_dimension_2d).min(most);
        let label = Some("picture");
        wgpu::DeviceDescriptor {
            label,
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        }
    });
    let setup = WgpuSetup::CreateNew(setup);
    let config = WgpuConfiguration {
        wgpu_setup: setup.clone(),
        ..WgpuConfiguration::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| PictureError::Driver(error.to_string()))?;
    let state = runtime
        .block_on(async {
            let instance = setup.new_instance().await;
            RenderState::create(&config, &instance, None, RendererOptions::PREDICTABLE).await
        })
        .map_err(|error| match error {
            WgpuError::CustomNativeAdapterSelectionError(why) => PictureError::NoDriver(why),
            other => PictureError::NoDriver(other.to_string()),
        })?;
    let max = state.device.limits().max_texture_dimension_2d;
    if side > max {
        return Err(PictureError::TooLarge { size, max });
    }
    Ok(state)
}

fn take_textures(gpu: &RenderState, delta: &mut TexturesDelta) {
    let mut renderer = gpu.renderer.write();
    for (id, images) in delta.set.drain() {
        for image in images {
            renderer.update_texture(&gpu.device, &gpu.queue, id, &image);
        }
    }
    // Nothing is freed: the last pass may still draw what it gives back, and the picture's end frees all.
    delta.free.clear();
}

fn draw(
    gpu: &RenderState,
    size: PictureSize,
    shapes: &[egui::ClippedPrimitive],
    ground: Color32,
) -> Result<wgpu::Texture, PictureError> {
    let screen = ScreenDescriptor {
        size_in_pixels: [size.width, size.height],
        pixels_per_point: size.pixels_per_point(),
    };
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: extent(size.width, size.height),
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: gpu.target_format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    let [r, g, b, a] = ground.to_normalized_gamma_f32().map(f64::from);
    let mut renderer = gpu.renderer.write();
    let mut encoder = gpu
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let buffers = renderer.update_buffers(&gpu.device, &gpu.queue, &mut encoder, shapes, &screen);
    {
        let ops = wgpu::Operations {
            load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a }),
            store: wgpu::StoreOp::Store,
        };
        let target = wgpu::RenderPassColorAttachment {
            view: &view,
            resolve_target: None,
            ops,
            depth_slice: None,
        };
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(target)],
            ..wgpu::RenderPassDescriptor::default()
        });
        renderer.render(&mut pass.forget_lifetime(), shapes, &screen);
    }
    gpu.queue.submit(buffers.into_iter().chain([encoder.finish()]));
    wait(gpu)?;
    Ok(texture)
}

/// Reads the picture strip by strip, so that the largest one needs no second copy on the driver's side.
fn read_back(
    gpu: &RenderState,
    size: PictureSize,
    texture: &wgpu::Texture,
) -> Result<RgbaImage, PictureError> {
    let row = (size.width * 4) as usize;
    let padded = (size.width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let rows = (STRIP_BYTES / padded).clamp(1, size.height);
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("strip"),
        size: u64::from(padded) * u64::from(rows),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut pixels = Vec::with_capacity(row * size.height as usize);
    for top in (0..size.height).step_by(rows as usize) {
        let rows = rows.min(size.height - top);
        copy_strip(gpu, texture, &buffer, top, padded, extent(size.width, rows));
        let slice = buffer.slice(..u64::from(padded) * u64::from(rows));
        let (send, receive) = std::sync::mpsc::channel();
        slice.map_async(wgpu::MapMode::Read, move |mapped| {
            send.send(mapped).ok();
        });
        wait(gpu)?;
        let failed = |why: &dyn std::fmt::Display| PictureError::Driver(why.to_string());
        receive.recv().map_err(|e| failed(&e))?.map_err(|e| failed(&e))?;
        let strip = slice.get_mapped_range().map_err(|e| failed(&e))?;
        for line in strip.chunks_exact(padded as usize) {
            pixels.extend(line.iter().take(row));
        }
        drop(strip);
        buffer.unmap();
    }
    RgbaImage::from_raw(size.width, size.height, pixels)
        .ok_or_else(|| PictureError::Driver("it gave back fewer pixels than were asked".into()))
}

fn copy_strip(
    gpu: &RenderState,
    texture: &wgpu::Texture,
    buffer: &wgpu::Buffer,
    top: u32,
    bytes_per_row: u32,
    extent: wgpu::Extent3d,
) {
    let mut encoder = gpu
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let origin = wgpu::Origin3d { x: 0, y: top, z: 0 };
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(bytes_per_row),
        rows_per_image: None,
    };
    encoder.copy_texture_to_buffer(
        wgpu::TexelCopyTextureInfo {
            origin,
            ..texture.as_image_copy()
        },
        wgpu::TexelCopyBufferInfo { buffer, layout },
        extent,
    );
    gpu.queue.submit([encoder.finish()]);
}

fn wait(gpu: &RenderState) -> Result<(), PictureError> {
    gpu.device
        .poll(wgpu::PollType::Wait {
            submission_index: None,
            timeout: Some(DRIVER_PATIENCE),
        })
        .map(|_| ())
        .map_err(|error| PictureError::Driver(error.to_string()))
}

fn extent(width: u32, height: u32) -> wgpu::Extent3d {
    wgpu::Extent3d {
        width,
        height,
        depth_or_array_layers: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_bounded() {
        let read = |text: &str| text.parse::<PictureSize>();
        assert_eq!(
            read("1920x1080"),
            Ok(PictureSize {
                width: 1920,
                height: 1080
            })
        );
        assert_eq!(
            read("64X16384"),
            Ok(PictureSize {
                width: 64,
                height: 16384
            })
        );
        for wrong in [
            "",
            "1920",
            "x",
            "63x1080",
            "1920x16385",
            "-5x100",
            "1e3x1000",
            "99999999999x100",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn large_pictures_get_more_pixels_per_point() {
        let density = |width| PictureSize { width, height: 1000 }.pixels_per_point();
        assert_eq!(
            [64, 1920, 2560, 3000, 3840, 7680].map(density),
            [1.0, 1.0, 1.0, 2.0, 2.0, 4.0]
        );
    }

    /// Needs Vulkan: without a driver it fails and names the package.
    #[test]
    fn a_pass_becomes_pixels() {
        let ctx = egui::Context::default();
        let size = PictureSize {
            width: 301,
            height: 203,
        };
        let mut passes = 0;
        let picture = render(&ctx, size, &mut |ui| {
            passes += 1;
            ui.painter().rect_filled(
                ui.max_rect().expand(50.0),
                0.0,
                egui::Color32::from_rgb(10, 200, 30),
            );
            passes > 10
        })
        .unwrap();
        assert_eq!(picture.dimensions(), (301, 203));
        assert!(passes > 10, "it waits until all is there");
        assert_eq!(picture.get_pixel(300, 202).0, [10, 200, 30, 255]);
        assert_eq!(picture.get_pixel(150, 100).0, [10, 200, 30, 255]);
    }
}
