//! The functions on paths: they do what std's do, errors included.

use std::fs as std_fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Folder, block_on};
use crate::fs::{self, DirBuilder, File, OpenOptions};

/// What std says and what we say: the same, up to what cannot be compared.
#[track_caller]
fn same<T, U>(ours: io::Result<T>, theirs: io::Result<U>) {
    match (ours, theirs) {
        (Ok(_), Ok(_)) => {}
        (Err(ours), Err(theirs)) => {
            assert_eq!(ours.kind(), theirs.kind());
            assert_eq!(ours.raw_os_error(), theirs.raw_os_error());
        }
        (ours, theirs) => panic!("{:?} and {:?}", ours.err(), theirs.err()),
    }
}

/// Things that exist, do not, are of the wrong kind, or are forbidden (to all but root).
fn folder() -> (Folder, Vec<PathBuf>) {
    let folder = Folder::new();
    folder.file("file", "content");
    std_fs::create_dir_all(folder.path("folder/inner")).unwrap();
    let secret = folder.file("secret", "");
    let mut permissions = std_fs::metadata(&secret).unwrap().permissions();
    permissions.set_readonly(true);
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0);
    std_fs::set_permissions(&secret, permissions).unwrap();
    let names = ["file", "folder", "secret", "none", "file/none", "none/none"];
    let mut paths: Vec<PathBuf> = names.iter().map(|name| folder.path(name)).collect();
    paths.push(PathBuf::new());
    paths.push(PathBuf::from("a\0b"));
    (folder, paths)
}

#[test]
fn looking_is_as_with_std() {
    let (_folder, paths) = folder();
    block_on(async {
        for path in &paths {
            same(fs::read(path).await, std_fs::read(path));
            same(fs::read_to_string(path).await, std_fs::read_to_string(path));
            same(fs::metadata(path).await, std_fs::metadata(path));
            same(
                fs::symlink_metadata(path).await,
                std_fs::symlink_metadata(path),
            );
            same(fs::canonicalize(path).await, std_fs::canonicalize(path));
            same(fs::read_link(path).await, std_fs::read_link(path));
            same(fs::read_dir(path).await, std_fs::read_dir(path));
            same(File::open(path).await, std_fs::File::open(path));
            same(fs::try_exists(path).await, path.try_exists());
        }
    });
}

/// Each change is made by us in one folder and by std in another.
#[test]
fn changing_is_as_with_std() {
    type Ours = fn(&Path) -> io::Result<()>;
    let changes: [(Ours, Ours); 9] = [
        (
            |path| block_on(fs::create_dir(path)),
            |path| std_fs::create_dir(path),
        ),
        (
            |path| block_on(fs::create_dir_all(path)),
            |path| std_fs::create_dir_all(path),
        ),
        (
            |path| block_on(fs::remove_dir(path)),
            |path| std_fs::remove_dir(path),
        ),
        (
            |path| block_on(fs::remove_dir_all(path)),
            |path| std_fs::remove_dir_all(path),
        ),
        (
            |path| block_on(fs::remove_file(path)),
            |path| std_fs::remove_file(path),
        ),
        (
            |path| block_on(fs::write(path, "new")),
            |path| std_fs::write(path, "new"),
        ),
        (
            |path| block_on(fs::copy(path, path.with_extension("copy"))).map(drop),
            |path| std_fs::copy(path, path.with_extension("copy")).map(drop),
        ),
        (
            |path| block_on(fs::rename(path, path.with_extension("moved"))),
            |path| std_fs::rename(path, path.with_extension("moved")),
        ),
        (
            |path| block_on(fs::hard_link(path, path.with_extension("link"))),
            |path| std_fs::hard_link(path, path.with_extension("link")),
        ),
    ];
    for (ours, theirs) in changes {
        let ((our_folder, our_paths), (their_folder, their_paths)) = (folder(), folder());
        for (path, other) in our_paths.iter().zip(&their_paths) {
            same(ours(path), theirs(other));
        }
        assert_eq!(contents(&our_folder), contents(&their_folder));
    }
}

/// The names in a folder, with what can be read of the files.
fn contents(folder: &Folder) -> Vec<(String, Option<Vec<u8>>)> {
    let entries = std_fs::read_dir(folder.0.path()).unwrap();
    let mut contents: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std_fs::read(entry.path()).ok())
        })
        .collect();
    contents.sort();
    contents
}

#[test]
fn opening_is_as_with_std() {
    for choice in 0..64_u32 {
        let ((_ours, our_paths), (_theirs, their_paths)) = (folder(), folder());
        let bit = |n: u32| choice & (1 << n) != 0;
        let mut options = OpenOptions::new();
        options.read(bit(0)).write(bit(1)).append(bit(2));
        options.truncate(bit(3)).create(bit(4)).create_new(bit(5));
        let mut std = std_fs::OpenOptions::new();
        std.read(bit(0)).write(bit(1)).append(bit(2));
        std.truncate(bit(3)).create(bit(4)).create_new(bit(5));
        block_on(async {
            for (path, other) in our_paths.iter().zip(&their_paths) {
                same(options.open(path).await, std.open(other));
            }
            let (path, other) = (&our_paths[0], &their_paths[0]);
            same(
                OpenOptions::from(std.clone()).open(path).await,
                std.open(other),
            );
        });
    }
}

#[cfg(unix)]
#[test]
fn modes_are_those_that_were_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mode = |path: &Path| std_fs::metadata(path).unwrap().permissions().mode() & 0o777;
    block_on(async {
        let mut options = OpenOptions::new();
        options.write(true).create(true).mode(0o600);
        options.open(folder.path("file")).await.unwrap();
        assert_eq!(mode(&folder.path("file")), 0o600);
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder.path("a/b")).await.unwrap();
        builder.create(folder.path("a/b")).await.unwrap();
        assert_eq!(mode(&folder.path("a/b")), 0o700);
        builder.recursive(false);
        builder.create(folder.path("a/b")).await.unwrap_err();
        let permissions = std_fs::Permissions::from_mode(0o640);
        let path = folder.path("file");
        fs::set_permissions(&path, permissions.clone())
            .await
            .unwrap();
        assert_eq!(mode(&path), 0o640);
        let file = File::open(&path).await.unwrap();
        file.set_permissions(std_fs::Permissions::from_mode(0o600))
            .await
            .unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::symlink(&path, folder.path("link")).await.unwrap();
        assert_eq!(fs::read_link(folder.path("link")).await.unwrap(), path);
        let meant = fs::symlink_metadata(folder.path("link")).await.unwrap();
        assert!(meant.is_symlink());
    });
}

#[cfg(all(target_os = "linux", feature = "net"))]
#[test]
fn flags_reach_the_system() {
    let folder = Folder::new();
    let path = folder.file("file", "");
    block_on(async {
        fs::symlink(&path, folder.path("link")).await.unwrap();
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NOFOLLOW);
        let error = options.open(folder.path("link")).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
    });
}

/// A temporary file may be given away as a path: it is removed after it was opened.
#[test]
fn arguments_live_as_long_as_the_operation() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    block_on(async {
        let mut options = OpenOptions::new();
        let open = options.read(true).open(file);
        assert!(path.exists());
        open.await.unwrap();
        assert!(!path.exists());
    });
}
