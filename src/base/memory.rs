//! How much memory this process may use.

#[cfg(any(target_os = "linux", test))]
use std::{fs, path::Path};

/// Bytes of memory that this process may use: those of the machine, or of the job or container that it runs in where these have
/// less. A modest guess where the system does not say.
pub fn memory() -> usize {
    #[cfg(target_os = "linux")]
    {
        let info = rustix::system::sysinfo();
        let machine = usize::try_from(info.totalram as u64 * u64::from(info.mem_unit)).unwrap_or(usize::MAX);
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        limit(&groups, Path::new("/sys/fs/cgroup")).map_or(machine, |limit| limit.min(machine))
    }
    #[cfg(not(target_os = "linux"))]
    {
        8 << 30
    }
}

/// The least memory that one of these control groups may use, or one that it is in. `groups` has a line `number:controllers:path` per
/// group, as in /proc/self/cgroup, and `mounted` is where they are. Inside a container the path may be that of the host; what
/// counts there is the limit on top.
#[cfg(any(target_os = "linux", test))]
fn limit(groups: &str, mounted: &Path) -> Option<usize> {
    let mut least = None;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (top, file) = if controllers.is_empty() {
            (mounted.to_path_buf(), "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (mounted.join("memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            // Where there is no limit the file says "max", or a number larger than any memory.
            let limit = fs::read_to_string(top.join(group).join(file)).ok().and_then(|text| text.trim().parse().ok());
            least = least.into_iter().chain(limit).min();
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_of_all_groups_around_counts() {
        let mounted = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = mounted.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let limit = |groups: &str| limit(groups, mounted.path());
        assert_eq!(limit("0::/job/step\n"), None);
        write("job/step/memory.max", "max\n");
        assert_eq!(limit("0::/job/step\n"), None);
        write("job/memory.max", "3000000000\n");
        assert_eq!(limit("0::/job/step\n"), Some(3_000_000_000));
        write("memory.max", "2000000000\n");
        assert_eq!(limit("0::/of/the/host\n"), Some(2_000_000_000));

        write("memory/slurm/memory.limit_in_bytes", "1000000000\n");
        let older = "5:cpu,cpuacct:/slurm\n4:memory:/slurm/step_0\n";
        assert_eq!(limit(older), Some(1_000_000_000));
        assert_eq!(limit("nothing of this kind"), None);
    }
}
