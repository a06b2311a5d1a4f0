//! What the hall's own drawing passes have in common.

use eframe::egui_wgpu::wgpu;

/// Lays shapes over each other as the interface does. Their colours are multiplied by their opacity already.
pub const BLEND: wgpu::BlendState = wgpu::BlendState {
    color: wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::OneMinusSrcAlpha,
        operation: wgpu::BlendOperation::Add,
    },
    alpha: wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::OneMinusDstAlpha,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Add,
    },
};

/// For windows that ask for light, and make colours of it themselves.
const LIGHT: &str = r"
fn light(color: vec3<f32>) -> vec3<f32> {
    let low = color / 12.92;
    let high = pow((color + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, color < vec3<f32>(0.04045));
}
";

/// What a pass draws, and how.
pub struct Pass<'a> {
    /// What it is called where the driver complains.
    pub label: &'a str,
    /// Entries `corner`, and `as_it_is` and `as_light` for the two kinds of windows. They can call `light` with a colour.
    pub shader: &'a str,
    /// What comes with each corner or instance; nothing where the shader knows all.
    pub input: Option<wgpu::VertexBufferLayout<'a>>,
    /// Which corners make a triangle.
    pub topology: wgpu::PrimitiveTopology,
    /// How it is laid over what is there; it replaces that where `None`.
    pub blend: Option<wgpu::BlendState>,
}

impl Pass<'_> {
    /// The pass on that device, for windows of that format.
    pub fn pipeline(self, device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
        let label = Some(self.label);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label,
            source: wgpu::ShaderSource::Wgsl(format!("{}{LIGHT}", self.shader).into()),
        });
        let entry = if format.is_srgb() { "as_light" } else { "as_it_is" };
        let target = wgpu::ColorTargetState {
            format,
            blend: self.blend,
            write_mask: wgpu::ColorWrites::ALL,
        };
        let buffers: Vec<_> = self.input.map(Some).into_iter().collect();
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label,
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("corner"),
                compilation_options: Default::default(),
                buffers: &buffers,
            },
            primitive: wgpu::PrimitiveState {
                topology: self.topology,
                ..Default::default()
            },
            depth_stencil: None,
            multisample: Default::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some(entry),
                compilation_options: Default::default(),
                targets: &[Some(target)],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}

/// A texture of that size, in pixels, for passes to draw from. Its colours are taken as they are.
pub fn texture(device: &wgpu::Device, label: &str, [width, height]: [u32; 2]) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

/// Writes a rectangle of a [`texture`]: its upper left corner and its size in pixels, and four bytes for each of them.
pub fn write(
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    [x, y]: [u32; 2],
    [width, height]: [u32; 2],
    bytes: &[u8],
) {
    queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            origin: wgpu::Origin3d { x, y, z: 0 },
            ..texture.as_image_copy()
        },
        bytes,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(4 * width),
            rows_per_image: Some(height),
        },
        wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
    );
}
