//! The links of a group: names, and the addresses of what they name.
//!
//! Older groups keep them in a B-tree of symbol tables with the names in a heap, newer ones as messages, or, when there
//! are many, in a [fractal heap](super::dense).

use super::cursor::Cursor;
use super::header::message;
use super::{File, Result, wrong};

/// A name in a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) target: Target,
}

/// What a link points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The object at this address.
    Object(u64),
    /// A path in this file.
    Path,
    /// Something in another file.
    OtherFile,
}

impl<'a> File<'a> {
    /// All links of the group at an address, in the file's order.
    ///
    /// # Errors
    ///
    /// Damaged tables, or more links in all lists than a sound file has.
    pub(crate) fn list(&self, group: u64) -> Result<Vec<Link<'a>>> {
        let mut count = 0;
        self.links(group, &mut |_| {
            count += 1;
            Ok(())
        })?;
        match self.links_left.get().checked_sub(count) {
            Some(left) => self.links_left.set(left),
            None => return Err(wrong("more links than fit", "the layers of one network")),
        }
        // Counted first: a list that grows takes three times its memory for a moment.
        let mut list = Vec::with_capacity(count);
        self.links(group, &mut |link| {
            list.push(link);
            Ok(())
        })?;
        Ok(list)
    }

    /// The link of this name in the group at an address.
    ///
    /// # Errors
    ///
    /// Damaged tables.
    pub(crate) fn find(&self, group: u64, name: &[u8]) -> Result<Option<Target>> {
        let mut found = None;
        self.links(group, &mut |link| {
            if link.name == name && found.is_none() {
                found = Some(link.target);
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn links(&self, group: u64, visit: &mut dyn FnMut(Link<'a>) -> Result<()>) -> Result<()> {
        self.messages(group, &mut |message| match message.kind {
            message::SYMBOLS => self.symbols(message.body, visit),
            message::LINK => visit(self.link(message.body)?),
            message::LINK_INFO => {
                let mut info = Cursor::new(message.body, "link info");
                info.skip(1)?;
                let numbered = info.u8()? & 1 != 0;
                info.skip(if numbered { 8 } else { 0 })?;
                self.dense(&mut info, &mut |body| visit(self.link(body)?))
            }
            _ => Ok(()),
        })
    }

    /// A link in a message or a heap.
    fn link(&self, body: &'a [u8]) -> Result<Link<'a>> {
        let mut link = Cursor::new(body, "link");
        link.skip(1)?;
        let flags = link.u8()?;
        let kind = if flags & 8 == 0 { 0 } else { link.u8()? };
        link.skip(if flags & 4 == 0 { 0 } else { 8 })?;
        link.skip(if flags & 0x10 == 0 { 0 } else { 1 })?;
        let length = link.uint(1 << (flags & 3))?;
        let name = link.take_declared(length)?;
        let target = match kind {
            0 => Target::Object(link.uint(self.offset)?),
            1 => Target::Path,
            64 => Target::OtherFile,
            _ => return Err(wrong(format!("a link of kind {kind}"), "0, 1 or 64")),
        };
        Ok(Link { name, target })
    }

    fn symbols(&self, body: &'a [u8], visit: &mut dyn FnMut(Link<'a>) -> Result<()>) -> Result<()> {
        let mut body = Cursor::new(body, "symbol table");
        let (tree, heap) = (body.uint(self.offset)?, body.uint(self.offset)?);
        let mut heap = self.from(heap, "heap of names")?;
        heap.expect(b"HEAP")?;
        heap.skip(4)?;
        let length = heap.uint(self.length)?;
        heap.skip(self.length)?;
        let address = heap.uint(self.offset)?;
        let names = self.from(address, "heap of names")?.take_declared(length)?;
        self.leaves(tree, 0, self.length, &mut |_, address| {
            self.symbol_node(address, names, visit)
        })
    }

    fn symbol_node(
        &self,
        address: u64,
        names: &'a [u8],
        visit: &mut dyn FnMut(Link<'a>) -> Result<()>,
    ) -> Result<()> {
        let mut node = self.from(address, "symbol table")?;
        node.expect(b"SNOD")?;
        node.skip(2)?;
        for _ in 0..node.u16()? {
            let (name, address) = (node.uint(self.offset)?, node.uint(self.offset)?);
            let kind = node.u32()?;
            node.skip(20)?;
            let name = usize::try_from(name).ok().and_then(|at| names.get(at..));
            let name = name.and_then(|name| name.split(|byte| *byte == 0).next());
            let name = name.ok_or_else(|| wrong("a name outside its heap", "a name"))?;
            self.spend(2 * self.offset + 24 + name.len())?;
            let target = match kind {
                2 => Target::Path,
                _ => Target::Object(address),
            };
            visit(Link { name, target })?;
        }
        Ok(())
    }
}
