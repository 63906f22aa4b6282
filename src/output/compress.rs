//! Compression of whole files: by their suffix, `.csv.gz` or `.ndjson.zst`, or as COPY says.

use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// gzip, which everything reads.
    Gzip,
    /// Zstandard, which is smaller and faster.
    Zstd,
}

/// The codecs: name, suffix.
pub const CODECS: &[(Codec, &str, &str)] = &[(Codec::Gzip, "gzip", "gz"), (Codec::Zstd, "zstd", "zst")];

impl Codec {
    /// The codec that a path's last suffix asks for.
    pub fn from_path(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?;
        let found = CODECS.iter().find(|(.., known)| known.eq_ignore_ascii_case(suffix));
        found.map(|(codec, ..)| *codec)
    }

    /// The codec of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = CODECS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(codec, ..)| *codec)
    }
}

/// Bytes in, fewer bytes out.
pub(super) enum Compressor {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(ZstdEncoder<'static, Vec<u8>>),
}

impl Compressor {
    pub(super) fn new(codec: Codec) -> io::Result<Self> {
        Ok(match codec {
            Codec::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::default())),
            Codec::Zstd => Self::Zstd(ZstdEncoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?),
        })
    }

    /// What is to be written by now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => {
                encoder.write_all(bytes)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Zstd(encoder) => {
                encoder.write_all(bytes)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    /// The end of the file.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let text = "a,b\n1,2\n".repeat(10_000);
        for (codec, name, suffix) in CODECS {
            assert_eq!(
                (Codec::from_name(name), Codec::from_path(&Path::new("x.csv").with_extension(suffix))),
                (Some(*codec), Some(*codec))
            );
            let mut compressor = Compressor::new(*codec).unwrap();
            let mut bytes = Vec::new();
            for part in text.as_bytes().chunks(999) {
                bytes.extend(compressor.write(part).unwrap());
            }
            bytes.extend(compressor.finish().unwrap());
            assert!(bytes.len() < text.len() / 10);
            let mut read = String::new();
            match codec {
                Codec::Gzip => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut read).unwrap(),
                Codec::Zstd => {
                    zstd::stream::read::Decoder::new(&bytes[..]).unwrap().read_to_string(&mut read).unwrap()
                }
            };
            assert_eq!(read, text, "{name}");
        }
        assert_eq!(Codec::from_path(Path::new("x.csv")), None);
    }
}
