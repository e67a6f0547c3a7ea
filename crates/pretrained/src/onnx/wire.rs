//! Protocol buffers read without building anything: the fields of a message, one after the other, borrowed.
//!
//! A decoder that builds messages turns two bytes of an empty message into some hundred; a hostile file would take
//! fifty times its size. Here a message costs nothing until its reader keeps something.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding>.

/// A field's content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Number(u64),
    /// Four or eight bytes, which no field of a weight needs.
    Fixed,
    Bytes(&'a [u8]),
}

/// A field that is cut off, or of a kind that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Bytes that were left when the field began.
    pub(super) left: usize,
}

/// The fields of a message with their numbers.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn field(&mut self) -> Option<(u64, Content<'a>)> {
        let key = number(&mut self.rest)?;
        let content = match key & 7 {
            0 => Content::Number(number(&mut self.rest)?),
            1 => self.take(8).map(|_| Content::Fixed)?,
            2 => {
                let length = usize::try_from(number(&mut self.rest)?).ok()?;
                Content::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Content::Fixed)?,
            _ => return None,
        };
        Some((key >> 3, content))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Content<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let left = self.rest.len();
        let field = self.field().ok_or(Broken { left });
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// A number of 1 to 10 bytes, seven bits in each, lowest first.
pub(super) fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
