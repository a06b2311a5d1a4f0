//! Large grounds of one colour, drawn without the texture that the interface's other shapes are drawn with. On a machine
//! without a graphics card, where every pixel is computed, the panels' grounds else take more time than all that is on them.

use eframe::egui::{Color32, Context, Id, PaintCallbackInfo, Rect, Shape, Ui};
use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, RenderState, wgpu};

use super::pass::Pass;

/// A quad over the whole viewport. Its colour comes in the number of the instance: one byte each of red, green and blue.
const SHADER: &str = r"
struct Corner {
    @builtin(position) at: vec4<f32>,
    @location(0) @interpolate(flat) color: vec4<f32>,
}

@vertex
fn corner(@builtin(vertex_index) i: u32, @builtin(instance_index) rgb: u32) -> Corner {
    let at = vec2<f32>(f32(i & 1u), f32(i >> 1u)) * 2.0 - 1.0;
    let bytes = vec3<u32>(rgb >> 16u, (rgb >> 8u) & 255u, rgb & 255u);
    return Corner(vec4<f32>(at, 0.0, 1.0), vec4<f32>(vec3<f32>(bytes) / 255.0, 1.0));
}

@fragment
fn as_it_is(in: Corner) -> @location(0) vec4<f32> {
    return in.color;
}

@fragment
fn as_light(in: Corner) -> @location(0) vec4<f32> {
    return vec4<f32>(light(in.color.rgb), 1.0);
}
";

/// Draws them. Kept with the window's other renderers.
struct Flat(wgpu::RenderPipeline);

impl Flat {
    fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let pass = Pass {
            label: "flat",
            shader: SHADER,
            input: None,
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            blend: None,
        };
        Self(pass.pipeline(device, format))
    }
}

/// Gets the window ready. Without it, grounds are drawn like all else.
pub fn install(ctx: &Context, gpu: Option<&RenderState>) {
    let Some(gpu) = gpu else { return };
    let flat = Flat::new(&gpu.device, gpu.target_format);
    gpu.renderer.write().callback_resources.insert(flat);
    ctx.data_mut(|d| d.insert_temp(installed(), true));
}

fn installed() -> Id {
    Id::unique("flat_is_installed")
}

/// A ground of an opaque colour.
pub(super) fn shape(ctx: &Context, rect: Rect, color: Color32) -> Shape {
    if ctx.data(|d| d.get_temp(installed())).unwrap_or(false) {
        Callback::new_paint_callback(rect, Ground { color }).into()
    } else {
        Shape::rect_filled(rect, 0.0, color)
    }
}

/// Draws a ground below what `show` draws, in the area that it answers.
pub fn below(ui: &mut Ui, color: Color32, show: impl FnOnce(&mut Ui) -> Rect) {
    let ground = ui.painter().add(Shape::Noop);
    let rect = show(ui);
    ui.painter().set(ground, shape(ui.ctx(), rect, color));
}

struct Ground {
    color: Color32,
}

impl CallbackTrait for Ground {
    fn paint(
        &self,
        _info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(Flat(pipeline)) = resources.get() else {
            return;
        };
        let rgb = u32::from_be_bytes([0, self.color.r(), self.color.g(), self.color.b()]);
        pass.set_pipeline(pipeline);
        pass.draw(0..4, rgb..rgb + 1);
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Pos2, Vec2};

    use super::*;
    use crate::ui::picture::{PictureSize, render};

    /// Needs Vulkan: without a driver it fails and names the package.
    #[test]
    fn a_ground_has_its_colour_and_its_edges_and_lies_below() {
        let ctx = Context::default();
        let size = PictureSize {
            width: 200,
            height: 100,
        };
        let (panel, mark) = (
            Color32::from_rgb(0x1f, 0x22, 0x26),
            Color32::from_rgb(250, 1, 130),
        );
        let rect = Rect::from_min_size(Pos2::new(20.0, 30.0), Vec2::new(50.0, 40.0));
        let mut callback = false;
        let picture = render(&ctx, size, &mut |ui| {
            callback = matches!(shape(ui.ctx(), rect, panel), Shape::Callback(_));
            below(ui, panel, |ui| {
                let inner = rect.shrink(10.0);
                ui.painter().rect_filled(inner, 0.0, mark);
                rect
            });
            true
        })
        .unwrap();
        assert!(callback, "it is drawn by the pipeline of its own");
        let at = |x, y| Color32::from_rgb(picture[(x, y)][0], picture[(x, y)][1], picture[(x, y)][2]);
        for inside in [(20, 30), (69, 30), (20, 69), (69, 69), (25, 50)] {
            assert_eq!(at(inside.0, inside.1), panel, "{inside:?}");
        }
        for outside in [(19, 30), (70, 30), (20, 29), (20, 70)] {
            assert_ne!(at(outside.0, outside.1), panel, "{outside:?}");
        }
        assert_eq!(at(45, 50), mark);
    }
}
