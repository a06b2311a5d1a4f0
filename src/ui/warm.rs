//! Something small is drawn off-screen before the window's first frame. A driver compiles a shader when it first draws with
//! it: this way it does so on its own thread, while the hall is still being made, and the first frame does not wait for it.

use std::sync::Arc;

use eframe::egui::epaint::{ClippedPrimitive, ImageDelta, Mesh, Primitive};
use eframe::egui::{Color32, ColorImage, Context, Rect, Shape, TextureId, TextureOptions, Vec2};
use eframe::egui_wgpu::{RenderState, ScreenDescriptor, wgpu};

use super::{flat, map, meshes};

/// Side of what is drawn, in pixels.
const SIDE: u32 = 64;
/// A texture of the same kind as the letters'; no window gives such a number.
const TEXTURE: TextureId = TextureId::Managed(u64::MAX);

/// Draws a square with the interface's own shaders, one ground, and a tile of cases, beside the window. Nothing of it stays.
pub fn up(ctx: &Context, gpu: Option<&RenderState>) {
    let Some(gpu) = gpu.cloned() else { return };
    let jobs = jobs(ctx);
    let thread = std::thread::Builder::new().name("warm".to_owned());
    if let Err(error) = thread.spawn(move || draw(&gpu, &jobs)) {
        tracing::info!("the first frame will compile its shaders itself: {error}");
    }
}

fn draw(gpu: &RenderState, jobs: &[ClippedPrimitive]) {
    let (device, queue) = (&gpu.device, &gpu.queue);
    let size = wgpu::Extent3d {
        width: SIDE,
        height: SIDE,
        depth_or_array_layers: 1,
    };
    let target = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("warm"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: gpu.target_format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
        view_formats: &[],
    });
    let view = target.create_view(&Default::default());
    let mut encoder = device.create_command_encoder(&Default::default());
    let screen = ScreenDescriptor {
        size_in_pixels: [SIDE; 2],
        pixels_per_point: 1.0,
    };
    let mut renderer = gpu.renderer.write();
    renderer.update_texture(device, queue, TEXTURE, &texture());
    let before = renderer.update_buffers(device, queue, &mut encoder, jobs, &screen);
    let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("warm"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations::default(),
        })],
        ..Default::default()
    });
    let mut pass = pass.forget_lifetime();
    renderer.render(&mut pass, jobs, &screen);
    drop(pass);
    queue.submit(before.into_iter().chain([encoder.finish()]));
    renderer.free_texture(&TEXTURE);
}

fn jobs(ctx: &Context) -> Vec<ClippedPrimitive> {
    let whole = Rect::from_min_size(Default::default(), Vec2::splat(SIDE as f32));
    let mut mesh = Mesh::with_texture(TEXTURE);
    let corner = Rect::from_min_size(Default::default(), Vec2::ZERO);
    mesh.add_rect_with_uv(whole, corner, Color32::WHITE);
    let shapes = [
        Some(flat::shape(ctx, whole, Color32::WHITE)),
        map::warm_up(ctx, whole),
        Some(meshes::warm_up(ctx, &mesh, texture()).unwrap_or(Shape::mesh(mesh))),
    ];
    let job = |shape| {
        let primitive = match shape {
            Shape::Callback(callback) => Primitive::Callback(callback),
            Shape::Mesh(mesh) => Primitive::Mesh(Arc::unwrap_or_clone(mesh)),
            _ => return None,
        };
        Some(ClippedPrimitive {
            clip_rect: whole,
            primitive,
        })
    };
    shapes.into_iter().flatten().filter_map(job).collect()
}

/// White, and filtered as letters are.
fn texture() -> ImageDelta {
    let image = ColorImage::filled([16, 16], Color32::WHITE);
    ImageDelta::full(image, TextureOptions::LINEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_a_whole_mesh_with_the_texture_that_is_made_for_it() {
        let jobs = jobs(&Context::default());
        let [job] = jobs.as_slice() else {
            panic!("a window that is not ready has no grounds: {}", jobs.len());
        };
        let Primitive::Mesh(mesh) = &job.primitive else {
            panic!("not a mesh");
        };
        assert!(mesh.is_valid() && mesh.texture_id == TEXTURE && mesh.indices.len() == 6);
    }
}
