//! What a figure depends on besides the code: the machine, and versions.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// The workspace's versions.
const LOCK: &str = include_str!("../../Cargo.lock");

/// What and which.
pub fn circumstances() -> Vec<(String, String)> {
    let cores = thread::available_parallelism().map_or(0, |cores| cores.get());
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let virtual_machine = field("/proc/cpuinfo", "flags")
        .is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"));
    let mut processor = field("/proc/cpuinfo", "model name").unwrap_or_default();
    if virtual_machine {
        processor.push_str(", a virtual machine");
    }
    let mut all = vec![
        ("processor".to_owned(), processor),
        ("cores".to_owned(), cores.to_string()),
        ("caches".to_owned(), caches()),
        ("memory".to_owned(), memory),
        (
            "system".to_owned(),
            format!("{} {}", std::env::consts::OS, release.trim()),
        ),
        (
            "load when it began".to_owned(),
            load.split(' ').take(3).collect::<Vec<_>>().join(" "),
        ),
        ("compiler".to_owned(), compiler()),
        ("wakeful".to_owned(), commit()),
    ];
    for name in [
        "tokio",
        "async-executor",
        "async-io",
        "async-lock",
        "async-channel",
    ] {
        all.push((name.to_owned(), version(name)));
    }
    all
}

/// The day, in UTC.
pub fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let days = since.map_or(0, |since| since.as_secs() / 86_400) as i64;
    // Days from the first of March of the year 0, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = match month < 10 {
        true => (month + 3, 0),
        false => (month - 9, 1),
    };
    format!("{}-{month:02}-{of_month:02}", era * 400 + year + next)
}

/// The version of a package in the lock file.
fn version(name: &str) -> String {
    let start = format!("name = \"{name}\"\nversion = \"");
    let found = LOCK.split(&start).nth(1);
    let version = found.and_then(|rest| rest.split('"').next());
    version.unwrap_or("unknown").to_owned()
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Bytes of the first core's cache of that level and its name, as Linux tells.
pub fn cache(level: &str) -> Option<usize> {
    caches_of_first_core()
        .into_iter()
        .find(|(name, _)| name == level)
        .and_then(|(_, size)| size.strip_suffix('K')?.parse::<usize>().ok())
        .map(|kibibytes| kibibytes << 10)
}

fn caches() -> String {
    let all: Vec<String> = caches_of_first_core()
        .iter()
        .map(|(name, size)| format!("{name} {size}"))
        .collect();
    all.join(", ")
}

fn caches_of_first_core() -> Vec<(String, String)> {
    let folder = "/sys/devices/system/cpu/cpu0/cache";
    let read = |index: usize, name: &str| {
        let text = fs::read_to_string(format!("{folder}/index{index}/{name}")).ok()?;
        Some(text.trim().to_owned())
    };
    (0..8)
        .filter_map(|index| {
            let kind = match read(index, "type")?.as_str() {
                "Data" => "d",
                "Instruction" => "i",
                _ => "",
            };
            Some((
                format!("L{}{kind}", read(index, "level")?),
                read(index, "size")?,
            ))
        })
        .collect()
}

fn compiler() -> String {
    said("rustc", &["--version"])
}

fn commit() -> String {
    format!(
        "{} ({})",
        version("wakeful"),
        said("git", &["log", "-1", "--format=%h"])
    )
}

/// The first line that a program says.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text.unwrap_or_default();
    line.lines().next().unwrap_or("unknown").to_owned()
}
