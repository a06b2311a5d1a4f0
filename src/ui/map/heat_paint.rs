//! The picture of a density on the screen of a machine whose graphics card is a program: copied by a pass that does nothing
//! else, which costs a fraction of what the interface's own shapes cost there.

use std::sync::Arc;

use eframe::egui::{Color32, ColorImage, PaintCallbackInfo, Rect, Shape};
use eframe::egui_wgpu::{
    Callback, CallbackResources, CallbackTrait, ScreenDescriptor,
    wgpu::{self, util::DeviceExt},
};

use crate::ui::pass;

use super::paint;

/// A picture that was not drawn for so many frames is given back.
const FORGOTTEN_AFTER: u32 = 120;

/// Copies pictures to the screen. Kept with the window's other renderers.
pub struct HeatPress {
    pipeline: wgpu::RenderPipeline,
    pictures: Vec<Picture>,
}

/// A picture on the graphics card.
struct Picture {
    image: Arc<ColorImage>,
    bind_group: wgpu::BindGroup,
    /// The part of the picture that is drawn.
    quad: Option<wgpu::Buffer>,
    /// Frames since it was last drawn.
    idle: u32,
}

impl HeatPress {
    /// A press for windows of that format.
    pub fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let layout = wgpu::VertexBufferLayout {
            array_stride: 32,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4],
        };
        Self {
            pipeline: paint::pipeline(device, format, "density of cases", paint::SHADER, layout),
            pictures: Vec::new(),
        }
    }

    fn picture(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        image: &Arc<ColorImage>,
    ) -> &mut Picture {
        let here = self.pictures.iter().position(|p| Arc::ptr_eq(&p.image, image));
        let place = here.unwrap_or_else(|| {
            let layout = self.pipeline.get_bind_group_layout(0);
            self.pictures.push(Picture::new(device, queue, &layout, image));
            self.pictures.len() - 1
        });
        &mut self.pictures[place]
    }
}

impl Picture {
    fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        layout: &wgpu::BindGroupLayout,
        image: &Arc<ColorImage>,
    ) -> Self {
        let size = image.size.map(|side| side as u32);
        let bytes: Vec<u8> = image.pixels.iter().flat_map(Color32::to_array).collect();
        let texture = pass::texture(device, "density of cases", size);
        pass::write(queue, &texture, [0, 0], size, &bytes);
        let view = texture.create_view(&Default::default());
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("density of cases"),
            layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&view),
            }],
        });
        Self {
            image: image.clone(),
            bind_group,
            quad: None,
            idle: 0,
        }
    }
}

/// A part of a picture, drawn over a rectangle of the screen.
pub struct Copy {
    /// The picture.
    pub image: Arc<ColorImage>,
    /// The part of it, 0 to 1 along its sides.
    pub part: Rect,
}

impl Copy {
    /// As a shape of the interface.
    pub fn shape(self, rect: Rect) -> Shape {
        Callback::new_paint_callback(rect, self).into()
    }
}

impl CallbackTrait for Copy {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let Some(press) = resources.get_mut::<HeatPress>() else {
            return Vec::new();
        };
        for picture in &mut press.pictures {
            picture.idle += 1;
        }
        press.pictures.retain(|picture| picture.idle < FORGOTTEN_AFTER);
        let [width, height] = self.image.size.map(|side| side as f32);
        let part = self.part;
        // Over the whole of its own rectangle, from the upper left to the lower right.
        let numbers = [
            -1.0,
            1.0,
            1.0,
            -1.0,
            part.left() * width,
            part.top() * height,
            part.right() * width,
            part.bottom() * height,
        ];
        let bytes: Vec<u8> = numbers.iter().flat_map(|n: &f32| n.to_le_bytes()).collect();
        let picture = press.picture(device, queue, &self.image);
        picture.idle = 0;
        picture.quad = Some(device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("density of cases"),
            contents: &bytes,
            usage: wgpu::BufferUsages::VERTEX,
        }));
        Vec::new()
    }

    fn paint(
        &self,
        _info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(press) = resources.get::<HeatPress>() else {
            return;
        };
        let picture = press.pictures.iter().find(|p| Arc::ptr_eq(&p.image, &self.image));
        let Some((picture, quad)) = picture.and_then(|p| Some((p, p.quad.as_ref()?))) else {
            return;
        };
        pass.set_pipeline(&press.pipeline);
        pass.set_bind_group(0, &picture.bind_group, &[]);
        pass.set_vertex_buffer(0, quad.slice(..));
        pass.draw(0..4, 0..1);
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Context, Pos2, Vec2};

    use super::*;
    use crate::ui::picture::{PictureSize, render};

    /// Needs Vulkan: without a driver it fails and names the package. Pictures are drawn by the driver that is a program.
    #[test]
    fn a_part_of_a_picture_covers_its_rectangle_and_nothing_else() {
        let ctx = Context::default();
        let size = PictureSize {
            width: 120,
            height: 80,
        };
        let colors = [
            Color32::from_rgb(250, 10, 10),
            Color32::from_rgb(10, 250, 10),
            Color32::from_rgb(10, 10, 250),
            Color32::TRANSPARENT,
        ];
        let image = Arc::new(ColorImage::new([2, 2], colors.to_vec()));
        let rect = Rect::from_min_size(Pos2::new(20.0, 10.0), Vec2::new(60.0, 40.0));
        let shown = render(&ctx, size, &mut |ui| {
            let part = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
            let copy = Copy {
                image: image.clone(),
                part,
            };
            ui.painter().add(copy.shape(rect));
            true
        })
        .unwrap();
        let at = |x, y| shown.get_pixel(x, y).0;
        assert_eq!(at(35, 20)[..3], [250, 10, 10]);
        assert_eq!(at(65, 20)[..3], [10, 250, 10]);
        assert_eq!(at(35, 40)[..3], [10, 10, 250]);
        assert_eq!(at(65, 40), at(5, 5), "nothing covers the ground there");
        assert_eq!(at(100, 20), at(5, 5));
    }
}
