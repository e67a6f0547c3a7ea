//! An open file of Keras: groups by path, lists of names and datasets, with errors in this crate's terms.
//!
//! In: bytes. Out: what the readers of the two Keras layouts ask for.

use crate::gather::{Gather, damaged, quoted, unsupported};
use crate::hdf5::{self, Fault, Kind, Link, Object, Target};
use crate::tensor::{Format, ReadError};

/// Bytes of a path; Keras makes some hundred. Paths are copied, so that a file of long names would grow.
const PATH_MAX: usize = 4096;

pub(super) struct File<'a> {
    pub(super) format: Format,
    hdf5: hdf5::File<'a>,
}

impl<'a> File<'a> {
    pub(super) fn open(bytes: &'a [u8], format: Format) -> Result<Self, ReadError> {
        let hdf5 = hdf5::File::open(bytes).map_err(|fault| wrong(format, "file", fault))?;
        Ok(Self { format, hdf5 })
    }

    pub(super) fn root(&self) -> u64 {
        self.hdf5.root()
    }

    /// The object at a path below a group, if the path leads to one.
    pub(super) fn find(&self, group: u64, path: &str) -> Result<Option<u64>, ReadError> {
        let mut at = group;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let target = self.hdf5.find(at, part.as_bytes());
            match target.map_err(|fault| self.wrong(path, fault))? {
                Some(target) => at = self.follow(target, path)?,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// The object at a path below a group.
    pub(super) fn expect(&self, group: u64, path: &str) -> Result<u64, ReadError> {
        self.find(group, path)?.ok_or_else(|| {
            damaged(
                self.format,
                quoted(path),
                "nothing of this name",
                "an object",
            )
        })
    }

    /// The links of a group; each takes a place in a list that no sound file makes long.
    pub(super) fn list(&self, group: u64, path: &str) -> Result<Vec<Link<'a>>, ReadError> {
        self.hdf5
            .list(group)
            .map_err(|fault| self.wrong(path, fault))
    }

    /// Where a link leads. Weights files need no links but those that make up the tree.
    pub(super) fn follow(&self, target: Target, path: &str) -> Result<u64, ReadError> {
        let found = match target {
            Target::Object(address) => return Ok(address),
            Target::Path => "a link to another place",
            Target::OtherFile => "a link to another file",
        };
        let remedy = "put what it names in its place, or save the weights again with Keras";
        Err(unsupported(self.format, quoted(path), found, remedy))
    }

    pub(super) fn object(&self, address: u64, path: &str) -> Result<Object<'a>, ReadError> {
        self.hdf5
            .object(address)
            .map_err(|fault| self.wrong(path, fault))
    }

    /// Shows a list of names; false if there is none.
    pub(super) fn names(
        &self,
        object: u64,
        list: &str,
        visit: &mut dyn FnMut(&str) -> Result<(), ReadError>,
    ) -> Result<bool, ReadError> {
        let wrong = |fault| self.wrong(list, fault);
        let parts = self.hdf5.strings(object, list).map_err(wrong)?;
        for part in &parts {
            for name in self.hdf5.each(*part) {
                visit(&self.text(name.map_err(wrong)?)?)?;
            }
        }
        Ok(!parts.is_empty())
    }

    /// A name or a path and a name below it.
    pub(super) fn join(&self, path: &str, name: &[u8]) -> Result<String, ReadError> {
        let name = self.text(name)?;
        let joined = match path {
            "" => name,
            path => format!("{path}/{name}"),
        };
        self.short(joined.len()).map(|()| joined)
    }

    fn text(&self, name: &[u8]) -> Result<String, ReadError> {
        self.short(name.len())?;
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    fn short(&self, length: usize) -> Result<(), ReadError> {
        if length <= PATH_MAX {
            return Ok(());
        }
        let found = format!("a name of {length} bytes");
        let expected = format!("at most {PATH_MAX}");
        Err(damaged(self.format, "names", found, expected))
    }

    /// Reads a dataset into the list, or notes that it holds no floating point numbers.
    pub(super) fn gather(
        &self,
        object: &Object<'a>,
        name: &str,
        into: &mut Gather,
    ) -> Result<(), ReadError> {
        if object.kind() != Kind::Dataset {
            return Err(damaged(self.format, quoted(name), "no dataset", "values"));
        }
        let wrong = |fault| self.wrong(name, fault);
        let dataset = self.hdf5.dataset(object).map_err(wrong)?;
        if dataset.element.is_none() {
            return into.leave(name, "no floating point numbers");
        }
        let sides = dataset.shape.iter();
        let shape: Vec<usize> = sides
            .map(|side| usize::try_from(*side).unwrap_or(usize::MAX))
            .collect();
        let count = into.room(name, &shape)?;
        let chunk_max = into.scratch();
        let values = self
            .hdf5
            .values(&dataset, count, chunk_max)
            .map_err(wrong)?;
        into.add(name, shape, values);
        Ok(())
    }

    fn wrong(&self, path: &str, fault: Fault) -> ReadError {
        wrong(self.format, &quoted(path), fault)
    }
}

fn wrong(format: Format, place: &str, fault: Fault) -> ReadError {
    match fault {
        Fault::Damaged { found, expected } => damaged(format, place, found, expected),
        Fault::Unsupported { found, remedy } => unsupported(format, place, found, remedy),
    }
}
