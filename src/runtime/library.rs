//! Is this file a library that can be loaded here? A truncated one ends in SIGBUS and takes the process with it, so
//! the headers are read before the loader sees the file.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::refusal::Refusal;

/// The most bytes of a string table that are searched for the version.
const STRINGS_LIMIT: u64 = 8 << 20;

/// The ONNX Runtime libraries in a folder, newest first.
pub fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let mut libraries: Vec<(Vec<u64>, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((version_in_name(entry.file_name().to_str()?)?, entry.path())))
        .filter(|(_, path)| path.is_file())
        .collect();
    libraries.sort_by(|a, b| b.cmp(a));
    libraries.into_iter().map(|(_, path)| path).collect()
}

/// The version in `libonnxruntime.so.1.32.0` or `libonnxruntime.1.32.0.dylib`, empty where there is none;
/// `None` for any other file.
fn version_in_name(name: &str) -> Option<Vec<u64>> {
    let middle = match name.strip_prefix("libonnxruntime.") {
        Some(rest) if rest == "so" || rest == "dylib" => "",
        Some(rest) => rest.strip_prefix("so.").or_else(|| rest.strip_suffix(".dylib"))?,
        None if name == "onnxruntime.dll" => "",
        None => return None,
    };
    if middle.is_empty() { Some(Vec::new()) } else { middle.split('.').map(|part| part.parse().ok()).collect() }
}

/// Checks that the file is a whole library for this machine. Gives ONNX Runtime's version, where the file tells it.
pub fn check(path: &Path) -> Result<Option<String>, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::Unreadable(error.to_string());
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Refusal::Missing),
        other => other.map_err(unreadable)?,
    };
    if !metadata.is_file() {
        return Err(Refusal::NotAFile);
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let mut magic = [0u8; 4];
    let read = read_up_to(&mut file, &mut magic).map_err(unreadable)?;
    let version = match magic {
        _ if read == 0 => return Err(Refusal::NotALibrary("the file is empty".into())),
        [0x7f, b'E', b'L', b'F'] if cfg!(target_os = "linux") => check_elf(&mut file, metadata.len())?,
        [0xcf, 0xfa, 0xed, 0xfe] | [0xca, 0xfe, 0xba, 0xbe] if cfg!(target_os = "macos") => None,
        [b'M', b'Z', ..] if cfg!(target_os = "windows") => None,
        [0x7f, b'E', b'L', b'F'] => return Err(Refusal::NotALibrary("a library of Linux".into())),
        [0xcf, 0xfa, 0xed, 0xfe] | [0xca, 0xfe, 0xba, 0xbe] => {
            return Err(Refusal::NotALibrary("a library of macOS".into()));
        }
        [b'M', b'Z', ..] => return Err(Refusal::NotALibrary("a library of Windows".into())),
        [b'v', b'e', b'r', b's'] => return Err(Refusal::NotALibrary("maybe a git-LFS pointer".into())),
        _ => return Err(Refusal::NotALibrary(format!("it begins with {:02x?}", &magic[..read]))),
    };
    Ok(version.or_else(|| version_of_file_name(path)))
}

/// The version in the name of the file that `path` leads to.
fn version_of_file_name(path: &Path) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let version = version_in_name(real.file_name()?.to_str()?)?;
    // `libonnxruntime.so.1` names the interface and no release.
    (version.len() > 1).then(|| version.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// An ELF file: the class and machine are ours, all segments and the section table lie inside the file.
/// Layout: System V ABI, chapters 4 and 5.
fn check_elf(file: &mut File, len: u64) -> Result<Option<String>, Refusal> {
    const HEADER: usize = 64;
    let header = read_at(file, len, 0, HEADER)?;
    let (class, data) = (header[4], header[5]);
    let machine = u16_at(&header, 18);
    let wanted = env::consts::ARCH;
    let wanted_machine = match wanted {
        "x86_64" => Some(62),
        "aarch64" => Some(183),
        "riscv64" => Some(243),
        _ => None,
    };
    if class != 2 || data != 1 || wanted_machine.is_some_and(|wanted| wanted != machine) {
        let bits = if class == 1 { "32-bit " } else { "" };
        let order = if data == 2 { "big-endian " } else { "" };
        return Err(Refusal::Architecture { found: format!("{bits}{order}{}", machine_name(machine)), wanted });
    }

    let (segments, segment_size, segment_count) = (u64_at(&header, 32), u16_at(&header, 54), u16_at(&header, 56));
    let (sections, section_size, section_count) = (u64_at(&header, 40), u16_at(&header, 58), u16_at(&header, 60));
    if segment_size < 56 || (section_count > 0 && section_size < 64) {
        return Err(Refusal::NotALibrary("its ELF header is malformed".into()));
    }
    let table = read_at(file, len, segments, segment_size as usize * segment_count as usize)?;
    for segment in table.chunks_exact(segment_size as usize) {
        within(len, u64_at(segment, 8), u64_at(segment, 32))?;
    }
    // The section table comes last in the file, so a download that broke off fails here.
    let table = read_at(file, len, sections, section_size as usize * section_count as usize)?;
    let mut version = None;
    for section in table.chunks_exact(section_size.max(1) as usize) {
        let (kind, flags, offset, size) =
            (u32_at(section, 4), u64_at(section, 8), u64_at(section, 24), u64_at(section, 32));
        const STRINGS: u32 = 3;
        const NOTHING_IN_FILE: u32 = 8;
        const LOADED: u64 = 2;
        if kind != NOTHING_IN_FILE {
            within(len, offset, size)?;
        }
        // ONNX Runtime's linker script marks its symbols with the release: VERS_1.32.0.
        if kind == STRINGS && flags & LOADED != 0 && size <= STRINGS_LIMIT {
            version = version.or(version_in_strings(&read_at(file, len, offset, size as usize)?));
        }
    }
    Ok(version)
}

fn version_in_strings(strings: &[u8]) -> Option<String> {
    strings
        .split(|&byte| byte == 0)
        .filter_map(|text| std::str::from_utf8(text).ok()?.strip_prefix("VERS_"))
        .find(|version| version.split('.').all(|part| part.parse::<u64>().is_ok()))
        .map(str::to_owned)
}

fn machine_name(machine: u16) -> String {
    match machine {
        3 => "x86".into(),
        40 => "arm".into(),
        62 => "x86_64".into(),
        183 => "aarch64".into(),
        21 => "ppc64".into(),
        22 => "s390x".into(),
        243 => "riscv64".into(),
        other => format!("machine {other}"),
    }
}

fn within(len: u64, offset: u64, size: u64) -> Result<(), Refusal> {
    let needs = offset.saturating_add(size);
    if needs > len { Err(Refusal::Truncated { has: len, needs }) } else { Ok(()) }
}

fn read_at(file: &mut File, len: u64, offset: u64, size: usize) -> Result<Vec<u8>, Refusal> {
    within(len, offset, size as u64)?;
    let unreadable = |error: std::io::Error| Refusal::Unreadable(error.to_string());
    let mut bytes = vec![0; size];
    file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
    file.read_exact(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn read_up_to(file: &mut File, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while read < bytes.len() {
        match file.read(&mut bytes[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

/// The offsets are constants inside headers whose size was checked.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|i| bytes[at + i])
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
mod tests {
    use super::*;

    /// The running test is itself an ELF file for this machine.
    fn own_elf() -> Vec<u8> {
        fs::read(env::current_exe().unwrap()).unwrap()
    }

    fn verdict(bytes: &[u8]) -> Result<Option<String>, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so");
        fs::write(&path, bytes).unwrap();
        check(&path)
    }

    #[test]
    fn a_whole_elf_of_this_machine_passes() {
        assert_eq!(verdict(&own_elf()), Ok(None));
    }

    #[test]
    fn a_truncated_elf_is_refused_wherever_it_ends() {
        let elf = own_elf();
        for keep in [4, 20, 63, 64, 100, elf.len() / 2, elf.len() - 1] {
            match verdict(&elf[..keep]) {
                Err(Refusal::Truncated { has, needs }) => assert!(has == keep as u64 && needs > has),
                other => panic!("{keep} bytes: {other:?}"),
            }
        }
    }

    #[test]
    fn another_machine_or_width_is_named() {
        let mut elf = own_elf();
        elf[18..20].copy_from_slice(&[22, 0]);
        let refusal = verdict(&elf).unwrap_err().to_string();
        assert_eq!(refusal, format!("it is built for s390x, and this machine is {}", env::consts::ARCH));
        elf[4] = 1;
        elf[18..20].copy_from_slice(&[3, 0]);
        assert!(verdict(&elf).unwrap_err().to_string().contains("32-bit x86,"));
    }

    #[test]
    fn offsets_that_overflow_are_refused() {
        for field in [32, 40] {
            let mut elf = own_elf();
            elf[field..field + 8].copy_from_slice(&u64::MAX.to_le_bytes());
            assert!(matches!(verdict(&elf), Err(Refusal::Truncated { .. })), "{field}");
        }
    }

    #[test]
    fn what_is_no_library_is_said() {
        let said = |bytes: &[u8]| verdict(bytes).unwrap_err().to_string();
        assert!(said(b"").contains("empty"));
        assert!(said(b"version https://git-lfs").contains("git-LFS"));
        assert!(said(b"MZ\x90\0").contains("Windows"));
        assert!(said(&[0xcf, 0xfa, 0xed, 0xfe]).contains("macOS"));
        assert!(said(b"hello").contains("begins with"));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(folder.path()), Err(Refusal::NotAFile));
        assert_eq!(check(&folder.path().join("none")), Err(Refusal::Missing));
        assert_eq!(check(Path::new("/dev/zero")), Err(Refusal::NotAFile));
    }

    #[test]
    fn the_newest_library_of_a_folder_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let names =
            ["libonnxruntime.so", "libonnxruntime.so.1.9.0", "libonnxruntime.so.1.32.0", "libonnxruntime.so.txt"];
        for name in names.iter().chain(&["libonnxruntime_providers_shared.so", "onnxruntime.py"]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = in_folder(folder.path());
        let found: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(found, ["libonnxruntime.so.1.32.0", "libonnxruntime.so.1.9.0", "libonnxruntime.so"]);
    }

    #[test]
    fn the_version_is_read_from_the_symbols() {
        assert_eq!(version_in_strings(b"\0malloc\0VERS_x\0VERS_1.30.2\0"), Some("1.30.2".into()));
        assert_eq!(version_in_strings(b"\0malloc\0"), None);
    }
}
