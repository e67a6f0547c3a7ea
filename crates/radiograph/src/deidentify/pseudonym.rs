//! Pseudonyms: the same identifier under the same key always becomes the same other one.
//!
//! In: the user's key and an identifier. Out: a patient's pseudonym, the number of days that the patient's dates move,
//! an identifier of DICOM. Each is HMAC-SHA-256 of the identifier under the key, so nothing has to be stored for a second export
//! to fit the first, and without the key a pseudonym can be neither undone nor, by trying out identifiers, found.
//!
//! Source: RFC 2104 (HMAC), RFC 9562 (UUID), DICOM PS3.5 B.2 (identifiers under 2.25). Checked against: RFC 4231.

use sha2::{Digest, Sha256};

/// Block of SHA-256 in bytes.
const BLOCK: usize = 64;

/// Dates move back by 1 to so many days.
const DAYS_MAX: u64 = 3650;

/// The secret that pseudonyms depend on.
#[derive(Clone)]
pub struct Key([u8; BLOCK]);

/// Says nothing of the key.
impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key")
    }
}

impl Key {
    /// A key of any bytes; 16 random ones or more make it safe.
    pub fn new(secret: &[u8]) -> Key {
        let mut block = [0; BLOCK];
        if secret.len() > BLOCK {
            block[..32].copy_from_slice(&Sha256::digest(secret));
        } else {
            block[..secret.len()].copy_from_slice(secret);
        }
        Key(block)
    }

    /// The pseudonym of a patient with this Patient ID: `P` and 16 hexadecimal digits.
    pub fn patient(&self, identity: &[u8]) -> String {
        let digits: String = self
            .hash("patient", identity)
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02X}"))
            .collect();
        format!("P{digits}")
    }

    /// By how many days the dates of a patient move back, 1 to 3650.
    pub(super) fn days(&self, identity: &[u8]) -> i64 {
        let hash = self.hash("days", identity);
        let number = hash
            .iter()
            .take(8)
            .fold(0, |all, &byte| all << 8 | u64::from(byte));
        (number % DAYS_MAX) as i64 + 1
    }

    /// The identifier that stands for another.
    pub(super) fn uid(&self, uid: &[u8]) -> String {
        uid_of_hash(&self.hash("uid", uid))
    }

    fn hash(&self, role: &str, text: &[u8]) -> [u8; 32] {
        self.hmac(&[role.as_bytes(), &[0], text])
    }

    fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let inner = parts.iter().fold(
            Sha256::new_with_prefix(self.0.map(|byte| byte ^ 0x36)),
            |hash, part| hash.chain_update(part),
        );
        Sha256::new_with_prefix(self.0.map(|byte| byte ^ 0x5c))
            .chain_update(inner.finalize())
            .finalize()
            .into()
    }
}

/// An identifier under 2.25 (a UUID as a decimal number) from a hash, UUID version 8.
pub(crate) fn uid_of_hash(hash: &[u8; 32]) -> String {
    let mut bits = hash
        .iter()
        .take(16)
        .fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
    bits = bits & !(0xf << 76) | 0x8 << 76;
    bits = bits & !(0x3 << 62) | 0x2 << 62;
    format!("2.25.{bits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmac_gives_the_values_of_rfc_4231() {
        let data = b"what do ya want for nothing?";
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&Key::new(b"Jefe").hmac(&[data])), expected);
        let parts: [&[u8]; 2] = [&data[..9], &data[9..]];
        assert_eq!(hex(&Key::new(b"Jefe").hmac(&parts)), expected);
        let long = Key::new(&[0xaa; 131]);
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(hex(&long.hmac(&[data])), expected);
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", Key::new(b"secret")), "Key");
    }
}
