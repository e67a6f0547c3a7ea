//! Films of NHANES II: the byte order is found, the size is exact, and only the name says what the file is.

use radiograph::{Format, SpacingSource, decode_film, read};

const WIDTH: usize = 1463;
const HEIGHT: usize = 1755;

/// A slope with a step, 12 bits.
fn samples() -> Vec<u16> {
    (0..WIDTH * HEIGHT)
        .map(|at| ((at % WIDTH) * 2 + 1000 * (at / WIDTH / 900)) as u16)
        .collect()
}

fn bytes(samples: &[u16], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    samples.iter().flat_map(|&value| order(value)).collect()
}

#[test]
fn either_byte_order_gives_the_same_picture_with_the_scan_spacing() {
    let samples = samples();
    let little = decode_film(&bytes(&samples, u16::to_le_bytes)).unwrap();
    let big = decode_film(&bytes(&samples, u16::to_be_bytes)).unwrap();
    assert_eq!(little, big);
    let image = &little.image;
    assert_eq!((image.width, image.height), (WIDTH, HEIGHT));
    assert_eq!(image.pixels[1000], (2000.0_f64 / 4095.0) as f32);
    assert_eq!(image.pixels[900 * WIDTH], (1000.0_f64 / 4095.0) as f32);
    let spacing = little.spacing.unwrap();
    assert_eq!(spacing.source, SpacingSource::FilmScan);
    assert!((spacing.row_mm - 0.174).abs() < 1e-3 && spacing.row_mm == spacing.column_mm);
    assert_eq!(
        (little.facts.format, little.facts.bits_stored),
        (Format::Film, 12)
    );
}

#[test]
fn a_dark_film_that_fits_both_orders_is_read_as_the_smoother_one() {
    let dark: Vec<u16> = (0..WIDTH * HEIGHT)
        .map(|at| (at % WIDTH / 100) as u16)
        .collect();
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let image = decode_film(&bytes(&dark, order)).unwrap().image;
        assert_eq!(image.pixels[1450], (14.0_f64 / 4095.0) as f32);
    }
}

#[test]
fn another_length_and_more_bits_are_refused_in_one_line() {
    let error = decode_film(&[0; 1000]).unwrap_err().to_string();
    assert_eq!(
        error,
        "found 1000 bytes in an .nh2 file, expected 5135130 (1463 × 1755 pixels) or 5131620 (1462 × 1755 pixels) \
         or 10186752 (2048 × 2487 pixels); copy it again"
    );
    let full = bytes(&vec![0x1010; WIDTH * HEIGHT], u16::to_le_bytes);
    let error = decode_film(&full).unwrap_err().to_string();
    assert!(error.contains("above 4095 in both byte orders"), "{error}");
}

#[test]
fn only_the_name_makes_a_film_and_known_content_wins_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let film = bytes(&samples(), u16::to_be_bytes);
    let named = folder.path().join("C00001.NH2");
    std::fs::write(&named, &film).unwrap();
    assert_eq!(read(&named).unwrap().facts.format, Format::Film);
    let nameless = folder.path().join("C00001.raw");
    std::fs::write(&nameless, &film).unwrap();
    assert!(read(&nameless).is_err());
    let png = folder.path().join("C00002.nh2");
    std::fs::write(&png, radiograph::encode_png16(2, 1, &[0, 65535]).unwrap()).unwrap();
    assert_eq!(read(&png).unwrap().facts.format, Format::Png);
}
