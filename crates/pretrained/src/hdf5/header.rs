//! Object headers: the messages that say what an object is.
//!
//! In: the address of a header of version 1 or 2. Out: its messages, through all continuations, borrowed.

use super::cursor::Cursor;
use super::{Fault, File, Result, wrong};

/// Headers above this are refused; Keras keeps its own attributes below 64 kB each.
const HEADER_BYTES_MAX: usize = 1 << 20;

/// The messages that are read.
pub(super) mod message {
    pub(in super::super) const SPACE: u16 = 0x01;
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const TYPE: u16 = 0x03;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const OTHER_FILES: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    pub(in super::super) const GROUP_INFO: u16 = 0x0a;
    pub(in super::super) const FILTERS: u16 = 0x0b;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0c;
    pub(in super::super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOLS: u16 = 0x11;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// One message.
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    /// The body stands elsewhere; it is a reference.
    pub(super) shared: bool,
    pub(super) body: &'a [u8],
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Group,
    Dataset,
    Other,
}

/// A dataset's messages; a group has none of them.
#[derive(Default)]
pub(crate) struct Object<'a> {
    is_group: bool,
    pub(super) space: Option<&'a [u8]>,
    pub(super) datatype: Option<&'a [u8]>,
    pub(super) layout: Option<&'a [u8]>,
    pub(super) filters: Option<&'a [u8]>,
    pub(super) shared: bool,
    pub(super) elsewhere: bool,
}

impl Object<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match (self.is_group, self.space, self.layout) {
            (false, Some(_), Some(_)) => Kind::Dataset,
            (true, ..) => Kind::Group,
            _ => Kind::Other,
        }
    }
}

impl<'a> File<'a> {
    /// The object whose header is at an address.
    ///
    /// # Errors
    ///
    /// A header that is cut off or none.
    pub(crate) fn object(&self, address: u64) -> Result<Object<'a>> {
        let mut object = Object::default();
        self.messages(address, &mut |message| {
            let body = Some(message.body);
            match message.kind {
                message::SPACE => object.space = body,
                message::TYPE => object.datatype = body,
                message::LAYOUT => object.layout = body,
                message::FILTERS => object.filters = body,
                message::OTHER_FILES => object.elsewhere = true,
                message::SYMBOLS | message::LINK | message::LINK_INFO | message::GROUP_INFO => {
                    object.is_group = true;
                }
                _ => return Ok(()),
            }
            object.shared |= message.shared;
            Ok(())
        })?;
        Ok(object)
    }

    /// Shows every message of the header at an address.
    pub(super) fn messages(
        &self,
        address: u64,
        visit: &mut dyn FnMut(Message<'a>) -> Result<()>,
    ) -> Result<()> {
        let (first, style) = self.first_piece(address)?;
        let (mut pieces, mut total) = (vec![first], 0_usize);
        while let Some(piece) = pieces.pop() {
            self.spend(piece.len())?;
            total += piece.len();
            if total > HEADER_BYTES_MAX {
                let found = format!("an object header above {HEADER_BYTES_MAX} bytes");
                return Err(wrong(found, "that of a layer"));
            }
            let mut piece = Cursor::new(piece, "object header");
            while piece.left() >= style.envelope() {
                let message = style.message(&mut piece)?;
                if message.kind == message::CONTINUATION {
                    pieces.push(self.next_piece(message.body, style)?);
                } else {
                    visit(message)?;
                }
            }
        }
        Ok(())
    }

    fn first_piece(&self, address: u64) -> Result<(&'a [u8], Style)> {
        let mut header = self.from(address, "object header")?;
        if !header.starts_with(b"OHDR") {
            version(header.u8()?, 1)?;
            header.skip(7)?;
            let length = header.u32()?;
            header.skip(4)?;
            let first = header.take_declared(length.into())?;
            return Ok((first, Style::Old));
        }
        header.skip(4)?;
        version(header.u8()?, 2)?;
        let flags = header.u8()?;
        header.skip(if flags & 0x20 == 0 { 0 } else { 16 })?;
        header.skip(if flags & 0x10 == 0 { 0 } else { 4 })?;
        let length = header.uint(1 << (flags & 3))?;
        let ordered = flags & 4 != 0;
        Ok((header.take_declared(length)?, Style::New { ordered }))
    }

    fn next_piece(&self, body: &'a [u8], style: Style) -> Result<&'a [u8]> {
        let mut body = Cursor::new(body, "continuation");
        let (address, length) = (body.uint(self.offset)?, body.uint(self.length)?);
        let mut piece = self.from(address, "object header")?;
        let piece = piece.take_declared(length)?;
        match style {
            Style::Old => Ok(piece),
            // A signature before the messages, a checksum behind.
            Style::New { .. } => piece
                .strip_prefix(b"OCHK")
                .and_then(|piece| piece.get(..piece.len().checked_sub(4)?))
                .ok_or_else(|| wrong("no object header", "a continuation of one")),
        }
    }
}

/// How messages are packed: version 1, or version 2 with or without their order of creation.
#[derive(Clone, Copy)]
enum Style {
    Old,
    New { ordered: bool },
}

impl Style {
    /// Bytes of a message before its body.
    fn envelope(self) -> usize {
        match self {
            Style::Old => 8,
            Style::New { ordered: false } => 4,
            Style::New { ordered: true } => 6,
        }
    }

    fn message<'a>(self, piece: &mut Cursor<'a>) -> Result<Message<'a>> {
        let kind = match self {
            Style::Old => piece.u16()?,
            Style::New { .. } => piece.u8()?.into(),
        };
        let (length, flags) = (piece.u16()?, piece.u8()?);
        piece.skip(match self {
            Style::Old => 3,
            Style::New { ordered: true } => 2,
            Style::New { ordered: false } => 0,
        })?;
        Ok(Message {
            kind,
            shared: flags & 2 != 0,
            body: piece.take_declared(length.into())?,
        })
    }
}

fn version(found: u8, expected: u8) -> std::result::Result<(), Fault> {
    if found == expected {
        return Ok(());
    }
    Err(wrong(format!("object header version {found}"), "1 or 2"))
}
