//! Draws a contact sheet of 24 phantoms and one single picture as PNG, to look at.
use image::{GrayImage, Luma, imageops};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments
        .next()
        .unwrap_or_else(|| "contact_sheet.png".into());
    let seed = arguments.next().map_or(Ok(1), |s| s.parse())?;
    let mut sheet = GrayImage::new(8 * 240, 3 * 300);
    for index in 0..24u32 {
        let phantom = phantom::draw_patient(seed, index.into(), 600, 750);
        let picture = &phantom.picture;
        let grey = GrayImage::from_fn(picture.width as u32, picture.height as u32, |x, y| {
            let value = picture.pixels[y as usize * picture.width + x as usize];
            Luma([(value >> (picture.bits - 8)) as u8])
        });
        if index < 4 {
            grey.save(format!("{out}.{index}.label{}.png", phantom.label))?;
        }
        let small = imageops::resize(&grey, 236, 296, imageops::FilterType::Triangle);
        imageops::overlay(
            &mut sheet,
            &small,
            (index % 8 * 240).into(),
            (index / 8 * 300).into(),
        );
    }
    sheet.save(&out)?;
    Ok(())
}
