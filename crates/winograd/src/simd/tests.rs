//! Each operation of each form against plain Rust, lane by lane, whole and in part.

use super::{Form, Kernel, Ready, Vector};

/// Applies one operation to the numbers of the test and writes what it gave.
struct Operations<'a> {
    a: &'a [f32],
    b: &'a [f32],
    results: &'a mut Vec<(&'static str, Vec<f32>)>,
}

fn lanes_of<V: Vector>(value: V) -> Vec<f32> {
    let mut lanes = vec![f32::NAN; V::LANES];
    // SAFETY: `lanes` has a place for every lane.
    unsafe { value.store(lanes.as_mut_ptr()) };
    lanes
}

impl Kernel for Operations<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        assert!(self.a.len() >= V::LANES && self.b.len() >= V::LANES);
        // SAFETY: both slices have a value for every lane.
        let (a, b, c) = unsafe {
            (
                V::load(self.a.as_ptr()),
                V::load(self.b.as_ptr()),
                V::splat(3.0),
            )
        };
        let mut put = |name, value: V| self.results.push((name, lanes_of(value)));
        put("a", a);
        put("3", c);
        put("add", a.add(b));
        put("sub", a.sub(b));
        put("scale", a.scale(0.5));
        put("add_scaled", a.add_scaled(b, -2.0));
        put("add_product", c.add_product(a, b));
        put("or_larger", a.or_larger(b));
        put("where_greater", a.where_greater(b, c, b));
    }
}

#[test]
fn arithmetic_is_that_of_plain_numbers() {
    let a: Vec<f32> = (0..16).map(|lane| lane as f32 - 7.5).collect();
    let b: Vec<f32> = (0..16).map(|lane| ((lane * 7) % 16) as f32 - 7.5).collect();
    let mut tried = 0;
    for form in Form::ALL.into_iter().filter(|form| form.is_available()) {
        let ready = Ready::prove(form).expect("an available form");
        let mut results = Vec::new();
        let job = Operations {
            a: &a,
            b: &b,
            results: &mut results,
        };
        // SAFETY: the kernel asserts its lengths.
        unsafe { ready.run(job) };
        for (name, found) in results {
            assert_eq!(found.len(), ready.lanes());
            for (lane, found) in found.into_iter().enumerate() {
                let (a, b) = (a[lane], b[lane]);
                let expected = match name {
                    "a" => a,
                    "3" => 3.0,
                    "add" => a + b,
                    "sub" => a - b,
                    "scale" => a * 0.5,
                    "add_scaled" => a - 2.0 * b,
                    "add_product" => 3.0 + a * b,
                    "or_larger" => a.max(b),
                    _ => [b, 3.0][usize::from(a > b)],
                };
                assert_eq!(found, expected, "{form} {name} lane {lane}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 9 * 4);
}

/// Loads and stores the first lanes, as floats and as bytes.
struct Parts<'a> {
    from: &'a [f32],
    lanes: usize,
    floats: &'a mut [f32],
    bytes: &'a mut [u8],
}

impl Kernel for Parts<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        assert!(self.lanes <= V::LANES && self.from.len() == self.lanes);
        // SAFETY: `from` has `lanes` values, the others have room for a register.
        unsafe {
            let value = V::load_part(self.from.as_ptr(), self.lanes);
            value.store_part(self.floats.as_mut_ptr(), self.lanes);
            value.store_bytes(self.bytes.as_mut_ptr(), self.lanes);
            value.store(self.floats.as_mut_ptr().add(16));
        }
    }
}

#[test]
fn parts_touch_their_own_lanes_alone() {
    let mut tried = 0;
    for form in Form::ALL.into_iter().filter(|form| form.is_available()) {
        let ready = Ready::prove(form).expect("an available form");
        for lanes in 0..=ready.lanes() {
            let from: Vec<f32> = (0..lanes).map(|lane| (lane % 5) as f32).collect();
            let (mut floats, mut bytes) = ([-1.0_f32; 32], [u8::MAX; 16]);
            let job = Parts {
                from: &from,
                lanes,
                floats: &mut floats,
                bytes: &mut bytes,
            };
            // SAFETY: the kernel asserts its lengths; 16 floats and bytes are a register of any form.
            unsafe { ready.run(job) };
            for lane in 0..16 {
                let within = lane < lanes;
                let expected = if within { (lane % 5) as f32 } else { -1.0 };
                assert_eq!(floats[lane], expected, "{form} {lanes} lanes, lane {lane}");
                assert_eq!(bytes[lane], if within { (lane % 5) as u8 } else { u8::MAX });
                if lane < ready.lanes() {
                    assert_eq!(floats[16 + lane], expected.max(0.0));
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 16 * 5);
}

#[test]
fn a_value_that_is_not_a_number_stays_one_through_relu() {
    let mut tried = 0;
    for form in Form::ALL.into_iter().filter(|form| form.is_available()) {
        let ready = Ready::prove(form).expect("an available form");
        let mut results = Vec::new();
        let (a, b) = ([f32::NAN; 16], [0.0; 16]);
        let job = Operations {
            a: &a,
            b: &b,
            results: &mut results,
        };
        // SAFETY: the kernel asserts its lengths.
        unsafe { ready.run(job) };
        for (name, found) in results {
            if name == "or_larger" {
                assert!(found.iter().all(|value| value.is_nan()), "{form}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 1);
}
